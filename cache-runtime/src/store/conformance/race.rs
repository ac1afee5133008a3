//! Races: the store decides and acts in one step, so exactly one of several rivals succeeds.

use super::Suite;
use super::case::{Case, Life};
use crate::error::Result;
use crate::store::Condition;
use bytes::Bytes;
use futures_util::future::join_all;

/// Number of calls at the same time.
const RIVALS: usize = 16;

const KEY: &str = "conformance:race";

pub(super) async fn check(suite: Suite<'_>) {
    let taken = writes(suite, "lease", Condition::Absent).await;
    let filled = writes(suite, "fill", Condition::StartsWith(taken.as_bytes())).await;
    if suite.stamps {
        stamps(suite, &filled).await;
    }
    let held = Condition::StartsWith(b"");
    deletes(suite, held).await;
    suite.put(KEY, b"", Life::Minute).await;
    deletes(suite, Condition::Always).await;
}

/// Returns the number of the call that succeeded.
fn winner(case: &Case, answers: Vec<Result<bool>>) -> usize {
    let mut winners = Vec::new();
    for (n, answer) in answers.into_iter().enumerate() {
        if case.answer("the answer", answer) {
            winners.push(n);
        }
    }
    case.expect("how many got it", &Ok(winners.len()), &1);
    winners[0]
}

/// Writes a value of each rival, and returns the value that stands.
async fn writes(suite: Suite<'_>, name: &str, condition: Condition<'_>) -> String {
    let case = Case::of("set", format!(" of a {name} by {RIVALS} at the same time"));
    let values: Vec<String> = (0..RIVALS).map(|n| format!("{name}:{n} ")).collect();
    let writes = values.iter().map(|value| {
        suite.store.set(KEY, Bytes::from(value.clone()), Life::Minute.time(), condition)
    });
    let value = &values[winner(&case, join_all(writes).await)];
    suite.holds(KEY, &case, Some(value.as_bytes()), Life::Minute).await;
    value.clone()
}

async fn stamps(suite: Suite<'_>, old: &str) {
    let case = Case::of("restamp", format!(" by {RIVALS} at the same time"));
    let stamps: Vec<String> = (0..RIVALS).map(|n| format!("{n:0$}", old.len())).collect();
    let all = stamps.iter().map(|new| suite.store.restamp(KEY, old.as_bytes(), new.as_bytes()));
    let stamp = &stamps[winner(&case, join_all(all).await)];
    suite.holds(KEY, &case, Some(stamp.as_bytes()), Life::Minute).await;
}

async fn deletes(suite: Suite<'_>, condition: Condition<'_>) {
    let case = Case::of("remove_if", format!(" by {RIVALS} at the same time"));
    let all = (0..RIVALS).map(|_| suite.store.remove_if(KEY, condition));
    winner(&case, join_all(all).await);
    suite.holds(KEY, &case, None, Life::Minute).await;
}
