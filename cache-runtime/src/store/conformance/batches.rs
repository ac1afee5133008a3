//! Several keys at once: one answer for each, in their order.

use super::Suite;
use super::case::{Before, Case, Life, OLD, STATES};
use crate::store::{Track, Tracked};
use bytes::Bytes;
use std::time::Duration;

/// Number of keys in a large batch, above the 1000 that the cache sends at once.
const MANY: usize = 2500;

pub(super) async fn check(suite: Suite<'_>) {
    let keys = mixed(suite).await;
    reads(suite, &keys).await;
    reads_heads(suite, &keys).await;
    writes(suite).await;
    prolongs(suite).await;
    many(suite).await;
}

/// Prepares keys in every state. Some keys come twice, and the last one is there.
async fn mixed(suite: Suite<'_>) -> Vec<String> {
    let names = ["absent", "expired", "endless", "minute"];
    let mut keys: Vec<String> =
        names.iter().map(|name| format!("conformance:batch:{name}")).collect();
    suite.prepare(&keys, &STATES).await;
    suite.put("conformance:batch:other", b"other", Life::Endless).await;
    keys.extend([keys[2].clone(), keys[0].clone(), "conformance:batch:other".to_owned()]);
    keys
}

/// Returns the expected values of the keys of [`mixed`], cut to a length.
fn values(length: usize) -> Vec<Option<Bytes>> {
    let old = Some(Bytes::from_static(&OLD[..OLD.len().min(length)]));
    let other = Some(Bytes::from_static(&b"other"[..length.min(5)]));
    vec![None, None, old.clone(), old.clone(), old, None, other]
}

const MIXED: &str = " of an absent key, an expired one, two that are there, one of them and the absent one again, and another one";

async fn reads(suite: Suite<'_>, keys: &[String]) {
    let (store, expected) = (suite.store, values(usize::MAX));
    let many = Case::of("get_many", MIXED);
    many.expect("the values, one for each key", &store.get_many(keys).await, &expected);
    Case::of("get_many", " of no keys").expect("the values", &store.get_many(&[]).await, &vec![]);
    let case = Case::of("read", MIXED);
    // Each key comes first in turn, and the others are read beside it.
    for first in 0..keys.len() {
        let (mut keys, mut expected) = (keys.to_vec(), expected.clone());
        keys.rotate_left(first);
        expected.rotate_left(first);
        let read = store.read(&keys[0], &keys[1..], Track::No).await;
        let read = read.map(|Tracked { value, beside, .. }| [vec![value], beside].concat());
        case.expect("the values, one for each key", &read, &expected);
    }
}

async fn reads_heads(suite: Suite<'_>, keys: &[String]) {
    for length in [1, 5, 7, 1000] {
        let case = Case::of("heads", format!(", {length} bytes,{MIXED}"));
        let heads = suite.store.heads(keys, length).await;
        case.expect("the heads, one for each key", &heads, &values(length));
    }
    let case = Case::of("heads", " of no keys");
    case.expect("the heads", &suite.store.heads(&[], 7).await, &vec![]);
}

/// Writes keys unconditionally, over every state and with every expiry.
async fn writes(suite: Suite<'_>) {
    for life in [Life::Endless, Life::Hour, Life::Brief] {
        let keys: Vec<String> =
            (0..STATES.len()).map(|n| format!("conformance:set-many:{life}:{n}")).collect();
        suite.prepare(&keys, &STATES).await;
        let value = |key: &String| Bytes::copy_from_slice(key.as_bytes());
        let mut entries = vec![(keys[0].clone(), Bytes::from_static(b"the first of two"))];
        entries.extend(keys.iter().map(|key| (key.clone(), value(key))));
        let written = suite.store.set_many(entries, life.time()).await;
        for (key, over) in keys.iter().zip(STATES) {
            let case = Case::of("set_many", format!(", {life}, {over}"));
            case.expect("the answer", &written, &());
            suite.holds(key, &case, Some(&value(key)), life).await;
            if life == Life::Brief {
                suite.is_gone(key, &case).await;
            }
        }
    }
    let nothing = suite.store.set_many(Vec::new(), None).await;
    Case::of("set_many", " of no values").expect("the answer", &nothing, &());
}

/// `prolong` may add time, and must never take time away.
async fn prolongs(suite: Suite<'_>) {
    for (time, minute) in
        [(Life::Hour, [Life::Minute, Life::Hour]), (Life::Brief, [Life::Minute; 2])]
    {
        let keys = mixed(suite).await;
        let case = Case::of("prolong", format!(", {time},{MIXED}"));
        let values_read = suite.store.prolong(&keys, time.time().unwrap_or(Duration::ZERO)).await;
        case.expect("the values, one for each key", &values_read, &values(usize::MAX));
        suite.is_untouched(&keys[0], &case, Before::Nothing).await;
        suite.is_untouched(&keys[1], &case, Before::Nothing).await;
        suite.is_untouched(&keys[2], &case, Before::Value(Life::Endless)).await;
        let left = suite.store.remaining(&keys[3]).await;
        let is_right = |left| minute.iter().any(|life| life.fits(left));
        let left = case.answer("`time_to_live` of a minute", left);
        if !is_right(left) {
            let expected = minute.map(|life| life.to_string()).join(" or ");
            case.complain("`time_to_live` of a minute", expected, format!("{left:?}"));
        }
    }
    let case = Case::of("prolong", " of no keys");
    case.expect("the values", &suite.store.prolong(&[], Duration::ZERO).await, &vec![]);
}

async fn many(suite: Suite<'_>) {
    let store = suite.store;
    let keys: Vec<String> = (0..MANY).map(|n| format!("conformance:many:{n}")).collect();
    let values: Vec<Bytes> = keys.iter().map(|key| Bytes::from(key.clone())).collect();
    let entries = keys.iter().cloned().zip(values.iter().cloned()).collect();
    let written = store.set_many(entries, Life::Hour.time()).await;
    Case::of("set_many", format!(" of {MANY} values")).expect("the answer", &written, &());
    let case = Case::of("get_many", format!(" of {MANY} keys"));
    let read = case.answer("the answer", store.get_many(&keys).await);
    case.expect("how many values there are", &Ok(read.len()), &MANY);
    for (key, (read, value)) in keys.iter().zip(read.iter().zip(&values)) {
        Case::of("get_many", format!(" of {MANY} keys, at {key}")).expect_value(
            "the value",
            read.as_deref(),
            Some(value),
        );
    }
    let case = Case::of("remove", format!(" of {MANY} keys"));
    case.expect("how many were there", &store.remove(&keys).await, &(MANY as u64));
    case.expect("how many are there then", &store.remove(&keys).await, &0);
}
