//! A written value comes back unchanged.

use super::Suite;
use super::case::{Case, Life, show};
use crate::store::Track;

/// Length of a large value: more than a packet, a page of a database, and most accidental limits.
const LARGE: usize = 1 << 20;

pub(super) async fn check(suite: Suite<'_>) {
    let key = "conformance:value";
    let absent = Case::of("get", " of a key that was never written");
    suite.holds(key, &absent, None, Life::Endless).await;
    let every_byte: Vec<u8> = (0..=255).collect();
    let large: Vec<u8> = every_byte.iter().copied().cycle().take(LARGE).collect();
    for value in [&every_byte[..], b"", b"\0", b" white space \r\n", b"\xc3", &large] {
        suite.put(key, value, Life::Endless).await;
        let case =
            Case::of("set", format!(", in any case, without expiry, of {}", show(Some(value))));
        suite.holds(key, &case, Some(value), Life::Endless).await;
        in_every_way(suite, key, value).await;
    }
}

/// Reads one key by each method that reads.
async fn in_every_way(suite: Suite<'_>, key: &str, value: &[u8]) {
    let (store, keys) = (suite.store, [key.to_owned()]);
    let one = |values: Vec<_>| values.into_iter().next().flatten();
    for (method, read) in [
        ("read", store.read(key, &[], Track::No).await.map(|read| read.value)),
        ("watch", store.watch(key).await.map(|(value, _)| value)),
        ("get_many", store.get_many(&keys).await.map(one)),
        ("heads", store.heads(&keys, LARGE).await.map(one)),
    ] {
        let case = Case::of(method, format!(" of {}", show(Some(value))));
        let read = case.answer("the answer", read);
        // A store may count an empty head as absent.
        if !(method == "heads" && value.is_empty()) {
            case.expect_value("the value", read.as_deref(), Some(value));
        }
    }
}
