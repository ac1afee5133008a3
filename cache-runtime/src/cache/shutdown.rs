//! Shutdown: the end of a handle, which finishes pending work within a deadline.

use super::{Cache, SharedParts};
use crate::protocol::lease;
use crate::rt::bridge;
use crate::rt::ending::Phase;
use crate::store::ChangeListener;
use serde::Serialize;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::sleep;
use tracing::instrument::WithSubscriber;

/// Interval at which a shutdown looks whether all work is done.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Deadline of the shutdown after the last clone of a handle was dropped.
const LEFT_BEHIND: Duration = Duration::from_secs(5);

/// The result of a [`shutdown`](Cache::shutdown).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Shutdown {
    /// Number of invalidations that the store has not taken. Until their TTL, other processes may
    /// read entries that these should have deleted. Several that overlap may count as one.
    pub undelivered: usize,
    /// Patterns of the undelivered invalidations, as in the attributes, with `<_>` for each value.
    pub patterns: Vec<String>,
    /// Number of repeated invalidations that ran before their time, because their time lay behind
    /// the deadline. Repeated are those of `again_after`, and those of writes that were dropped on
    /// their way.
    pub hastened: usize,
    /// Number of leases that may still stand. Other processes wait for each until its time is over.
    pub leases: usize,
    /// Time that the shutdown took.
    pub took: Duration,
}

impl Shutdown {
    /// Returns whether nothing is left undone: every invalidation was delivered, and no lease
    /// stands.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.undelivered == 0 && self.leases == 0
    }
}

impl Cache {
    /// Ends the handle, with all its clones and namespaces, within the deadline. Call this at the
    /// end of `main`: otherwise pending work ends with the process.
    ///
    /// A shutdown does this, in order:
    ///
    /// * It runs the invalidations that the store had failed, and those that are under way.
    /// * It runs the repeated invalidations at their time, or at once if their time lies behind the
    ///   deadline ([`Shutdown::hastened`]).
    /// * It releases the leases of loads that still run. Their values are not stored.
    /// * It ends all tasks of the handle, and closes its connections.
    ///
    /// The call returns as soon as all of this is done, and at the deadline at the latest, whatever
    /// the store does. Work that is not done at the deadline is given up, logged, and reported.
    ///
    /// From the beginning of the shutdown on, cached functions run without the cache, and count as
    /// `uncached`, on this handle and all its clones. After the end, the methods on the handle fail
    /// ([`Error::is_unreachable`](crate::Error::is_unreachable)). An `#[invalidates]` function then
    /// invalidates nothing, which is counted and logged as a failed invalidation. Stop the writers
    /// before the shutdown. A second call returns at once, with the work that is left at that
    /// moment.
    ///
    /// If the last clone of a handle is dropped, the handle ends in the background in this way,
    /// with a deadline of five seconds. No task of the handle lives longer. If the process ends
    /// meanwhile, this work ends, too.
    ///
    /// # Cancellation
    ///
    /// A shutdown that was polled goes on to its end or its deadline, on a thread of the cache's
    /// own.
    pub async fn shutdown(&self, deadline: Duration) -> Shutdown {
        let shared = &self.inner.shared;
        if shared.is_ended_at_once() {
            return shared.report(Duration::ZERO);
        }
        let ended = bridge::run_apart(end(Arc::clone(shared), deadline));
        ended.await.unwrap_or_else(|| shared.finish(Duration::ZERO))
    }

    /// Blocking version of [`shutdown`](Self::shutdown), for a `main` without async.
    #[expect(clippy::must_use_candidate, reason = "work that is left undone is logged, too")]
    pub fn shutdown_blocking(&self, deadline: Duration) -> Shutdown {
        let shared = &self.inner.shared;
        if shared.is_ended_at_once() {
            return shared.report(Duration::ZERO);
        }
        let ended = bridge::run_on_tokio_blocking(true, end(Arc::clone(shared), deadline));
        ended.unwrap_or_else(|| shared.finish(Duration::ZERO))
    }
}

impl SharedParts {
    /// Begins the end. Returns whether there is nothing to wait for: the end has begun before, or
    /// no work is pending.
    fn is_ended_at_once(&self) -> bool {
        if !self.ending.go_on_to(Phase::Closing) {
            return true;
        }
        self.overdue.close();
        if self.is_settled() {
            self.finish(Duration::ZERO);
            return true;
        }
        false
    }

    /// Tells whether no invalidation and no lease is pending.
    fn is_settled(&self) -> bool {
        // mutant: a shutdown does not wait for what is owed
        self.undelivered() == 0 && self.renewals.standing() == 0
    }

    fn undelivered(&self) -> usize {
        // The order matters: an invalidation that waits begins to run, and then may fail. An
        // invalidation that has run may wait once more.
        let waiting = self.repeats.len();
        let (running, failed) = (self.ending.running(), self.overdue.failed());
        waiting.max(self.repeats.len()) + running + failed
    }

    fn report(&self, took: Duration) -> Shutdown {
        let origins = self.overdue.origins().into_iter().chain(self.repeats.origins());
        let mut patterns: Vec<String> = origins.collect();
        patterns.sort();
        patterns.dedup();
        Shutdown {
            undelivered: self.undelivered(),
            patterns,
            hastened: self.repeats.hastened(),
            leases: self.renewals.standing(),
            took,
        }
    }

    /// Gives up the work that was not done, and ends every task.
    fn finish(&self, took: Duration) -> Shutdown {
        let report = self.report(took);
        self.ending.go_on_to(Phase::Closed);
        self.repeats.clear();
        self.warnings.flush();
        self.backend.close();
        if let Some(tier) = self.backend.tier() {
            tier.all_changed();
        }
        let Shutdown { undelivered, hastened, leases, .. } = report;
        if report.is_clean() {
            tracing::info!(target: "cache_runtime", store = self.backend.name(), hastened, ?took, "the cache was shut down");
        } else {
            let patterns = report.patterns.join(", ");
            tracing::warn!(target: "cache_runtime", store = self.backend.name(), undelivered, patterns, leases, ?took, "the cache was shut down with work left undone: other processes may read old values until their TTL, and wait for leases");
        }
        report
    }
}

/// Waits until the tasks that own the pending work have done it, or until the deadline.
fn end(shared: Arc<SharedParts>, deadline: Duration) -> impl Future<Output = Shutdown> + Send {
    let began = Instant::now();
    let end = async move {
        loop {
            let left = deadline.saturating_sub(began.elapsed());
            // The invalidations need some time themselves: two budgets.
            let latest = left.saturating_sub(shared.budget * 2);
            shared.repeats.hasten(Instant::now().checked_add(latest));
            // mutant: a shutdown leaves leases
            lease::release_all(&shared.renewals);
            if left.is_zero() || shared.is_settled() {
                return shared.finish(began.elapsed());
            }
            sleep(left.min(LOOK_EVERY)).await;
        }
    };
    end.with_current_subscriber()
}

/// Ends a handle that nobody holds any more. Pending work is tried for a while in the background.
/// The rest is given up with one log line.
pub(super) fn abandon(shared: &Arc<SharedParts>) {
    if shared.ending.phase() > Phase::Open {
        return;
    }
    if shared.is_settled() {
        shared.ending.go_on_to(Phase::Closed);
        return;
    }
    shared.ending.go_on_to(Phase::Closing);
    let end = end(Arc::clone(shared), LEFT_BEHIND);
    bridge::spawn_apart(async move { _ = end.await });
}
