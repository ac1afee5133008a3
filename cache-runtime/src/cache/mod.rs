//! The handle, [`Cache`].

pub(crate) mod builder;
pub(crate) mod config;
pub(crate) mod context;
pub(crate) mod health;
pub(crate) mod invalidation;
mod keeper;
mod keys;
mod namespace;
mod shutdown;
pub(crate) mod values;
pub(crate) mod warmup;
pub(crate) mod warnings;

pub use config::{CacheConfig, LocalConfig, Time};
pub use invalidation::delete::Way;
pub(crate) use keeper::Keeper;
pub use keys::Keys;
pub use shutdown::Shutdown;

use crate::cache::invalidation::repeats::Repeats;
use crate::cache::warnings::{Kind, Warnings};
use crate::entry::ttl::Ttl;
use crate::error::{Error, Result};
use crate::function::site::{Local, Site};
use crate::function::stats::{Counters, Function, Registry, Stats};
use crate::key::KeyBuilder;
use crate::protocol::flight::Flights;
use crate::protocol::renewal::Renewals;
use crate::protocol::retry::Overdue;
use crate::rt::ending::{Ending, Hold, Phase};
use crate::store::backend::Backend;
use crate::store::budget::Budget;
use crate::store::fleet::Fleet;
use crate::store::tier::Tier;
use invalidation::cleanup::Sweeper;
use invalidation::passes::Passes;
use namespace::Namespaces;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

/// A handle to a cache: a store, a prefix, and settings. Clones are cheap and share everything.
///
/// Make a handle with [`Cache::builder`] or [`Cache::from_env`]. Then [`install`](Cache::install)
/// the handle for the whole process, or use it inside one future with [`scope`](Cache::scope).
///
/// The handle's own methods are for work beside annotated functions. These methods report the
/// store's faults, and annotated functions do not.
#[derive(Clone)]
pub struct Cache {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    shared: Arc<SharedParts>,
    /// The prefix with its colon.
    prefix: String,
    /// Number of the namespace, for keys of the tier, which hold no prefix. Zero is the handle
    /// that was built.
    space: u64,
    registry: Registry,
    /// The handle's life. `None` in a handle that stands in for one that nobody holds any more.
    hold: Option<Hold>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        if self.hold.take().is_some_and(Hold::let_go) {
            // mutant: the last clone of a handle leaves its tasks
            shutdown::abandon(&self.shared);
        }
    }
}

/// The parts that a handle and its namespaces have in common.
struct SharedParts {
    backend: Arc<Backend>,
    /// The pattern of all keys of the handle that was built, with those of its namespaces.
    everything: String,
    default_expiry: Ttl,
    /// TTLs by name.
    named_ttls: BTreeMap<String, Ttl>,
    budget: Duration,
    lease: Duration,
    wait: Duration,
    flights: Arc<Flights>,
    renewals: Arc<Renewals>,
    overdue: Overdue,
    repeats: Arc<Repeats>,
    sweeper: Sweeper,
    passes: Passes,
    /// The largest number of loads that was seen around a call.
    nesting: AtomicUsize,
    warnings: Arc<Warnings>,
    ending: Arc<Ending>,
    /// The largest payload that is stored or read, in bytes.
    max_entry_size: usize,
    /// Size in bytes from which on values are compressed. `None` means never.
    compress: Option<usize>,
    namespaces: Namespaces,
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut cache = f.debug_struct("Cache");
        cache.field("store", &self.store_name()).field("prefix", &self.prefix());
        if self.ending().phase() > Phase::Open {
            cache.field("shut_down", &true);
        }
        cache.finish()
    }
}

