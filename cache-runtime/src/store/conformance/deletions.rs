//! Deletion of one key under every condition, and of many keys unconditionally.

use super::Suite;
use super::case::{Before, CONDITIONS, Case, Life, STATES};
use crate::store::Condition;

pub(super) async fn check(suite: Suite<'_>) {
    on_condition(suite).await;
    in_batches(suite).await;
}

async fn on_condition(suite: Suite<'_>) {
    let cases = CONDITIONS.into_iter().flat_map(|condition| STATES.map(|over| (condition, over)));
    let (conditions, states): (Vec<_>, Vec<_>) = cases.unzip();
    let keys: Vec<String> = (0..states.len()).map(|n| format!("conformance:delete:{n}")).collect();
    suite.prepare(&keys, &states).await;
    for (key, (condition, over)) in keys.iter().zip(conditions.into_iter().zip(states)) {
        delete(suite, key, condition, over).await;
    }
}

async fn delete(suite: Suite<'_>, key: &str, condition: Condition<'_>, over: Before) {
    let case = Case::on("remove_if", condition, "", over);
    let is_there = over.shown().0.is_some();
    let removed = suite.store.remove_if(key, condition).await;
    // An absent key cannot be deleted, whatever the condition.
    case.expect("the answer", &removed, &(is_there && over.meets(condition)));
    if over.meets(condition) {
        suite.is_untouched(key, &case, Before::Nothing).await;
        let again = suite.store.remove_if(key, condition).await;
        case.expect("the answer when it is asked again", &again, &false);
    } else {
        suite.is_untouched(key, &case, over).await;
    }
}

async fn in_batches(suite: Suite<'_>) {
    let names = ["absent", "expired", "endless", "minute"];
    let keys: Vec<String> = names.iter().map(|name| format!("conformance:remove:{name}")).collect();
    suite.prepare(&keys, &STATES).await;
    suite.put("conformance:remove:other", b"stays", Life::Minute).await;
    let case = Case::of("remove", " of an absent key, an expired one, and two that are there");
    case.expect("how many were there", &suite.store.remove(&keys).await, &2);
    for key in &keys {
        suite.is_untouched(key, &case, Before::Nothing).await;
    }
    suite.holds("conformance:remove:other", &case, Some(b"stays"), Life::Minute).await;
    case.expect("how many were there when it is asked again", &suite.store.remove(&keys).await, &0);
    let case = Case::of("remove", " of one key that is named twice");
    suite.put(&keys[0], b"once", Life::Endless).await;
    let twice = [keys[0].clone(), keys[0].clone()];
    case.expect("how many were there", &suite.store.remove(&twice).await, &1);
    let case = Case::of("remove", " of no keys");
    case.expect("how many were there", &suite.store.remove(&[]).await, &0);
}
