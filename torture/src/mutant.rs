//! Ways to break the cache: what the torture must notice.

use bytes::Bytes;
use cache_runtime::store::{
    ChangeListener, Condition, Page, Remaining, Store, StoreFuture, Track, Tracked, Watch,
};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// What a lease begins with where it is stored; its token and a line end follow.
const LEASE: &[u8] = b"cache/1 lease ";

/// How many hexadecimal digits a token has.
const DIGITS: usize = 32;

/// One way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Mutant {
    /// A fill is stored whether its lease still stands or not.
    WithoutLease,
    /// All loads of one process share one lease.
    TokenPerProcess,
    /// A process does not hear of changes: values are kept in each, as with `--local`.
    Deaf,
}

/// A store that breaks the rule.
#[derive(Debug)]
struct Broken {
    inner: Arc<dyn Store>,
    mutant: Mutant,
    /// The one token of this process, in hexadecimal digits.
    token: String,
}

/// One that does not hear of what others have changed, but of the end of its connection.
#[derive(Debug)]
struct Deaf(Arc<dyn ChangeListener>);

impl ChangeListener for Deaf {
    fn changed(&self, _key: &[u8]) {}

    fn all_changed(&self) {
        self.0.all_changed();
    }
}

/// Puts the mutant before a store.
pub(crate) fn layer(mutant: Mutant) -> impl FnOnce(Arc<dyn Store>) -> Arc<dyn Store> {
    move |inner| Arc::new(Broken { inner, mutant, token: format!("{:032x}", fastrand::u128(..)) })
}

/// Where the token of a lease stands: in a lease that has the key for itself, and in the stamp of an entry that carries
/// one. Nothing else is asked for or stored that ends like this.
fn token_of(bytes: &[u8]) -> Option<Range<usize>> {
    let line = bytes.strip_suffix(b"\n").filter(|_| bytes.starts_with(LEASE)).unwrap_or(bytes);
    let start = line.len().checked_sub(DIGITS)?;
    let is_token = line[start..].iter().all(u8::is_ascii_hexdigit) && line[..start].ends_with(b" ");
    is_token.then_some(start..line.len())
}

impl Broken {
    /// What the store is given instead. What is no lease stays as it is.
    fn replaced(&self, bytes: &[u8]) -> Bytes {
        let mut bytes = bytes.to_vec();
        if let (Mutant::TokenPerProcess, Some(at)) = (self.mutant, token_of(&bytes)) {
            bytes[at].copy_from_slice(self.token.as_bytes());
        }
        bytes.into()
    }

    /// Whether a write that asks for its lease is not asked for it. Leases themselves are still taken and kept by the rules.
    fn spares(&self, value: &[u8]) -> bool {
        self.mutant == Mutant::WithoutLease && !value.starts_with(LEASE)
    }
}

/// The same condition on other bytes.
fn on<'a>(condition: Condition<'a>, replaced: &'a mut Bytes, by: &Broken) -> Condition<'a> {
    let Condition::StartsWith(bytes) = condition else { return condition };
    *replaced = by.replaced(bytes);
    Condition::StartsWith(replaced)
}

