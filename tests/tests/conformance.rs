//! A store of the application's own: what it must do, how the suite notices that it does not, and that calls go through it.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use bytes::Bytes;
use cache_runtime::store::{Condition, Page, Store, StoreFuture, TimeToLive, conformance};
use cache_runtime::{Cache, cached, invalidates};

/// What a store does wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    None,
    IgnoresTimeToLive,
    NeverExpires,
    WritesOnAnyCondition,
    RemovesOnAnyCondition,
    LosesEmptyValues,
    ListsEverything,
    ListsOnePage,
    MissesTheOrder,
    CountsWhatIsNotThere,
    DoesNotAnswer,
}

/// A map behind a lock, with a fault to be found.
#[derive(Debug)]
struct MapStore {
    entries: Mutex<HashMap<String, (Bytes, Option<Instant>)>>,
    fault: Fault,
}

impl MapStore {
    fn new(fault: Fault) -> Self {
        Self { entries: Mutex::default(), fault }
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    fn read(&self, key: &str) -> Option<(Bytes, Option<Instant>)> {
        let mut entries = self.entries.lock().unwrap();
        let now = Instant::now();
        let keeps = self.has(Fault::NeverExpires);
        entries.retain(|_, (_, expires)| keeps || expires.is_none_or(|at| at > now));
        let found = entries.get(key).cloned();
        found.filter(|(value, _)| !value.is_empty() || !self.has(Fault::LosesEmptyValues))
    }

    fn meets(&self, key: &str, condition: Condition<'_>) -> bool {
        let held = self.read(key);
        match condition {
            Condition::Always => true,
            Condition::Absent => held.is_none(),
            Condition::StartsWith(prefix) => {
                held.is_some_and(|(value, _)| value.starts_with(prefix))
            }
            Condition::Foreign => false,
        }
    }

    fn write(&self, key: &str, value: Bytes, time_to_live: Option<Duration>) {
        let mut expires = time_to_live.map(|time| Instant::now() + time);
        if self.has(Fault::IgnoresTimeToLive) {
            expires = None;
        }
        self.entries.lock().unwrap().insert(key.to_owned(), (value, expires));
    }

    fn delete(&self, key: &str) -> bool {
        let was_there = self.read(key).is_some();
        self.entries.lock().unwrap().remove(key);
        was_there || self.has(Fault::CountsWhatIsNotThere)
    }
}

/// Redis' globs, as far as the suite and these tests go: short, and slow on many stars.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern, text) {
        ([], _) => text.is_empty(),
        ([b'*', rest @ ..], _) => (0..=text.len()).any(|at| matches(rest, &text[at..])),
        ([b'?', rest @ ..], [_, text @ ..]) => matches(rest, text),
        ([b'[', low, b'-', high, b']', rest @ ..], [byte, text @ ..]) => {
            (low..=high).contains(&byte) && matches(rest, text)
        }
        ([b'\\', literal, rest @ ..] | [literal, rest @ ..], [byte, text @ ..]) => {
            literal == byte && matches(rest, text)
        }
        _ => false,
    }
}

fn ready<T: Send + 'static>(value: T) -> StoreFuture<'static, T> {
    Box::pin(async { Ok(value) })
}

