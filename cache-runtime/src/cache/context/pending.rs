//! Invalidations that have not run yet, as the calls see them that are made before they do: in a
//! transaction, and in the body of a write.

use crate::cache::Cache;
use crate::cache::invalidation::Invalidation;
use crate::key::glob;
use std::collections::BTreeSet;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

tokio::task_local! {
    static PENDING: Arc<Pending>;
}

/// What will be invalidated at the end of what runs here.
pub(crate) struct Pending {
    /// What this is a part of.
    around: Option<Arc<Pending>>,
    by: By,
}

/// At whose end it will be invalidated.
enum By {
    /// A transaction's, or a savepoint's.
    Transaction(Mutex<Transaction>),
    /// A write's, whose patterns are known before its body runs.
    Write(Vec<String>),
}

enum Transaction {
    /// It runs; these wait for it.
    Open(BTreeSet<Invalidation>),
    /// It has ended: what comes now is for the one around it, or runs at once.
    Ended,
}

impl Pending {
    /// Begins a transaction; inside another one, a savepoint of that.
    pub(crate) fn transaction() -> Arc<Self> {
        Self::inside(By::Transaction(Mutex::new(Transaction::Open(BTreeSet::new()))))
    }

    /// Begins the body of a write that will invalidate these patterns, prefixes included.
    pub(crate) fn write(patterns: Vec<String>) -> Arc<Self> {
        Self::inside(By::Write(patterns))
    }

    fn inside(by: By) -> Arc<Self> {
        Arc::new(Self { around: PENDING.try_with(Arc::clone).ok(), by })
    }

    /// Runs a future as a part of it.
    pub(crate) fn scope<F: Future>(
        self: Arc<Self>,
        future: F,
    ) -> impl Future<Output = F::Output> + use<F> {
        PENDING.scope(self, future)
    }

    /// The same for a blocking part.
    pub(crate) fn run<R>(self: Arc<Self>, part: impl FnOnce() -> R) -> R {
        PENDING.sync_scope(self, part)
    }

    /// Keeps invalidations for the end of the transaction; gives them back where there is none.
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

    /// Ends the transaction, and returns what waited for it.
    pub(crate) fn end(&self) -> Vec<Invalidation> {
        let By::Transaction(state) = &self.by else { return Vec::new() };
        match std::mem::replace(&mut *lock(state), Transaction::Ended) {
            Transaction::Open(kept) => kept.into_iter().collect(),
            Transaction::Ended => Vec::new(),
        }
    }

    /// Ends the transaction, and says what is to run now; `None`: one around it has taken that over.
    pub(crate) fn commit(&self) -> Option<Vec<Invalidation>> {
        let kept = self.end();
        match &self.around {
            // mutant: a savepoint invalidates by itself
            Some(around) if !kept.is_empty() => around.keep(kept),
            _ => Some(kept),
        }
    }

    /// How many invalidations wait for the transaction.
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

    /// Whether a call can be outdated by this, whatever its key is.
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

/// Tells whether calls here belong to a transaction that has not ended.
pub(crate) fn in_transaction() -> bool {
    PENDING.try_with(|pending| pending.all().any(Pending::is_open_transaction)).unwrap_or(false)
}

/// Tells whether anything here has not been invalidated yet: only whoever knows a key can say more.
pub(crate) fn is_any() -> bool {
    PENDING.try_with(|pending| pending.all().any(Pending::is_open)).unwrap_or(false)
}

/// Tells whether the key will be invalidated at the end of what runs here.
fn covers(key: &str) -> bool {
    PENDING.try_with(|pending| pending.all().any(|each| each.covers(key))).unwrap_or(false)
}

/// Keeps invalidations until the transaction here has ended; gives them back when there is none.
pub(crate) fn keep(invalidations: Vec<Invalidation>) -> Option<Vec<Invalidation>> {
    match PENDING.try_with(Arc::clone) {
        // mutant: a transaction invalidates before its commit
        Ok(pending) => pending.keep(invalidations),
        Err(_) => Some(invalidations),
    }
}

impl Cache {
    /// Whether a key is to be taken for missing here: what made it stale is not through yet.
    pub(crate) fn is_outdated(&self, key: &str) -> bool {
        // mutant: what could not be deleted is read
        covers(key) || self.overdue().covers(key)
    }
}
