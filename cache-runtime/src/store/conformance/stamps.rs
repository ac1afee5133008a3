//! Replacement of the beginning of a value. A refresh takes its lease this way, inside an entry
//! that others still read.

use super::Suite;
use super::case::{Before, Case, Life, OLD, STATES, show};
use crate::store::Condition;
use bytes::Bytes;

/// Pairs of an old and a new beginning: a part of the value, the whole value, a wrong beginning,
/// and other lengths.
const STAMPS: [(&[u8], &[u8]); 5] = [
    (b"lease:1", b"lease:2"),
    (OLD, b"LEASE:2 \0 AND \xfe AFTER"),
    (b"lease:9", b"lease:2"),
    (b"lease:1", b"lease:22"),
    (b"lease:1", b"lease"),
];

pub(super) async fn check(suite: Suite<'_>) {
    for (n, stamp) in STAMPS.into_iter().enumerate() {
        let keys = STATES.map(|over| format!("conformance:stamp:{n}:{over}"));
        suite.prepare(&keys, &STATES).await;
        for (key, over) in keys.iter().zip(STATES) {
            ask(suite, key, stamp, over).await;
        }
    }
    ends(suite).await;
}

fn case(old: &[u8], new: &[u8], over: impl std::fmt::Display) -> Case {
    Case::of("restamp", format!(" of {} by {}, {over}", show(Some(old)), show(Some(new))))
}

async fn ask(suite: Suite<'_>, key: &str, (old, new): (&[u8], &[u8]), over: Before) {
    let case = case(old, new, over);
    let (value, life) = over.shown();
    let rest = value.filter(|_| suite.stamps && old.len() == new.len());
    let rest = rest.and_then(|value| value.strip_prefix(old));
    let stamped = suite.store.restamp(key, old, new).await;
    case.expect("the answer", &stamped, &rest.is_some());
    let Some(rest) = rest else { return suite.is_untouched(key, &case, over).await };
    let value = [new, rest].concat();
    suite.holds(key, &case, Some(&value), life).await;
    // A fill compares the new beginning from now on.
    for (start, holds) in [(old, false), (new, true)] {
        let fill = Bytes::from_static(b"fill");
        let held = Condition::StartsWith(start);
        let filled = suite.store.set(key, fill, Life::Hour.time(), held).await;
        case.expect(&format!("`set` if it starts with {}", show(Some(start))), &filled, &holds);
    }
    suite.holds(key, &case, Some(b"fill"), Life::Hour).await;
}

/// A lease inside an entry must not change the entry's expiry.
async fn ends(suite: Suite<'_>) {
    let case = case(b"lease:1", b"lease:2", "over a value that was stored for a moment");
    let key = "conformance:stamp:brief";
    suite.put(key, OLD, Life::Brief).await;
    case.answer("the answer", suite.store.restamp(key, b"lease:1", b"lease:2").await);
    suite.is_gone(key, &case).await;
}
