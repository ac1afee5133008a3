//! Invalidations of a transaction: collected while it runs, run when it has committed.

use crate::cache::context::pending::Pending;
use crate::cache::invalidation::{self, Invalidated};
use crate::error::Result;
use std::fmt;
use std::future::Future;
use std::sync::Arc;

/// Runs a transaction: the invalidations made inside `future` wait for its end. `Ok` says that it has committed, and they run;
/// `Err` says that it was rolled back, and they are dropped, those of `when = "always"` too.
///
/// Commit inside the future, as its last act: what has returned `Ok` counts as committed, and what returns `Err` after its commit
/// loses its invalidations. A commit whose answer is lost on the way returns `Err` and may have happened: [`defer_commit`]
/// knows the difference.
///
/// Inside, calls of cached functions that match a waiting invalidation run without the cache, because what they read is nobody else's
/// yet. Others may be answered from the cache; what they load is not stored, because a transaction may see its own past for as long
/// as it runs. [`refresh`](crate::refresh) changes nothing of that. [`Cache::invalidate`](crate::Cache::invalidate) and
/// [`clear`](crate::Cache::clear) wait too; `set` and `remove` on the handle act at once; [`prime!`](crate::prime) does nothing.
///
/// A hit takes no lock, and need not agree with the transaction's snapshot. Wrap in [`bypass`](crate::bypass) a read that is
/// there to lock, or that a write depends on.
///
/// Every write inside is taken for a part of the transaction. One by another connection, which a rollback does not undo, would lose its
/// invalidation with the others: make it outside.
///
/// A `defer` inside another is a savepoint: its `Ok` hands its invalidations to the one around it, its `Err` drops
/// them alone. It holds for everything awaited inside the future and for blocking functions called from it, not for tasks
/// spawned from it. [`TransactionScope`] is for transactions that do not end with a `Result`.
///
/// # Errors
///
/// What the future returns. A fault of the store is none: it is counted, logged and made up for.
///
/// # Cancellation
///
/// Nobody knows whether a transaction has committed whose future was dropped or panicked, or will in a moment: its invalidations run
/// without anybody waiting for them, and once more two seconds later. That deletes too much rather than too little. Once the future has returned, the invalidations run to their end.
pub fn defer<T, E, F>(future: F) -> impl Future<Output = Result<T, E>>
where
    F: Future<Output = Result<T, E>>,
{
    // Boxed: it would stand in the returned future twice.
    let future = Box::pin(future);
    async move {
        let transaction = TransactionScope::begin();
        // They part so that an error need not be `Send` for the future to be.
        let value = match transaction.scope(future).await {
            Ok(value) => value,
            Err(error) => {
                transaction.rollback();
                return Err(error);
            }
        };
        // Faults are counted, logged and made up for; the transaction has succeeded.
        let _ = transaction.commit().await;
        Ok(value)
    }
}

/// Runs a transaction whose commit may fail and have happened all the same. `body` returns the open transaction and a value;
/// then `commit` ends it: `Transaction::commit`, say.
///
/// An error of `body` says that the transaction was rolled back, and the invalidations are dropped. An error of `commit` says nothing:
/// its answer may have been lost on the way. They run then, without anybody waiting for them, and once more two seconds later. In all
/// else it is [`defer`]; inside another one, `commit` releases a savepoint.
///
/// # Errors
///
/// That of `body` or of `commit`.
///
/// # Cancellation
///
/// As with [`defer`].
pub fn defer_commit<T, C, E, B, F, Failed>(
    body: B,
    commit: impl FnOnce(C) -> F,
) -> impl Future<Output = Result<T, E>>
where
    B: Future<Output = Result<(C, T), E>>,
    F: Future<Output = Result<(), Failed>>,
    E: From<Failed>,
{
    let body = Box::pin(body);
    async move {
        let transaction = TransactionScope::begin();
        let (open, value) = match transaction.scope(body).await {
            Ok(done) => done,
            Err(error) => {
                transaction.rollback();
                return Err(error);
            }
        };
        // An error drops the guard without a word, so that they run.
        transaction.scope(commit(open)).await?;
        let _ = transaction.commit().await;
        Ok(value)
    }
}

/// A transaction whose invalidations wait for its end; [`defer`] and [`defer_commit`] are the short forms.
///
/// Dropped without a word, it runs them, and once more two seconds later: nobody knows whether the transaction has committed, or will
/// in a moment.
#[must_use = "dropped at once it defers nothing"]
pub struct TransactionScope {
    pending: Arc<Pending>,
}

impl fmt::Debug for TransactionScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransactionScope").field("waiting", &self.len()).finish_non_exhaustive()
    }
}

impl TransactionScope {
    /// Begins to collect; inside another transaction's scope, as a savepoint of that.
    pub fn begin() -> Self {
        Self { pending: Pending::transaction() }
    }

    /// Runs `future` as a part of the transaction. May be called several times.
    ///
    /// # Cancellation
    ///
    /// Dropping the returned future drops `future`; what was collected stays.
    pub fn scope<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        Arc::clone(&self.pending).scope(future)
    }

    /// Runs a blocking part of the transaction.
    pub fn run<R>(&self, part: impl FnOnce() -> R) -> R {
        Arc::clone(&self.pending).run(part)
    }

    /// How many invalidations wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pending.len()
    }

    /// Whether no invalidation waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Hears that the transaction has committed: runs what waits, or hands it to the transaction around this one.
    ///
    /// # Errors
    ///
    /// The store failed. The invalidation is counted, logged, and tried again until it succeeds.
    ///
    /// # Cancellation
    ///
    /// Once it was polled, the invalidations run to their end.
    pub async fn commit(self) -> Result<Invalidated> {
        match self.pending.commit() {
            Some(due) => invalidation::run_all(due).await.map(Invalidated::now),
            None => Ok(Invalidated::later()),
        }
    }

    /// The same for a blocking transaction.
    ///
    /// # Errors
    ///
    /// As [`commit`](Self::commit).
    pub fn commit_blocking(self) -> Result<Invalidated> {
        match self.pending.commit() {
            Some(due) => invalidation::run_all_blocking(due).map(Invalidated::now),
            None => Ok(Invalidated::later()),
        }
    }

    /// Hears that the transaction was rolled back: forgets what waits.
    pub fn rollback(self) {
        // mutant: a rollback invalidates
        drop(self.pending.end());
    }
}

impl Drop for TransactionScope {
    fn drop(&mut self) {
        let due = self.pending.commit().unwrap_or_default();
        if !due.is_empty() {
            invalidation::spawn_in_doubt(due);
        }
    }
}
