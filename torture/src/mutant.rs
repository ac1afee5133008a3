//! Ways to break the cache: what the torture must notice.

use bytes::Bytes;
use cache_runtime::store::{Condition, Page, Store, StoreFuture, TimeToLive};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

/// What a lease begins with where it is stored.
const LEASE: &[u8] = b"cache/1 lease ";

/// One way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Mutant {
    /// A fill is stored whether its lease still stands or not.
    WithoutLease,
    /// All loads of one process share one lease.
    TokenPerProcess,
}

/// A store that breaks the rule.
#[derive(Debug)]
struct Broken {
    inner: Arc<dyn Store>,
    mutant: Mutant,
    /// The one lease of this process.
    lease: Vec<u8>,
}

/// Puts the mutant before a store.
pub(crate) fn layer(mutant: Mutant) -> impl FnOnce(Arc<dyn Store>) -> Arc<dyn Store> {
    move |inner| Arc::new(Broken { inner, mutant, lease: lease(fastrand::u128(..)) })
}

fn lease(token: u128) -> Vec<u8> {
    let mut text = String::from_utf8_lossy(LEASE).into_owned();
    writeln!(text, "{token:032x}").expect("a String takes everything");
    text.into_bytes()
}

impl Broken {
    /// What the store is asked instead. What is no lease stays as it is.
    fn replace<'a>(&'a self, bytes: &'a [u8]) -> &'a [u8] {
        let replaced = self.mutant == Mutant::TokenPerProcess && bytes.starts_with(LEASE);
        if replaced { &self.lease } else { bytes }
    }

    fn condition<'a>(&'a self, condition: Condition<'a>) -> Condition<'a> {
        match condition {
            Condition::StartsWith(bytes) => Condition::StartsWith(self.replace(bytes)),
            other => other,
        }
    }

    fn condition_of_set<'a>(&'a self, condition: Condition<'a>) -> Condition<'a> {
        match (self.mutant, condition) {
            (Mutant::WithoutLease, Condition::StartsWith(_)) => Condition::Always,
            _ => self.condition(condition),
        }
    }
}

impl Store for Broken {
    fn name(&self) -> &'static str {
        "broken"
    }

    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Bytes>> {
        self.inner.get(key)
    }

    fn get_many<'a>(&'a self, keys: &'a [String]) -> StoreFuture<'a, Vec<Option<Bytes>>> {
        self.inner.get_many(keys)
    }

    fn set<'a>(
        &'a self,
        key: &'a str,
        value: Bytes,
        time_to_live: Option<Duration>,
        condition: Condition<'a>,
    ) -> StoreFuture<'a, bool> {
        let value = Bytes::copy_from_slice(self.replace(&value));
        self.inner.set(key, value, time_to_live, self.condition_of_set(condition))
    }

    fn set_many(
        &self,
        entries: Vec<(String, Bytes)>,
        time_to_live: Option<Duration>,
    ) -> StoreFuture<'_, ()> {
        self.inner.set_many(entries, time_to_live)
    }

    fn remove<'a>(&'a self, keys: &'a [String]) -> StoreFuture<'a, u64> {
        self.inner.remove(keys)
    }

    fn remove_if<'a>(&'a self, key: &'a str, condition: Condition<'a>) -> StoreFuture<'a, bool> {
        self.inner.remove_if(key, self.condition(condition))
    }

    fn time_to_live<'a>(&'a self, key: &'a str) -> StoreFuture<'a, TimeToLive> {
        self.inner.time_to_live(key)
    }

    fn scan<'a>(&'a self, pattern: &'a str, cursor: u64) -> StoreFuture<'a, Page> {
        self.inner.scan(pattern, cursor)
    }

    fn ping(&self) -> StoreFuture<'_, ()> {
        self.inner.ping()
    }

    fn timed_out(&self) {
        self.inner.timed_out();
    }
}

#[cfg(test)]
mod tests {
    use super::{Broken, Condition, LEASE, Mutant, Store, lease};
    use cache_runtime::Cache;
    use std::sync::mpsc;

    /// Before the embedded store, which is only to be had through a handle.
    async fn broken(mutant: Mutant) -> Broken {
        let (taken, stores) = mpsc::channel();
        let take = move |store| {
            taken.send(std::sync::Arc::clone(&store)).unwrap();
            store
        };
        Cache::builder().memory().layer(take).build().await.unwrap();
        Broken { inner: stores.recv().unwrap(), mutant, lease: lease(7) }
    }

    #[tokio::test]
    async fn without_lease_a_late_fill_is_stored() {
        let store = broken(Mutant::WithoutLease).await;
        let (first, late) = (lease(1), "late".into());
        let held = Condition::StartsWith(&first);
        assert_eq!(store.set("k", late, None, held).await, Ok(true));
    }

    #[tokio::test]
    async fn with_one_token_another_loads_lease_is_as_good() {
        let store = broken(Mutant::TokenPerProcess).await;
        let [first, second] = [1, 2].map(lease);
        assert!(first.starts_with(LEASE) && first.len() == LEASE.len() + 33);
        let taken = store.set("k", second.into(), None, Condition::Absent).await;
        assert_eq!(taken, Ok(true));
        let held = Condition::StartsWith(&first);
        assert_eq!(store.set("k", "late".into(), None, held).await, Ok(true));
    }
}
