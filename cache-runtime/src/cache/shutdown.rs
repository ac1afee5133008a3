//! The end of a handle: what is owed is done, for a time.

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

/// How often a shutdown looks whether all is done.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// For how long what is owed is tried when the last clone of a handle was dropped.
const LEFT_BEHIND: Duration = Duration::from_secs(5);

/// What a [`shutdown`](Cache::shutdown) came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Shutdown {
    /// How many invalidations the store has not taken: until their TTL, other processes may read
    /// what they should have deleted. Several that overlap may count as one.
    pub undelivered: usize,
    /// What those come from: patterns as they stand in the attributes, with `<_>` for each value.
    pub patterns: Vec<String>,
    /// How many repeated invalidations ran before their time, because that lay behind the deadline:
    /// those of `again_after`, and those of writes that were dropped on their way.
    pub hastened: usize,
    /// How many leases may still stand. Others wait for each until its time is over.
    pub leases: usize,
    /// How long it took.
    pub took: Duration,
}

impl Shutdown {
    /// Whether nothing is left undone.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.undelivered == 0 && self.leases == 0
    }
}

impl Cache {
    /// Ends the handle, with all its clones and namespaces, within the deadline. Call it at the end
    /// of `main`: what a process owes its cache ends with the process otherwise.
    ///
    /// It runs the invalidations that the store had failed, those that are under way, and the
    /// repeated ones: at their time, or at once where that lies behind the deadline
    /// ([`Shutdown::hastened`]). It releases the leases of loads that still run; what they load is
    /// not stored. Then it ends all tasks of the handle, and closes its connections. It returns as
    /// soon as all is done, and at the deadline at the latest, whatever the store does; what was
    /// not done then is given up, logged, and reported.
    ///
    /// As soon as it begins, cached functions run without the cache (and count as `uncached`), on
    /// this handle and all its clones. When it has ended, the methods on the handle fail
    /// ([`Error::is_unreachable`](crate::Error::is_unreachable)), and an `#[invalidates]` function
    /// invalidates nothing, which is counted and logged as a failed invalidation: end what writes
    /// first. A second call returns at once, with what is left at that moment.
    ///
    /// A handle whose last clone is dropped ends in the same way, behind everybody's back and within
    /// five seconds: no task of it lives on for longer. A process that ends meanwhile ends that, too.
    ///
    /// # Cancellation
    ///
    /// Once it was polled it goes on to its end or its deadline, on a thread of the cache's own.
    pub async fn shutdown(&self, deadline: Duration) -> Shutdown {
        let shared = &self.inner.shared;
        if shared.is_ended_at_once() {
            return shared.report(Duration::ZERO);
        }
        let ended = bridge::run_apart(end(Arc::clone(shared), deadline));
        ended.await.unwrap_or_else(|| shared.finish(Duration::ZERO))
    }

    /// Blocking version of [`shutdown`](Self::shutdown), for a `main` without async.
    #[expect(clippy::must_use_candidate, reason = "what is left undone is logged, too")]
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
    /// Begins the end, and says whether there is nothing to wait for: it is over already, or
    /// nothing is owed.
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

    /// Whether nothing is owed.
    fn is_settled(&self) -> bool {
        // mutant: a shutdown does not wait for what is owed
        self.undelivered() == 0 && self.renewals.standing() == 0
    }

    fn undelivered(&self) -> usize {
        // In this order: an invalidation that waits begins to run, and then may fail. One that has run may wait again.
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

    /// Gives up what was not done, and ends every task.
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

/// Waits until what is owed is done, by those who do it anyway.
fn end(shared: Arc<SharedParts>, deadline: Duration) -> impl Future<Output = Shutdown> + Send {
    let began = Instant::now();
    let end = async move {
        loop {
            let left = deadline.saturating_sub(began.elapsed());
            // They need some time themselves.
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

/// Ends a handle that nobody holds any more. What it owes is tried for a while, without holding
/// anybody up; what is left then is given up with one log line.
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
