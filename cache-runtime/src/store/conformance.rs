//! A suite that every [`Store`] must pass; run it on your own.

use super::{Condition, Store, TimeToLive};
use bytes::Bytes;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

const LONG: Option<Duration> = Some(Duration::from_secs(60));

/// How late a store may expire an entry.
const PATIENCE: Duration = Duration::from_secs(5);

/// Runs the whole suite on an empty store, with keys that begin with `conformance:`.
///
/// # Panics
///
/// It panics at the first rule that the store breaks, and names it.
pub async fn check(store: &dyn Store) {
    reads_what_was_written(store).await;
    expires(store).await;
    writes_on_condition(store).await;
    removes_on_condition(store).await;
    works_in_batches(store).await;
    scans_by_pattern(store).await;
    removes(store).await;
    assert!(store.ping().await.is_ok(), "a store that works answers a ping");
}

async fn put(store: &dyn Store, key: &str, value: &'static str, condition: Condition<'_>) -> bool {
    let value = Bytes::from_static(value.as_bytes());
    match store.set(key, value, LONG, condition).await {
        Ok(written) => written,
        Err(error) => panic!("`set` failed: {error}"),
    }
}

async fn read(store: &dyn Store, key: &str) -> Option<Bytes> {
    match store.get(key).await {
        Ok(value) => value,
        Err(error) => panic!("`get` failed: {error}"),
    }
}

async fn reads_what_was_written(store: &dyn Store) {
    let key = "conformance:read";
    assert_eq!(read(store, key).await, None, "a key that was never written is absent");
    let bytes = Bytes::from((0..=255).collect::<Vec<u8>>());
    let written = store.set(key, bytes.clone(), None, Condition::Always).await;
    assert_eq!(written, Ok(true), "an unconditional write happens");
    assert_eq!(read(store, key).await, Some(bytes), "bytes come back as they were written");
    let left = store.time_to_live(key).await;
    assert_eq!(left, Ok(TimeToLive::Endless), "without a TTL an entry does not expire");
    put(store, key, "", Condition::Always).await;
    assert_eq!(read(store, key).await, Some(Bytes::new()), "empty bytes are a value");
}

async fn expires(store: &dyn Store) {
    let key = "conformance:expire";
    put(store, key, "long", Condition::Always).await;
    let left = store.time_to_live(key).await;
    let Ok(TimeToLive::Left(left)) = left else {
        panic!("an entry with a TTL has time left, not {left:?}")
    };
    assert!(left <= Duration::from_secs(60) && left > Duration::from_secs(50), "{left:?} of 60 s");
    let brief = Some(Duration::from_millis(1));
    let written = store.set(key, Bytes::new(), brief, Condition::Always).await;
    assert_eq!(written, Ok(true), "a write replaces the TTL too");
    // Reads until the entry is gone: expiry has no event to wait for.
    let written = Instant::now();
    while read(store, key).await.is_some() {
        assert!(written.elapsed() < PATIENCE, "an entry outlives its TTL of 1 ms by seconds");
    }
    assert_eq!(store.time_to_live(key).await, Ok(TimeToLive::Absent), "expired means absent");
    assert!(put(store, key, "a", Condition::Absent).await, "an expired entry is absent for writes");
}

async fn writes_on_condition(store: &dyn Store) {
    let key = "conformance:condition";
    assert!(!put(store, key, "a", Condition::StartsWith(b"x")).await, "absent has no prefix");
    assert!(!put(store, key, "a", Condition::StartsWith(b"")).await, "absent is not empty");
    assert!(put(store, key, "lease:1", Condition::Absent).await, "an absent key is taken");
    assert!(!put(store, key, "lease:2", Condition::Absent).await, "a key is taken once");
    assert!(!put(store, key, "value", Condition::StartsWith(b"lease:2")).await, "another prefix");
    assert!(put(store, key, "value", Condition::StartsWith(b"lease:1")).await, "its own prefix");
    assert_eq!(read(store, key).await, Some(Bytes::from_static(b"value")), "the write took place");
    assert!(!put(store, key, "x", Condition::Foreign).await, "bytes are not foreign");
}

async fn removes_on_condition(store: &dyn Store) {
    let key = "conformance:remove-if";
    put(store, key, "value", Condition::Always).await;
    let other = store.remove_if(key, Condition::StartsWith(b"other")).await;
    assert_eq!(other, Ok(false), "another value stays");
    let same = store.remove_if(key, Condition::StartsWith(b"val")).await;
    assert_eq!(same, Ok(true), "the value that was meant goes");
    let gone = store.remove_if(key, Condition::StartsWith(b"val")).await;
    assert_eq!(gone, Ok(false), "what is gone cannot go again");
}

async fn works_in_batches(store: &dyn Store) {
    let keys: Vec<String> = (0..20).map(|n| format!("conformance:batch:{n}")).collect();
    let entries = keys.iter().take(15).map(|key| (key.clone(), Bytes::from(key.clone()))).collect();
    assert_eq!(store.set_many(entries, LONG).await, Ok(()), "a batch is written");
    let values = store.get_many(&keys).await.unwrap_or_default();
    let expected: Vec<_> = keys
        .iter()
        .enumerate()
        .map(|(n, key)| (n < 15).then(|| Bytes::from(key.clone())))
        .collect();
    assert_eq!(values, expected, "values come in the order of their keys");
    assert_eq!(store.get_many(&[]).await, Ok(vec![]), "no keys, no values");
    assert_eq!(store.remove(&[]).await, Ok(0), "no keys, none removed");
}

async fn scan(store: &dyn Store, pattern: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut cursor = Some(0);
    while let Some(at) = cursor {
        let page = store.scan(pattern, at).await;
        let page = page.unwrap_or_else(|error| panic!("`scan` failed: {error}"));
        found.extend(page.keys);
        cursor = page.next;
    }
    found
}

async fn scans_by_pattern(store: &dyn Store) {
    let keys: Vec<String> = (0..3000).map(|n| format!("conformance:scan:{n}")).collect();
    let entries = keys.iter().map(|key| (key.clone(), Bytes::new())).collect();
    assert_eq!(store.set_many(entries, LONG).await, Ok(()), "a large batch is written");
    let all = scan(store, "conformance:scan:*").await;
    assert_eq!(all.len(), keys.len(), "a scan lists every key once or more");
    let some = scan(store, "conformance:scan:1?[0-4]").await;
    assert_eq!(some.len(), 50, "a scan lists no other key");
    put(store, "conformance:glob:a*b", "", Condition::Always).await;
    put(store, "conformance:glob:axb", "", Condition::Always).await;
    let literal = scan(store, r"conformance:glob:a\*b").await;
    assert_eq!(literal, BTreeSet::from(["conformance:glob:a*b".to_owned()]), "`\\` is literal");
}

async fn removes(store: &dyn Store) {
    let all: Vec<String> = scan(store, "conformance:*").await.into_iter().collect();
    let removed = store.remove(&all).await;
    assert_eq!(removed, Ok(all.len() as u64), "removing counts what was there");
    assert_eq!(store.remove(&all).await, Ok(0), "what is gone is not counted");
    assert!(scan(store, "conformance:*").await.is_empty(), "nothing is left");
}
