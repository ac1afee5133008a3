//! Renewals, which keep the leases of running loads alive.
//!
//! This module also knows the leases that still stand though their loads are over.
//!
//! A single task minds all leases of a handle, and renews each lease in a task of its own. The
//! tasks run on the bridge, so a load that blocks its own runtime keeps its lease, too. Without
//! leases, the task ends.

use crate::key::scope;
use crate::rt::bridge;
use crate::rt::ending::Ending;
use crate::store::Condition;
use crate::store::backend::Backend;
use crate::store::budget::Budget;
use bytes::Bytes;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::mem;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

/// Divisor of a lease's time. A third of the time passes before each renewal, so two renewals may
/// be lost.
const RENEW_AFTER: u32 = 3;

/// Leases of one handle that are kept alive.
#[derive(Debug, Default)]
pub(crate) struct Renewals {
    list: Mutex<List>,
    /// Signal to the task that a lease is due earlier than the next waking.
    earlier: Notify,
    /// Leases that may stand though their loads are over.
    orphans: Mutex<HashSet<Bytes>>,
    /// Number of orphans. Read without the lock, changed under it.
    orphan_count: AtomicUsize,
    ending: Arc<Ending>,
}

/// Time at which a lease is due. The number tells two leases of one time apart.
type Due = (Instant, u64);

#[derive(Debug, Default)]
struct List {
    leases: BTreeMap<Due, Renewed>,
    /// Claims, by number. A claim needs no renewal.
    claims: HashMap<u64, Renewed>,
    /// Time at which each number is due.
    times: HashMap<u64, Instant>,
    next_number: u64,
    /// Time at which the task wakes up. `None`: there is no task.
    wakes: Option<Instant>,
}

/// All that renewing and releasing a lease takes.
#[derive(Clone, Debug)]
pub(crate) struct Renewed {
    pub(crate) backend: Arc<Backend>,
    pub(crate) key: Arc<str>,
    pub(crate) stamp: Bytes,
    /// Time that the lease stands without a renewal.
    pub(crate) time: Duration,
    pub(crate) budget: Duration,
    /// `true` for a claim inside an entry.
    pub(crate) is_claim: bool,
}

/// A lease whose load is over. The lease may stand until this value is dropped.
#[derive(Debug)]
pub(crate) struct Orphan {
    renewals: Arc<Renewals>,
    stamp: Bytes,
}

impl Drop for Orphan {
    fn drop(&mut self) {
        let mut orphans = self.renewals.lock_orphans();
        orphans.remove(&self.stamp);
        self.renewals.orphan_count.store(orphans.len(), SeqCst);
    }
}

/// A lease that is kept alive until this value is dropped.
#[derive(Debug)]
pub(crate) struct Renewal {
    renewals: Arc<Renewals>,
    number: u64,
}

impl Drop for Renewal {
    fn drop(&mut self) {
        self.renewals.forget(self.number);
    }
}

impl List {
    fn put(&mut self, due: Instant, number: u64, kept: Renewed) {
        self.leases.insert((due, number), kept);
        self.times.insert(number, due);
    }
}

impl Renewals {
    pub(crate) fn new(ending: Arc<Ending>) -> Self {
        Self { ending, ..Self::default() }
    }

    pub(crate) fn ending(&self) -> &Ending {
        &self.ending
    }

    /// Notes a lease whose load is over.
    pub(crate) fn orphan(self: &Arc<Self>, stamp: Bytes) -> Orphan {
        let mut orphans = self.lock_orphans();
        orphans.insert(stamp.clone());
        self.orphan_count.store(orphans.len(), SeqCst);
        drop(orphans);
        Orphan { renewals: Arc::clone(self), stamp }
    }

    /// Tells whether a lease at a key is of this handle, and its load over.
    pub(crate) fn is_orphan(&self, lease: &[u8]) -> bool {
        self.orphan_count.load(SeqCst) > 0 && self.lock_orphans().contains(lease)
    }

    /// Returns how many leases and claims may stand, those of finished loads included.
    pub(crate) fn standing(&self) -> usize {
        let list = self.lock();
        list.leases.len() + list.claims.len() + self.orphan_count.load(SeqCst)
    }

    /// Takes all leases and claims off the list. The caller must release them.
    pub(crate) fn take_all(&self) -> Vec<Renewed> {
        let mut list = self.lock();
        let (leases, claims) = (mem::take(&mut list.leases), mem::take(&mut list.claims));
        list.times.clear();
        drop(list);
        self.earlier.notify_one();
        leases.into_values().chain(claims.into_values()).collect()
    }

    /// Lists a claim until the returned value is dropped.
    pub(crate) fn list_claim(self: &Arc<Self>, kept: Renewed) -> Renewal {
        let mut list = self.lock();
        let number = list.next_number;
        list.next_number += 1;
        list.claims.insert(number, kept);
        Renewal { renewals: Arc::clone(self), number }
    }

