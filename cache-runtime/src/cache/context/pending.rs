//! Pending invalidations: those of a transaction that has not ended, and those of a write whose
//! body runs. Calls made meanwhile take what the invalidations match for missing.

use crate::cache::Cache;
use crate::cache::invalidation::Invalidation;
use crate::key::glob;
use std::collections::BTreeSet;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

tokio::task_local! {
    static PENDING: Arc<Pending>;
}

/// The invalidations that run at the end of the transaction or write body around a call.
pub(crate) struct Pending {
    /// The transaction or write body around this one.
    around: Option<Arc<Pending>>,
    by: By,
}

/// The event at whose end the invalidations run.
enum By {
    /// The end of a transaction or of a savepoint.
    Transaction(Mutex<Transaction>),
    /// The end of a write's body. The patterns are known before the body runs.
    Write(Vec<String>),
}

enum Transaction {
    /// The transaction runs, and these invalidations wait for it.
    Open(BTreeSet<Invalidation>),
    /// The transaction has ended. Further invalidations go to the transaction around it, or run at
    /// once.
    Ended,
}

impl Pending {
    /// Begins a transaction. Inside another transaction, begins a savepoint of that.
    pub(crate) fn transaction() -> Arc<Self> {
        Self::inside(By::Transaction(Mutex::new(Transaction::Open(BTreeSet::new()))))
    }

    /// Begins the body of a write that will invalidate these whole patterns, prefixes included.
    pub(crate) fn write(patterns: Vec<String>) -> Arc<Self> {
        Self::inside(By::Write(patterns))
    }

    fn inside(by: By) -> Arc<Self> {
        Arc::new(Self { around: PENDING.try_with(Arc::clone).ok(), by })
    }

    /// Runs a future as a part of the transaction or write.
    pub(crate) fn scope<F: Future>(
        self: Arc<Self>,
        future: F,
    ) -> impl Future<Output = F::Output> + use<F> {
        PENDING.scope(self, future)
    }

    /// Runs blocking code as a part of the transaction or write.
    pub(crate) fn run<R>(self: Arc<Self>, part: impl FnOnce() -> R) -> R {
        PENDING.sync_scope(self, part)
    }

    /// Keeps invalidations for the end of the innermost open transaction. Returns them if none is
    /// open.
    fn keep(&self, invalidations: Vec<Invalidation>) -> Option<Vec<Invalidation>> {
        if let By::Transaction(state) = &self.by
            && let Transaction::Open(kept) = &mut *lock(state)
        {
            kept.extend(invalidations);
            return None;
        }
        match &self.around {
            Some(around) => around.keep(invalidations),
            None => Some(invalidations),
        }
    }

    /// Ends the transaction, and returns the invalidations that waited for it.
    pub(crate) fn end(&self) -> Vec<Invalidation> {
        let By::Transaction(state) = &self.by else { return Vec::new() };
        match std::mem::replace(&mut *lock(state), Transaction::Ended) {
            Transaction::Open(kept) => kept.into_iter().collect(),
            Transaction::Ended => Vec::new(),
        }
    }

    /// Ends the transaction, and returns the invalidations that are to run now. Returns `None` if a
    /// transaction around this one has taken them over.
    pub(crate) fn commit(&self) -> Option<Vec<Invalidation>> {
        let kept = self.end();
        match &self.around {
            // mutant: a savepoint invalidates by itself
            Some(around) if !kept.is_empty() => around.keep(kept),
            _ => Some(kept),
        }
    }

    /// Returns how many invalidations wait for the transaction.
    pub(crate) fn len(&self) -> usize {
        match &self.by {
            By::Transaction(state) => match &*lock(state) {
                Transaction::Open(kept) => kept.len(),
                Transaction::Ended => 0,
            },
            By::Write(_) => 0,
        }
    }

    fn all(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |pending| pending.around.as_deref())
    }

    fn is_open_transaction(&self) -> bool {
        matches!(&self.by, By::Transaction(state) if matches!(*lock(state), Transaction::Open(_)))
    }

    /// Tells whether this can make any key outdated: a write always can, a transaction until it
    /// ends.
    fn is_open(&self) -> bool {
        matches!(self.by, By::Write(_)) || self.is_open_transaction()
    }

    fn covers(&self, key: &str) -> bool {
        let matches = |pattern: &str| glob::matches(pattern.as_bytes(), key.as_bytes());
        match &self.by {
            // mutant: a write reads the entry that it will delete
            By::Write(patterns) => patterns.iter().any(|pattern| matches(pattern)),
            By::Transaction(state) => match &*lock(state) {
                // mutant: a transaction reads what it has outdated
                Transaction::Open(kept) => kept.iter().any(|each| matches(&each.pattern)),
                Transaction::Ended => false,
            },
        }
    }
}

fn lock(state: &Mutex<Transaction>) -> MutexGuard<'_, Transaction> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Tells whether calls made now belong to a transaction that has not ended.
pub(crate) fn in_transaction() -> bool {
    PENDING.try_with(|pending| pending.all().any(Pending::is_open_transaction)).unwrap_or(false)
}

/// Tells whether any invalidation may be pending around a call made now. The answer for a single
/// key needs the key: see [`Cache::is_outdated`].
pub(crate) fn is_any() -> bool {
    PENDING.try_with(|pending| pending.all().any(Pending::is_open)).unwrap_or(false)
}

/// Tells whether a pending invalidation around the call matches the key.
fn covers(key: &str) -> bool {
    PENDING.try_with(|pending| pending.all().any(|each| each.covers(key))).unwrap_or(false)
}

/// Keeps invalidations until the transaction around the call has ended. Returns them if there is
/// none.
pub(crate) fn keep(invalidations: Vec<Invalidation>) -> Option<Vec<Invalidation>> {
    match PENDING.try_with(Arc::clone) {
        // mutant: a transaction invalidates before its commit
        Ok(pending) => pending.keep(invalidations),
        Err(_) => Some(invalidations),
    }
}

impl Cache {
    /// Tells whether a call has to take the key for missing, because an invalidation that matches
    /// it is pending or overdue.
    pub(crate) fn is_outdated(&self, key: &str) -> bool {
        // mutant: what could not be deleted is read
        covers(key) || self.overdue().covers(key)
    }
}