impl Cache {
    /// Returns whether calls are cached. Returns `false` for a handle built with `disabled` or
    /// `CACHE_URL=off`.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.inner.shared.backend.is_enabled()
    }

    /// Returns the store's name: `redis`, `memory`, `disabled`, or the name that the application's
    /// own store gives itself.
    #[must_use]
    pub fn store_name(&self) -> &'static str {
        self.inner.shared.backend.name()
    }

    /// Returns the prefix of every key of this handle, without its colon.
    #[must_use]
    pub fn prefix(&self) -> &str {
        self.inner.prefix.strip_suffix(':').unwrap_or(&self.inner.prefix)
    }

    /// Returns the counts of this handle since it was made, in total and by function.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats {
            server_changes: self.fleet().map_or(0, |it| it.changes()),
            ..self.inner.registry.read()
        }
    }

    pub(crate) fn key_prefix(&self) -> &str {
        &self.inner.prefix
    }

    /// Returns the number that tells this namespace from others of the handle.
    pub(crate) fn space(&self) -> u64 {
        self.inner.space
    }

    /// Returns the pattern of all keys of the handle that was built, with those of its namespaces.
    pub(crate) fn everything(&self) -> &str {
        &self.inner.shared.everything
    }

    pub(crate) fn backend(&self) -> &Arc<Backend> {
        &self.inner.shared.backend
    }

    /// Returns the in-process tier. Returns `None` if the handle has none, or if the function opted
    /// out.
    pub(crate) fn tier_of(&self, site: &Site) -> Option<&Tier> {
        self.backend().tier().filter(|_| site.local != Local::Never)
    }

    /// Returns this handle's record of an annotated function, regardless of its arguments.
    pub(crate) fn function(&self, site: &'static Site) -> Arc<Function> {
        self.inner.registry.function(site)
    }

    /// Returns this handle's record of the cached function whose call has the key.
    pub(crate) fn function_of(&self, key: &mut KeyBuilder) -> Arc<Function> {
        self.inner.registry.function_of(key.identity(), || key.caller().map(<[u8]>::to_vec))
    }

    pub(crate) fn budget(&self) -> Budget {
        Budget::new(self.inner.shared.budget)
    }

    pub(crate) fn budget_time(&self) -> Duration {
        self.inner.shared.budget
    }

    pub(crate) fn lease(&self) -> Duration {
        self.inner.shared.lease
    }

    pub(crate) fn wait(&self) -> Duration {
        self.inner.shared.wait
    }

    pub(crate) fn flights(&self) -> &Arc<Flights> {
        &self.inner.shared.flights
    }

    pub(crate) fn renewals(&self) -> &Arc<Renewals> {
        &self.inner.shared.renewals
    }

    pub(crate) fn overdue(&self) -> &Overdue {
        &self.inner.shared.overdue
    }

    /// Returns the fleet of the prefix. Returns `None` if the store cannot be shared with other
    /// handles.
    pub(crate) fn fleet(&self) -> Option<&Arc<Fleet>> {
        self.backend().fleet()
    }

    /// Notes how many loads are around a call.
    pub(crate) fn note_nesting(&self, depth: usize) {
        self.inner.shared.nesting.fetch_max(depth, Relaxed);
    }

    /// Returns the largest number of loads that was seen around a call of this handle.
    pub(crate) fn nesting(&self) -> usize {
        self.inner.shared.nesting.load(Relaxed)
    }

    fn passes(&self) -> &Passes {
        &self.inner.shared.passes
    }

    /// Tells whether two handles are namespaces of one handle, or that handle, and so share one
    /// store.
    pub(crate) fn is_of(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner.shared, &other.inner.shared)
    }

    pub(crate) fn repeats(&self) -> &Arc<Repeats> {
        &self.inner.shared.repeats
    }

    pub(crate) fn ending(&self) -> &Arc<Ending> {
        &self.inner.shared.ending
    }

    /// Returns an error if a shutdown of the handle has ended. Calls by hand check this first.
    pub(crate) fn check_open(&self) -> Result<()> {
        if self.ending().phase() < Phase::Closed {
            return Ok(());
        }
        Err(Error::unreachable("the cache was shut down"))
    }

    /// Returns the counters of work that belongs to no function.
    pub(crate) fn manual(&self) -> &Counters {
        &self.inner.registry.manual
    }

    /// Returns a number that only clones of this handle share, as long as one of them lives.
    pub(crate) fn id(&self) -> usize {
        Arc::as_ptr(&self.inner).addr()
    }

    pub(crate) fn default_expiry(&self) -> Ttl {
        self.inner.shared.default_expiry
    }

    /// Returns the TTL with this name. If there is none, logs a warning and returns the default
    /// TTL.
    pub(crate) fn named_ttl(&self, name: &str, site: &'static Site) -> Ttl {
        let named = self.inner.shared.named_ttls.get(name).copied();
        if named.is_none() && self.may_warn(Kind::NamedTtl, Some(site)) {
            tracing::warn!(target: "cache_runtime", function = site.label(), name, "no TTL has this name; functions that ask for it use the default TTL");
        }
        named.unwrap_or(self.default_expiry())
    }

    pub(crate) fn max_entry_size(&self) -> usize {
        self.inner.shared.max_entry_size
    }

    /// Returns the size in bytes from which on values are stored compressed. `None` means never.
    pub(crate) fn compresses_from(&self) -> Option<usize> {
        self.inner.shared.compress
    }

    /// Tells whether calls of the store need a tokio runtime.
    pub(crate) fn needs_tokio(&self) -> bool {
        self.inner.shared.backend.needs_tokio()
    }

    /// Counts a fault of the store, and logs a warning if one is due. An unreachable server is
    /// logged at its connection instead.
    pub(crate) fn note_fault(&self, function: &Function, error: &Error) {
        function.counters.errors.increment();
        if !error.is_unreachable() && self.may_warn(Kind::Fault, Some(function.site)) {
            self.inner.shared.warnings.note_fault();
            tracing::warn!(target: "cache_runtime", function = function.site.label(), store = self.store_name(), %error, "the cache failed; functions run without it");
        }
    }

    /// Notes that the store took a value. If a fault was logged before, logs that the fault is
    /// over.
    pub(crate) fn note_success(&self) {
        if self.inner.shared.warnings.had_fault() {
            tracing::warn!(target: "cache_runtime", store = self.store_name(), "the cache stores values again");
        }
    }

    /// Tells whether a warning of this kind is to be logged now.
    pub(crate) fn may_warn(&self, kind: Kind, site: Option<&'static Site>) -> bool {
        self.inner.shared.warnings.may(kind, site)
    }
}
