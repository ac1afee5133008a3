//! Counts events, in total and for each function.

use crate::function::claims::{self, Claim};
use crate::function::identity::{Identity, Types};
use crate::function::refused::Refused;
use crate::function::site::Site;
use crate::function::trial::Trial;
use foldhash::fast::RandomState;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// Numbers of events since the handle was built. `Debug` shows the numbers that are not
        /// zero.
        #[derive(Clone, Default, PartialEq, Eq, Serialize)]
        #[non_exhaustive]
        pub struct Counts {
            $($(#[$doc])* pub $name: u64,)*
        }

        /// The live form of [`Counts`].
        #[derive(Debug, Default)]
        pub(crate) struct Counters {
            $(pub(crate) $name: Counter,)*
        }

        impl Counters {
            /// Returns the counts. A hit in the tier is counted only once, as a local hit, and
            /// added to the hits here.
            fn read(&self) -> Counts {
                let counts = Counts { $($name: self.$name.0.load(Relaxed),)* };
                Counts { hits: counts.hits + counts.local_hits, ..counts }
            }
        }

        impl fmt::Debug for Counts {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut counts = f.debug_map();
                $(if self.$name > 0 {
                    counts.entry(&format_args!(stringify!($name)), &self.$name);
                })*
                counts.finish()
            }
        }

        impl Counts {
            fn add(&mut self, other: &Self) {
                $(self.$name += other.$name;)*
            }
        }

        /// A snapshot of a handle's counters, in total and by function. `Debug` shows the counts
        /// that are not zero.
        #[derive(Clone, Default, PartialEq, Eq, Serialize)]
        #[non_exhaustive]
        pub struct Stats {
            $($(#[$doc])* pub $name: u64,)*
            /// The counts of each function, by its `id`, or by its module path and name. Manual
            /// operations on the handle count only in the total.
            pub functions: BTreeMap<String, Counts>,
            /// The number of times that the Redis server was another one than before: restarted, or
            /// replaced by a replica. See [`AfterOutage`](crate::config::AfterOutage).
            pub server_changes: u64,
        }

        impl Stats {
            /// Returns the counters in total.
            #[must_use]
            pub fn total(&self) -> Counts {
                Counts { $($name: self.$name,)* }
            }

            fn of(total: Counts, functions: BTreeMap<String, Counts>) -> Self {
                Self { $($name: total.$name,)* functions, server_changes: 0 }
            }
        }
    };
}

counters! {
    /// Calls answered from the cache.
    hits,
    /// Hits that the in-process tier answered.
    local_hits,
    /// Calls that found nothing and ran their load. Each call is a hit, a stale hit, a miss or a
    /// wait. A call that was served an expired value instead of its own load is a stale hit and a
    /// miss.
    misses,
    /// Loads that ran because of a miss.
    loads,
    /// Values stored.
    stores,
    /// Calls answered with an expired value.
    stale_hits,
    /// Calls that waited for another caller's load, in this process or another, and were answered
    /// by it.
    waits,
    /// Fills refused because the key was invalidated during the load, or because the lease had been
    /// lost.
    rejected_fills,
    /// Store operations that failed or took longer than the budget.
    errors,
    /// Calls that ran without the cache. Either an argument cannot be part of a key, another
    /// function has the same identity, or the call's sqlx connection is in a transaction. Or an
    /// invalidation of the call's entry waits: for the end of a transaction of this process, or for
    /// the store. If the store is unreachable, calls are misses with errors and do not count here.
    uncached,
    /// Entries that were corrupt, foreign or of another version. Each is a miss and is repaired.
    corrupt,
    /// Values not stored: refused by `store_if`, with a zero TTL, too large, or not representable.
    skipped,
    /// Invalidations that ran.
    invalidations,
    /// Keys that invalidations deleted.
    deleted,
    /// Invalidations that failed in the store. The handle counts the keys that they match as
    /// missing, and retries until an attempt succeeds. Other processes may read the old entries
    /// until then.
    failed_invalidations,
    /// Failed invalidations that a retry completed. The number counts only in the total, because
    /// one attempt can complete the invalidations of several functions.
    delivered_late,
}

impl Counts {
    /// Returns the share of calls answered from the cache, fresh or stale, from 0 to 1. Returns 0
    /// before the first call.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a rate needs no more than 53 bits")]
    pub fn hit_rate(&self) -> f64 {
        let answered = self.hits + self.stale_hits;
        let calls = answered + self.misses + self.waits;
        if calls == 0 { 0.0 } else { answered as f64 / calls as f64 }
    }
}

/// A counter of events. Its operations are relaxed, because each count is read on its own and
/// orders nothing.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, count: u64) {
        self.0.fetch_add(count, Relaxed);
    }

    pub(crate) fn increment(&self) {
        self.add(1);
    }
}

impl Stats {
    /// Returns the share of calls answered from the cache, as [`Counts::hit_rate`] does.
    #[must_use]
    pub fn hit_rate(&self) -> f64 {
        self.total().hit_rate()
    }
}

#[expect(clippy::missing_fields_in_debug, reason = "the counters are shown together")]
impl fmt::Debug for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut stats = f.debug_struct("Stats");
        stats.field("total", &self.total()).field("functions", &self.functions);
        stats.field("server_changes", &self.server_changes).finish()
    }
}

/// The counters of one handle.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    /// Operations that belong to no function.
    pub(crate) manual: Counters,
    functions: RwLock<Functions>,
}

#[derive(Debug, Default)]
struct Functions {
    /// The functions by the address of their site, and by the types that they are called with.
    by_site: HashMap<(usize, Types), Arc<Function>, RandomState>,
}

