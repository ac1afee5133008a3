//! The handle.

pub(crate) mod ambient;
pub(crate) mod builder;
mod keys;
pub(crate) mod manual;
mod sweep;

pub use keys::Keys;

use crate::budget::Budget;
use crate::error::{Error, Result};
use crate::expiry::Expiry;
use crate::key::canonical::Refused;
use crate::key::identity;
use crate::key::path::Path;
use crate::site::Site;
use crate::stats::{Counters, Function, Registry, Stats};
use crate::store::memory::MemoryStore;
use crate::store::{Condition, Store};
use bytes::Bytes;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// How often a fault that repeats is logged, in seconds.
const LOG_EVERY: u64 = 10;

/// A handle to a cache: a store, a prefix, and how to behave. Cheap to clone; clones share everything.
///
/// Make one with [`Cache::builder`] or [`Cache::from_env`], then [`install`](Cache::install) it for the whole
/// process, or use it inside one future with [`scope`](Cache::scope). The methods on the handle itself are for
/// work beside annotated functions; unlike those, they report the store's faults.
#[derive(Clone)]
pub struct Cache {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    backend: Backend,
    /// The prefix with its colon.
    prefix: String,
    default_expiry: Expiry,
    budget: Duration,
    /// The largest payload that is stored or read, in bytes.
    largest: usize,
    registry: Registry,
    last_warning: AtomicU64,
}

/// Where entries are.
pub(crate) enum Backend {
    /// In this process: no await, no timeout, no runtime needed.
    Memory(MemoryStore),
    /// Behind a trait: Redis, or the application's own.
    Remote(Arc<dyn Store>),
    /// Nowhere: every function simply runs.
    Disabled,
}

impl Backend {
    fn name(&self) -> &'static str {
        match self {
            Self::Memory(store) => store.name(),
            Self::Remote(store) => store.name(),
            Self::Disabled => "disabled",
        }
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("store", &self.inner.backend.name())
            .field("prefix", &self.prefix())
            .finish_non_exhaustive()
    }
}

impl Cache {
    /// Whether calls are cached at all; `false` on a handle built with `disabled` or `CACHE_URL=off`.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        !matches!(self.inner.backend, Backend::Disabled)
    }

    /// The store's name: `redis`, `memory`, `disabled`, or what an own store calls itself.
    #[must_use]
    pub fn store_name(&self) -> &'static str {
        self.inner.backend.name()
    }

    /// The prefix of every key of this handle, without its colon.
    #[must_use]
    pub fn prefix(&self) -> &str {
        self.inner.prefix.trim_end_matches(':')
    }

    /// What happened on this handle so far, in total and by function.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.inner.registry.read()
    }

    pub(crate) fn key_prefix(&self) -> &str {
        &self.inner.prefix
    }

    pub(crate) fn backend(&self) -> &Backend {
        &self.inner.backend
    }

    pub(crate) fn function(
        &self,
        site: &'static Site,
        identity: impl FnOnce() -> Option<String>,
    ) -> Arc<Function> {
        self.inner.registry.function(site, identity)
    }

    pub(crate) fn budget(&self) -> Budget {
        Budget::new(self.inner.budget)
    }

    pub(crate) fn default_expiry(&self) -> Expiry {
        self.inner.default_expiry
    }

    pub(crate) fn largest(&self) -> usize {
        self.inner.largest
    }

    /// Whether store calls need a tokio runtime.
    pub(crate) fn needs_tokio(&self) -> bool {
        matches!(self.inner.backend, Backend::Remote(_))
    }

    pub(crate) async fn read(&self, key: &str, budget: &mut Budget) -> Result<Option<Bytes>> {
        match &self.inner.backend {
            Backend::Memory(store) => Ok(store.read(key)),
            Backend::Remote(store) => budget.spend(&**store, store.get(key)).await,
            Backend::Disabled => Ok(None),
        }
    }

    /// Stores an entry, and says whether it was: the embedded store refuses what is too large for it.
    pub(crate) async fn write(
        &self,
        key: &str,
        entry: Bytes,
        time_to_live: Option<Duration>,
        budget: &mut Budget,
    ) -> Result<bool> {
        match &self.inner.backend {
            Backend::Memory(store) => Ok(store.write(key, entry, time_to_live, Condition::Always)),
            Backend::Remote(store) => {
                let set = store.set(key, entry, time_to_live, Condition::Always);
                budget.spend(&**store, set).await
            }
            Backend::Disabled => Ok(false),
        }
    }

    /// Deletes what a key holds if it is still what `condition` says.
    pub(crate) async fn repair(
        &self,
        key: &str,
        condition: Condition<'_>,
        budget: &mut Budget,
    ) -> Result<bool> {
        match &self.inner.backend {
            Backend::Memory(store) => Ok(store.delete_if(key, condition)),
            Backend::Remote(store) => budget.spend(&**store, store.remove_if(key, condition)).await,
            Backend::Disabled => Ok(false),
        }
    }

    /// Counts a fault of the store, and logs it now and then. A server that is away is logged where its connection is.
    pub(crate) fn note_fault(&self, counters: &Counters, error: &Error) {
        counters.errors.increment();
        if !error.is_unreachable() && self.may_warn() {
            tracing::warn!(target: "cache_runtime", store = self.store_name(), %error, "the cache failed; functions run without it");
        }
    }

    /// Counts a call whose arguments have no place in a key.
    pub(crate) fn note_refused(&self, site: &'static Site, path: Path, reason: Refused) {
        let function = self.function(site, || Some(identity(site, path)));
        function.counters.uncached.increment();
        if self.may_warn() {
            tracing::warn!(target: "cache_runtime", function = site.label(), %reason, "an argument cannot be part of a key; the call runs without the cache");
        }
    }

    pub(crate) fn may_warn(&self) -> bool {
        let now = crate::entry::unix_ms() / 1000;
        let last = self.inner.last_warning.load(Relaxed);
        let due = now >= last + LOG_EVERY;
        due && self.inner.last_warning.compare_exchange(last, now, Relaxed, Relaxed).is_ok()
    }
}
