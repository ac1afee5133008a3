//! One pattern that has to go, and seeing to it that it goes.

use crate::bridge;
use crate::cache::sweep::Swept;
use crate::cache::{Cache, Way};
use crate::error::{Error, Result};
use crate::glob;
use crate::site::Site;
use futures_util::FutureExt;
use std::cmp::Ordering;
use std::collections::VecDeque;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use tokio::time::sleep;

/// The first pause before an invalidation is tried again; each following one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// The longest such pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// How long a database may still be committing what its client has given up.
const DOUBT: Duration = Duration::from_secs(2);

/// What an invalidation did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Invalidated {
    /// How many keys were deleted. A key whose first load was under way counts as well; what an epoch has made stale is
    /// deleted later and does not.
    pub deleted: u64,
    /// How it was done.
    pub way: Way,
    /// Whether it waits for the end of a transaction ([`defer`](crate::defer)): nothing was deleted yet.
    pub deferred: bool,
}

impl Invalidated {
    pub(crate) fn now(swept: Swept) -> Self {
        Self { deleted: swept.deleted, way: swept.way, deferred: false }
    }

    pub(crate) fn later() -> Self {
        Self { deferred: true, ..Self::default() }
    }
}

/// A pattern that a write has made stale.
#[derive(Clone, Debug)]
pub(crate) struct Invalidation {
    pub(crate) cache: Cache,
    /// The annotated function that asked for it; nothing when it was asked for by hand.
    pub(crate) site: Option<&'static Site>,
    /// The whole pattern, prefix included.
    pub(crate) pattern: String,
    /// Whether it is the entry of one call: the pattern is exact then, and may well match nothing.
    pub(crate) is_call: bool,
}

impl Invalidation {
    fn again_after(&self) -> Option<Duration> {
        self.site.and_then(|site| site.again_after)
    }

    /// What it does, whoever asked for it.
    fn effect(&self) -> (&str, usize, Option<Duration>) {
        (&self.pattern, self.cache.id(), self.again_after())
    }

    /// Deletes what matches, and once more later if the attribute says so. A fault is counted and logged, and the
    /// pattern kept until the store has taken it.
    async fn run(&self) -> Result<Swept> {
        let swept = self.sweep().await;
        self.repeat_as_asked();
        swept
    }

    /// Sweeps once more after a time if the attribute says so, for loads that read from a replica which had not heard of
    /// the write.
    fn repeat_as_asked(&self) {
        if let Some(time) = self.again_after() {
            self.repeat_after(time);
        }
    }

    async fn sweep(&self) -> Result<Swept> {
        let Self { cache, site, pattern, is_call } = self;
        let swept = cache.sweep(pattern).await;
        let function = site.map(|site| cache.function(site));
        let counters = function.as_ref().map_or(cache.manual(), |function| &function.counters);
        let name = site.map_or("by hand", |site| site.name);
        match &swept {
            Ok(Swept { deleted, way }) => {
                counters.invalidations.increment();
                counters.deleted.add(*deleted);
                tracing::debug!(target: "cache_runtime", function = name, deleted, ?way, "invalidated");
                if let (0, false, Some(site)) = (*deleted, is_call, site) {
                    warn_of_literal(cache, site, pattern);
                }
            }
            Err(error) => {
                counters.errors.increment();
                counters.failed_invalidations.increment();
                // Each one is logged: until it has been made up for, other processes may read what should be gone.
                tracing::warn!(target: "cache_runtime", function = name, %error, "an invalidation failed; it is tried again until it succeeds");
                cache.owe(pattern);
            }
        }
        swept
    }

    fn repeat_after(&self, time: Duration) {
        let invalidation = self.clone();
        let again = async move {
            sleep(time).await;
            // It is counted and logged where it runs.
            let _ = invalidation.sweep().await;
        };
        bridge::spawn_apart(again);
    }
}

/// Two are the same that delete the same: of a transaction's many, each runs once.
impl Ord for Invalidation {
    fn cmp(&self, other: &Self) -> Ordering {
        self.effect().cmp(&other.effect())
    }
}