/// An annotated function, as one handle sees it.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) site: &'static Site,
    pub(crate) counters: Counters,
    /// The name that the function has in keys, if it has one.
    claim: Option<Arc<Claim>>,
    /// The reasons for calls without a key that were logged: one bit for each reason.
    refused: AtomicU8,
    /// `true` once a warning was logged that the function's values cannot be stored.
    has_warned: AtomicBool,
    /// The choice of values that are read back when they are stored.
    pub(crate) trial: Trial,
    /// The time that callers wait for their own loads after one load was given up, in milliseconds.
    patience: AtomicU64,
}

impl Function {
    /// Tells whether another function has the same name in keys. If so, neither function may touch
    /// its entries.
    pub(crate) fn is_ambiguous(&self) -> bool {
        self.claim.as_ref().is_some_and(|claim| claim.is_shared())
    }

    /// Counts a call that has no key, and logs the first call for each reason.
    pub(crate) fn note_refused(&self, reason: Refused) {
        self.counters.uncached.increment();
        let said = 1 << reason as u8;
        if self.refused.fetch_or(said, Relaxed) & said == 0 {
            let (function, file, line) = (self.site.label(), self.site.file, self.site.line);
            tracing::warn!(target: "cache_runtime", function, file, line, %reason, "the call has no key, and runs without the cache");
        }
    }

    /// Returns the least time that callers wait for their own loads. The time is zero until a load
    /// is given up.
    pub(crate) fn longer_patience(&self) -> Duration {
        Duration::from_millis(self.patience.load(Relaxed))
    }

    /// Notes that a load was given up after a time. The next load gets at least twice as much.
    pub(crate) fn note_given_up(&self, after: Duration) {
        let twice = u64::try_from(after.as_millis()).unwrap_or(u64::MAX).saturating_mul(2);
        self.patience.fetch_max(twice.max(1), Relaxed);
    }

    /// Returns `true` for the first time alone. Warnings that hold for all of the function's values
    /// are logged then.
    pub(crate) fn may_warn_once(&self) -> bool {
        // mutant: what holds of a whole function is said of each value
        !self.has_warned.swap(true, Relaxed)
    }
}

impl Functions {
    /// Returns the function's name in statistics: its label, with its place if two functions have
    /// the same label.
    fn name(&self, site: &'static Site) -> String {
        let label = site.label();
        let place = (site.file, site.line, site.column);
        let mut others = self.by_site.values().map(|function| function.site);
        let shared = others
            .any(|other| (other.file, other.line, other.column) != place && other.label() == label);
        if shared { format!("{label} ({}:{})", site.file, site.line) } else { label }
    }
}

impl Registry {
    /// Returns an annotated function that has no name in keys.
    pub(crate) fn function(&self, site: &'static Site) -> Arc<Function> {
        let types = Types::none();
        self.known(site, types).unwrap_or_else(|| self.add(site, types, None))
    }

    /// Returns a cached function. `caller` tells the function from others in keys, in every
    /// process. `caller` is `None` for a call without a key.
    pub(crate) fn function_of(
        &self,
        identity: Identity,
        caller: impl FnOnce() -> Option<Vec<u8>>,
    ) -> Arc<Function> {
        let Identity { site, types, .. } = identity;
        if let Some(function) = self.known(site, types) {
            return function;
        }
        match caller() {
            Some(name) => self.add(site, types, Some(claims::claim(identity, name))),
            None => self.function(site),
        }
    }

    fn known(&self, site: &'static Site, types: Types) -> Option<Arc<Function>> {
        let functions = self.functions.read().unwrap_or_else(PoisonError::into_inner);
        functions.by_site.get(&(std::ptr::from_ref(site).addr(), types)).cloned()
    }

    fn add(&self, site: &'static Site, types: Types, claim: Option<Arc<Claim>>) -> Arc<Function> {
        let (refused, has_warned) = (AtomicU8::new(0), AtomicBool::new(false));
        let counters = Counters::default();
        let patience = AtomicU64::new(0);
        let trial = Trial::default();
        let function = Function { site, counters, claim, refused, has_warned, trial, patience };
        let function = Arc::new(function);
        let mut functions = self.functions.write().unwrap_or_else(PoisonError::into_inner);
        let address = std::ptr::from_ref(site).addr();
        Arc::clone(functions.by_site.entry((address, types)).or_insert(function))
    }

    /// Reads all counters.
    pub(crate) fn read(&self) -> Stats {
        let (mut total, mut by_name) = (self.manual.read(), BTreeMap::<_, Counts>::new());
        let functions = self.functions.read().unwrap_or_else(PoisonError::into_inner);
        for function in functions.by_site.values() {
            let counts = function.counters.read();
            total.add(&counts);
            by_name.entry(functions.name(function.site)).or_default().add(&counts);
        }
        Stats::of(total, by_name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::identity::tests::identity;

    static FIRST: Site = Site::cached("shop", "get", "shop.rs", 1, 1);
    static SECOND: Site = Site::cached("shop", "get", "shop.rs", 9, 1);

    #[test]
    fn functions_of_one_name_are_counted_apart() {
        let registry = Registry::default();
        let function = |site, path: &'static str| {
            registry.function_of(identity(site, path), || Some(path.as_bytes().to_vec()))
        };
        function(&FIRST, "shop::A::get").counters.hits.add(2);
        let second = function(&SECOND, "shop::B::get");
        second.counters.hits.increment();
        let stats = registry.read();
        assert_eq!(stats.hits, 3);
        assert_eq!(stats.functions["shop::get (shop.rs:1)"].hits, 2);
        assert!(!second.is_ambiguous());
    }
}
