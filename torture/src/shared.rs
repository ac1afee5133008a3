//! What all tasks of a worker have in common.

use crate::counts::{Count, Tally};
use crate::fault::Fault;
use crate::history::History;
use crate::messages::Orders;
use crate::truth::Truth;
use cache_runtime::Cache;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What all tasks of a worker have in common.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) orders: Orders,
    pub(crate) cache: Cache,
    pub(crate) truth: Truth,
    pub(crate) history: History,
    tally: Mutex<Tally>,
}

impl Shared {
    pub(crate) fn new(cache: Cache, truth: Truth, orders: Orders) -> Self {
        let history = History::new(orders.worker);
        Self { orders, cache, truth, history, tally: Mutex::default() }
    }

    pub(crate) fn count(&self, what: Count) {
        self.tally().count(what);
    }

    pub(crate) fn suffer(&self, fault: Fault) {
        self.tally().suffer(fault);
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was counted here, and what the cache says of itself.
    pub(crate) fn whole_tally(&self) -> Tally {
        let stats = self.cache.stats();
        let mut tally = self.tally().clone();
        tally.set(Count::Hits, stats.hits);
        tally.set(Count::LocalHits, stats.local_hits);
        tally.set(Count::Waits, stats.waits);
        tally.set(Count::Refused, stats.rejected_fills);
        tally.set(Count::Errors, stats.errors);
        tally
    }
}