impl PartialOrd for Invalidation {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Invalidation {
    fn eq(&self, other: &Self) -> bool {
        self.effect() == other.effect()
    }
}

impl Eq for Invalidation {}

/// A pattern without wildcards cannot match the key of an annotated function, which ends in a hash: a mistake that
/// nobody would notice otherwise.
fn warn_of_literal(cache: &Cache, site: &'static Site, pattern: &str) {
    if glob::literal(pattern).is_some() && cache.may_warn() {
        tracing::warn!(target: "cache_runtime", function = site.label(), "a pattern without wildcards deleted nothing; keys of cached functions end in `:` and a hash, so that a pattern for them ends in `:*`");
    }
}

/// Runs invalidations one after another, whatever becomes of the caller; says what they did, or the first fault.
pub(crate) async fn run_all(invalidations: Vec<Invalidation>) -> Result<Swept> {
    let needs_tokio = invalidations.iter().any(|each| each.cache.needs_tokio());
    bridge::complete(needs_tokio, one_by_one(invalidations)).await.unwrap_or_else(cut_short)
}

/// The same for a blocking caller.
pub(crate) fn run_all_blocking(invalidations: Vec<Invalidation>) -> Result<Swept> {
    let needs_tokio = invalidations.iter().any(|each| each.cache.needs_tokio());
    bridge::drive_blocking(needs_tokio, one_by_one(invalidations)).unwrap_or_else(cut_short)
}

/// Begins the invalidations of a transaction of which nobody knows whether it has committed, or will in a moment. They run
/// at once, and once more when that moment must be over.
pub(crate) fn detach_in_doubt(invalidations: Vec<Invalidation>) {
    for invalidation in &invalidations {
        invalidation.repeat_after(DOUBT);
    }
    let needs_tokio = invalidations.iter().any(|each| each.cache.needs_tokio());
    // Faults are counted, logged and made up for where they happen.
    bridge::detach(needs_tokio, async move { _ = one_by_one(invalidations).await });
}

/// There was no thread for it, or its runtime has ended.
fn cut_short() -> Result<Swept> {
    Err(Error::unreachable("the invalidation was cut short, and is made up for"))
}

/// Invalidations that have to run. What is left of them when their runtime ends is made up for.
struct Duty(VecDeque<Invalidation>);

impl Drop for Duty {
    fn drop(&mut self) {
        for left in &self.0 {
            left.cache.owe(&left.pattern);
            left.repeat_as_asked();
        }
    }
}

fn one_by_one(invalidations: Vec<Invalidation>) -> impl Future<Output = Result<Swept>> + Send {
    let mut duty = Duty(invalidations.into());
    async move {
        let mut all = Ok(Swept::default());
        while let Some(next) = duty.0.front() {
            let swept = next.run().await;
            all = all.and_then(|all| swept.map(|more| all.and(more)));
            duty.0.pop_front();
        }
        all
    }
}

impl Cache {
    /// Keeps an invalidation that failed, and sees to it that it is made up for.
    pub(crate) fn owe(&self, pattern: &str) {
        if self.overdue().add(pattern, self.everything()) {
            bridge::spawn_apart(make_up(self.clone()));
        }
    }
}

/// Tries what is overdue again until nothing is. It pauses after a fault, and not after a success: the store is one for
/// all, and every moment that a key is taken for missing costs a load. It goes round, because one may fail for ever.
async fn make_up(cache: Cache) {
    let mut pause = FIRST_PAUSE;
    let mut last = String::new();
    sleep(pause).await;
    while let Some((pattern, added)) = cache.overdue().next(&last) {
        // An application's own store may panic.
        let swept = AssertUnwindSafe(cache.sweep(&pattern)).catch_unwind().await;
        if let Ok(Ok(Swept { deleted, .. })) = swept {
            cache.overdue().remove(&pattern, added);
            pause = FIRST_PAUSE;
            cache.manual().deleted.add(deleted);
            tracing::info!(target: "cache_runtime", deleted, left = cache.overdue().len(), "made up for an invalidation that had failed");
        } else {
            pause = (pause * 2).min(LONGEST_PAUSE);
            sleep(pause).await;
        }
        last = pattern;
    }
}