impl Store for MapStore {
    fn name(&self) -> &'static str {
        "map"
    }

    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Bytes>> {
        ready(self.read(key).map(|(value, _)| value))
    }

    fn get_many<'a>(&'a self, keys: &'a [String]) -> StoreFuture<'a, Vec<Option<Bytes>>> {
        let values = keys.iter().map(|key| self.read(key).map(|(value, _)| value));
        ready(if self.has(Fault::MissesTheOrder) {
            values.rev().collect()
        } else {
            values.collect()
        })
    }

    fn set<'a>(
        &'a self,
        key: &'a str,
        value: Bytes,
        time_to_live: Option<Duration>,
        condition: Condition<'a>,
    ) -> StoreFuture<'a, bool> {
        let met = self.meets(key, condition) || self.has(Fault::WritesOnAnyCondition);
        if met {
            self.write(key, value, time_to_live);
        }
        ready(met)
    }

    fn set_many(
        &self,
        entries: Vec<(String, Bytes)>,
        time_to_live: Option<Duration>,
    ) -> StoreFuture<'_, ()> {
        for (key, value) in entries {
            self.write(&key, value, time_to_live);
        }
        ready(())
    }

    fn remove<'a>(&'a self, keys: &'a [String]) -> StoreFuture<'a, u64> {
        ready(keys.iter().map(|key| u64::from(self.delete(key))).sum())
    }

    fn remove_if<'a>(&'a self, key: &'a str, condition: Condition<'a>) -> StoreFuture<'a, bool> {
        let met = self.meets(key, condition) || self.has(Fault::RemovesOnAnyCondition);
        ready(met && self.delete(key))
    }

    fn time_to_live<'a>(&'a self, key: &'a str) -> StoreFuture<'a, TimeToLive> {
        ready(match self.read(key) {
            None => TimeToLive::Absent,
            Some((_, None)) => TimeToLive::Endless,
            Some((_, Some(at))) => TimeToLive::Left(at.saturating_duration_since(Instant::now())),
        })
    }

    /// Pages of a hundred keys: the cursor is how many keys came before.
    fn scan<'a>(&'a self, pattern: &'a str, cursor: u64) -> StoreFuture<'a, Page> {
        let start = usize::try_from(cursor).unwrap();
        let mut keys: Vec<String> = self.entries.lock().unwrap().keys().cloned().collect();
        keys.sort();
        let is_last = start + 100 >= keys.len() || self.has(Fault::ListsOnePage);
        let page = keys.into_iter().skip(start).take(100);
        let all = self.has(Fault::ListsEverything);
        let page = page.filter(|key| all || matches(pattern.as_bytes(), key.as_bytes()));
        ready(Page { keys: page.collect(), next: (!is_last).then_some(cursor + 100) })
    }

    fn ping(&self) -> StoreFuture<'_, ()> {
        if self.has(Fault::DoesNotAnswer) {
            return Box::pin(async { Err(cache_runtime::Error::unreachable("it is asleep")) });
        }
        ready(())
    }
}

#[tokio::test]
async fn a_store_that_does_as_it_should_passes() {
    let store = MapStore::new(Fault::None);
    conformance::check(&store).await;
    assert!(store.entries.lock().unwrap().is_empty(), "the suite cleans up");
}

/// The suite's complaint about a store.
async fn complaint(fault: Fault) -> String {
    let checked = tokio::spawn(async move { conformance::check(&MapStore::new(fault)).await });
    let Err(error) = checked.await else { panic!("the suite does not notice {fault:?}") };
    let panic = error.into_panic();
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
        .expect("a panic has a text")
}

#[tokio::test]
async fn every_fault_is_named() {
    for (fault, rule) in [
        (Fault::IgnoresTimeToLive, "an entry with a TTL has time left"),
        (Fault::NeverExpires, "an entry outlives its TTL"),
        (Fault::WritesOnAnyCondition, "absent has no prefix"),
        (Fault::RemovesOnAnyCondition, "another value stays"),
        (Fault::LosesEmptyValues, "empty bytes are a value"),
        (Fault::ListsEverything, "a scan lists"),
        (Fault::ListsOnePage, "a scan lists every key once or more"),
        (Fault::MissesTheOrder, "values come in the order of their keys"),
        (Fault::CountsWhatIsNotThere, "what is gone"),
        (Fault::DoesNotAnswer, "answers a ping"),
    ] {
        let complaint = complaint(fault).await;
        assert!(complaint.contains(rule), "{fault:?}: {complaint}");
    }
}

#[cached(key = "user:<id>", skip(loads))]
async fn user(id: u64, loads: &Mutex<u32>) -> String {
    *loads.lock().unwrap() += 1;
    format!("user {id}")
}

#[invalidates("user:<id>:*")]
async fn rename(id: u64) {
    assert!(id > 0);
}

#[tokio::test]
async fn calls_go_through_the_applications_own_store() {
    let store = MapStore::new(Fault::None);
    let cache = Cache::builder().prefix("own").store(store).build().await.unwrap();
    let loads = Mutex::new(0);
    let calls = async {
        assert_eq!(user(1, &loads).await, "user 1");
        assert_eq!(user(1, &loads).await, "user 1");
        assert_eq!(*loads.lock().unwrap(), 1);
        rename(2).await;
        assert_eq!(user(1, &loads).await, "user 1");
        assert_eq!(*loads.lock().unwrap(), 1, "another user was renamed");
        rename(1).await;
        assert_eq!(user(1, &loads).await, "user 1");
        assert_eq!(*loads.lock().unwrap(), 2);
    };
    cache.scope(calls).await;
    let stats = cache.stats();
    assert_eq!((stats.hits, stats.stores, stats.deleted, stats.errors), (2, 2, 1, 0));
    assert_eq!(cache.store_name(), "map");
    assert_eq!(cache.ttl("nothing").await, Ok(None));
}