    fn lock_orphans(&self) -> MutexGuard<'_, HashSet<Bytes>> {
        self.orphans.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a lease alive until the returned value is dropped.
    pub(crate) fn keep(self: &Arc<Self>, kept: Renewed) -> Renewal {
        let due = Instant::now() + kept.time / RENEW_AFTER;
        let mut list = self.lock();
        let number = list.next_number;
        list.next_number += 1;
        list.put(due, number, kept);
        match list.wakes {
            None => {
                list.wakes = Some(due);
                drop(list);
                bridge::spawn_apart(Arc::clone(self).run());
            }
            Some(wakes) if due < wakes => self.earlier.notify_one(),
            Some(_) => {}
        }
        Renewal { renewals: Arc::clone(self), number }
    }

    async fn run(self: Arc<Self>) {
        while let Some(wakes) = self.next() {
            let _ = timeout_at(wakes, self.earlier.notified()).await;
            for (number, kept) in self.take_due() {
                // Each renewal has a task of its own, so an unanswered one costs no other lease its
                // time.
                // mutant: leases are renewed one after another
                tokio::spawn(Arc::clone(&self).renew(number, kept));
            }
        }
    }

    /// Returns the time at which the next lease is due. Returns `None` if no lease is listed, which
    /// ends the task.
    fn next(&self) -> Option<Instant> {
        let mut list = self.lock();
        list.wakes = list.leases.first_key_value().map(|((due, _), _)| *due);
        list.wakes
    }

    /// Returns the leases that are due now, and lists each for its next time at once. If the store
    /// is away, the next attempt may still come in time.
    fn take_due(&self) -> Vec<(u64, Renewed)> {
        let mut list = self.lock();
        let now = Instant::now();
        let later = list.leases.split_off(&(now, u64::MAX));
        let due = std::mem::replace(&mut list.leases, later);
        for ((_, number), kept) in &due {
            list.put(now + kept.time / RENEW_AFTER, *number, kept.clone());
        }
        due.into_iter().map(|((_, number), kept)| (number, kept)).collect()
    }

    /// Renews a lease and the epochs of its key. A lost lease is taken off the list.
    async fn renew(self: Arc<Self>, number: u64, kept: Renewed) {
        let held = Condition::StartsWith(&kept.stamp);
        let (time, mut budget) = (Some(kept.time), Budget::new(kept.budget));
        let set = kept.backend.set(&kept.key, kept.stamp.clone(), time, held, &mut budget);
        if matches!(set.await, Ok(false)) {
            self.forget(number);
            return;
        }
        // Without its epochs, the loaded value would be of no use. A missing epoch costs one more
        // load.
        let mut budget = Budget::new(kept.budget);
        let life = scope::life(Some(Duration::ZERO), kept.time);
        // mutant: the fleet: a renewal forgets the epochs
        let _ = kept.backend.prolong_epochs(&kept.key, life, &mut budget).await;
    }

    fn forget(&self, number: u64) {
        let mut list = self.lock();
        let due = list.times.remove(&number);
        let kept = due.and_then(|due| list.leases.remove(&(due, number)));
        let kept = kept.or_else(|| list.claims.remove(&number));
        drop(list);
        // The renewal may hold the last part of a handle, and so the application's own store and
        // values.
        drop(kept);
    }

    fn lock(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::backend::Kind;
    use crate::store::memory::MemoryStore;

    fn kept(store: &Arc<MemoryStore>, time: Duration) -> Renewed {
        let stamp = Bytes::from_static(b"lease");
        let backend = Arc::new(Backend::new(Kind::Memory(Arc::clone(store)), None));
        Renewed { backend, key: "k".into(), stamp, time, budget: time, is_claim: false }
    }

    #[test]
    fn a_lease_that_ended_is_not_listed() {
        let renewals = Arc::new(Renewals::default());
        let store = Arc::new(MemoryStore::new(1000, 100));
        let first = renewals.keep(kept(&store, Duration::from_secs(3600)));
        let second = renewals.keep(kept(&store, Duration::from_secs(60)));
        assert_eq!(renewals.lock().leases.len(), 2);
        drop(first);
        drop(second);
        assert!(renewals.lock().leases.is_empty() && renewals.lock().times.is_empty());
    }

    #[tokio::test]
    async fn a_lost_lease_is_given_up_and_a_held_one_listed_again() {
        let renewals = Arc::new(Renewals::default());
        let store = Arc::new(MemoryStore::new(1000, 100));
        let lease = kept(&store, Duration::from_secs(3600));
        let now = Instant::now();
        renewals.lock().put(now, 1, lease);
        store.write("k", Bytes::from_static(b"lease"), None, Condition::Always);
        let (number, lease) = renewals.take_due().pop().expect("it is due");
        Arc::clone(&renewals).renew(number, lease.clone()).await;
        let next = renewals.lock().leases.first_key_value().map(|(due, _)| *due);
        assert!(next.is_some_and(|(due, number)| due > now && number == 1), "it is held");
        assert!(renewals.take_due().is_empty());
        store.delete("k");
        Arc::clone(&renewals).renew(number, lease).await;
        assert!(renewals.lock().leases.is_empty());
    }
}