impl Store for Broken {
    fn name(&self) -> &'static str {
        "broken"
    }

    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Bytes>> {
        self.inner.get(key)
    }

    fn listen(&self, listener: Arc<dyn ChangeListener>) -> StoreFuture<'_, ()> {
        let is_deaf = self.mutant == Mutant::Deaf;
        self.inner.listen(if is_deaf { Arc::new(Deaf(listener)) } else { listener })
    }

    fn read<'a>(
        &'a self,
        key: &'a str,
        beside: &'a [String],
        track: Track,
    ) -> StoreFuture<'a, Tracked> {
        self.inner.read(key, beside, track)
    }

    fn prolong<'a>(
        &'a self,
        keys: &'a [String],
        time: Duration,
    ) -> StoreFuture<'a, Vec<Option<Bytes>>> {
        self.inner.prolong(keys, time)
    }

    fn watch<'a>(&'a self, key: &'a str) -> StoreFuture<'a, (Option<Bytes>, Watch)> {
        self.inner.watch(key)
    }

    fn get_many<'a>(&'a self, keys: &'a [String]) -> StoreFuture<'a, Vec<Option<Bytes>>> {
        self.inner.get_many(keys)
    }

    fn set<'a>(
        &'a self,
        key: &'a str,
        value: Bytes,
        ttl: Option<Duration>,
        condition: Condition<'a>,
    ) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            let spared = self.spares(&value) && matches!(condition, Condition::StartsWith(_));
            let condition = if spared { Condition::Always } else { condition };
            let (value, mut replaced) = (self.replaced(&value), Bytes::new());
            let condition = on(condition, &mut replaced, self);
            self.inner.set(key, value, ttl, condition).await
        })
    }

    fn set_many(
        &self,
        entries: Vec<(String, Bytes)>,
        ttl: Option<Duration>,
    ) -> StoreFuture<'_, ()> {
        self.inner.set_many(entries, ttl)
    }

    fn remove<'a>(&'a self, keys: &'a [String]) -> StoreFuture<'a, u64> {
        self.inner.remove(keys)
    }

    fn remove_if<'a>(&'a self, key: &'a str, condition: Condition<'a>) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            let mut replaced = Bytes::new();
            self.inner.remove_if(key, on(condition, &mut replaced, self)).await
        })
    }

    fn restamp<'a>(&'a self, key: &'a str, old: &'a [u8], new: &'a [u8]) -> StoreFuture<'a, bool> {
        Box::pin(async move { self.inner.restamp(key, old, &self.replaced(new)).await })
    }

    fn remaining<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Remaining> {
        self.inner.remaining(key)
    }

    fn scan<'a>(&'a self, pattern: &'a str, cursor: u64) -> StoreFuture<'a, Page> {
        self.inner.scan(pattern, cursor)
    }

    fn connection(&self) -> u64 {
        self.inner.connection()
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
    use super::{Broken, Condition, Mutant, Store, token_of};
    use bytes::Bytes;
    use cache_runtime::Cache;
    use std::sync::{Arc, mpsc};

    /// Before the embedded store, which is only to be had through a handle.
    async fn broken(mutant: Mutant) -> Broken {
        let (taken, stores) = mpsc::channel();
        let take = move |store| {
            taken.send(Arc::clone(&store)).unwrap();
            store
        };
        Cache::builder().memory().layer(take).build().await.unwrap();
        Broken { inner: stores.recv().unwrap(), mutant, token: "7".repeat(32) }
    }

    fn lease(digit: &str) -> Bytes {
        format!("cache/1 lease {}\n", digit.repeat(32)).into()
    }

    fn stamp(digit: &str) -> Bytes {
        format!("cache/1 json 1 2 3 {}", digit.repeat(32)).into()
    }

    #[test]
    fn tokens_are_found_where_leases_stand() {
        assert_eq!(token_of(&lease("a")), Some(14..46));
        assert_eq!(token_of(&stamp("a")), Some(19..51));
        let entry = [&stamp("a")[..], b" - 1 12075f43\n7"].concat();
        assert_eq!(token_of(&entry), None);
        assert_eq!(token_of(&entry[..entry.len() - 1]), None);
        assert_eq!(token_of(b""), None);
    }

    #[tokio::test]
    async fn without_lease_a_late_fill_is_stored() {
        let store = broken(Mutant::WithoutLease).await;
        let first = lease("1");
        let held = Condition::StartsWith(&first);
        assert!(!store.set("k", first.clone(), None, held).await.unwrap(), "a renewal");
        assert!(store.set("k", "late".into(), None, held).await.unwrap());
    }

    #[tokio::test]
    async fn with_one_token_another_loads_lease_is_as_good() {
        let store = broken(Mutant::TokenPerProcess).await;
        let (first, second) = (lease("1"), lease("2"));
        assert!(store.set("k", second, None, Condition::Absent).await.unwrap());
        assert_eq!(store.get("k").await.unwrap(), Some(lease("7")));
        let held = Condition::StartsWith(&first);
        assert!(store.set("k", stamp("3"), None, held).await.unwrap(), "a late fill");
        assert!(store.restamp("k", &stamp("7"), &stamp("4")).await.unwrap());
        assert!(store.remove_if("k", Condition::StartsWith(&stamp("5"))).await.unwrap());
    }
}
