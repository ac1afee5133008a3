//! Invalidations of a transaction, collected while it runs and run after its commit.

use crate::cache::context::pending::Pending;
use crate::cache::invalidation::{self, Invalidated};
use crate::error::Result;
use std::fmt;
use std::future::Future;
use std::sync::Arc;

/// Runs a transaction whose invalidations wait for the end of `future`. If `future` returns `Ok`,
/// the transaction has committed, and the invalidations run. If `future` returns `Err`, the
/// transaction was rolled back. The invalidations are then dropped, those of `when = "always"` too.
///
/// Commit inside the future, as its last act. `Ok` counts as a commit, and an `Err` after the
/// commit loses the invalidations. If the answer to a commit is lost on the way, the commit returns
/// `Err` and may have happened. [`defer_commit`] handles that case.
///
/// Inside, calls of cached functions that match a pending invalidation run without the cache,
/// because others may not see yet what they read. Other calls may be answered from the cache. Their
/// loads are not stored, because a transaction may see its own past for as long as it runs.
/// [`refresh`](crate::refresh) changes none of this.
/// [`Cache::invalidate`](crate::Cache::invalidate) and [`clear`](crate::Cache::clear) wait, too.
/// `set` and `remove` on the handle act at once. [`prime!`](crate::prime) does nothing.
///
/// A hit takes no lock, and need not agree with the transaction's snapshot. If a read is there to
/// lock, or if a write depends on it, wrap the read in [`bypass`](crate::bypass).
///
/// Every write inside counts as a part of the transaction. If a write uses another connection, a
/// rollback does not undo that write, but drops its invalidation. Make such a write outside.
///
/// A `defer` inside another is a savepoint. Its `Ok` hands its invalidations to the outer `defer`,
/// and its `Err` drops only its own. A `defer` covers everything that is awaited inside the future,
/// and blocking functions that are called from it. Tasks that are spawned from the future are not
/// covered. [`TransactionScope`] is for transactions that do not end with a `Result`.
///
/// # Errors
///
/// Returns the error of the future. A fault of the store is not returned: the fault is counted and
/// logged, and the invalidation is retried.
///
/// # Cancellation
///
/// If the future is dropped or panics, the transaction may have committed, or may commit in a
/// moment. Its invalidations then run in the background, and once more two seconds later. That
/// deletes too much rather than too little. Once the future has returned, the invalidations run to
/// their end.
pub fn defer<T, E, F>(future: F) -> impl Future<Output = Result<T, E>>
where
    F: Future<Output = Result<T, E>>,
{
    // Boxed, because the future would otherwise stand in the returned future twice.
    let future = Box::pin(future);
    async move {
        let transaction = TransactionScope::begin();
        // Value and error part here, so that the returned future is `Send` even if the error is
        // not.
        let value = match transaction.scope(future).await {
            Ok(value) => value,
            Err(error) => {
                transaction.rollback();
                return Err(error);
            }
        };
        // The transaction has succeeded. A fault was counted and logged, and the invalidation is
        // retried.
        let _ = transaction.commit().await;
        Ok(value)
    }
}

/// Runs a transaction whose commit may fail and may have happened all the same. `body` returns the
/// open transaction and a value. Then `commit` ends the transaction, with `Transaction::commit` for
/// example.
///
/// If `body` returns an error, the transaction was rolled back, and the invalidations are dropped.
/// If `commit` returns an error, the commit may have happened, because its answer may have been
/// lost on the way. The invalidations then run in the background, and once more two seconds later.
/// In all other respects the function works as [`defer`]. Inside another transaction, `commit`
/// releases a savepoint.
///
/// # Errors
///
/// Returns the error of `body` or of `commit`.
///
/// # Cancellation
///
/// If the future is dropped or panics, the transaction may have committed, or may commit in a
/// moment. Its invalidations then run in the background, and once more two seconds later. Once
/// `commit` has returned `Ok`, the invalidations run to their end.
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
        // An error drops the guard without a commit or rollback, so that the invalidations run.
        transaction.scope(commit(open)).await?;
        let _ = transaction.commit().await;
        Ok(value)
    }
}

/// A transaction whose invalidations wait for its end. [`defer`] and [`defer_commit`] are the short
/// forms.
///
/// If the scope is dropped without a commit or a rollback, its invalidations run, and once more two
/// seconds later. The transaction may have committed, or may commit in a moment.
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
    /// Begins to collect invalidations. Inside another transaction's scope, the new scope is a
    /// savepoint of that transaction.
    pub fn begin() -> Self {
        Self { pending: Pending::transaction() }
    }

    /// Runs `future` as a part of the transaction. The method may be called several times.
    ///
    /// # Cancellation
    ///
    /// Dropping the returned future drops `future`. Invalidations that were collected stay.
    pub fn scope<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        Arc::clone(&self.pending).scope(future)
    }

    /// Runs a blocking part of the transaction.
    pub fn run<R>(&self, part: impl FnOnce() -> R) -> R {
        Arc::clone(&self.pending).run(part)
    }

    /// Returns the number of pending invalidations.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pending.len()
    }

    /// Tells whether no invalidation is pending.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Notes that the transaction has committed. The pending invalidations run, or go to the
    /// transaction around this one.
    ///
    /// # Errors
    ///
    /// Fails if the store failed. The invalidation is counted, logged, and retried until it
    /// succeeds.
    ///
    /// # Cancellation
    ///
    /// Once the future was polled, the invalidations run to their end.
    pub async fn commit(self) -> Result<Invalidated> {
        match self.pending.commit() {
            Some(due) => invalidation::run_all(due).await.map(Invalidated::now),
            None => Ok(Invalidated::later()),
        }
    }

    /// Blocking version of [`commit`](Self::commit).
    ///
    /// # Errors
    ///
    /// Fails if the store failed. The invalidation is counted, logged, and retried until it
    /// succeeds.
    pub fn commit_blocking(self) -> Result<Invalidated> {
        match self.pending.commit() {
            Some(due) => invalidation::run_all_blocking(due).map(Invalidated::now),
            None => Ok(Invalidated::later()),
        }
    }

    /// Notes that the transaction was rolled back, and drops the pending invalidations.
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
