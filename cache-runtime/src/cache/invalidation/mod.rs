//! Invalidations: patterns that writes have made stale, and the work of deleting what they match.

pub(crate) mod cleanup;
pub(crate) mod delete;
pub(crate) mod pass;
pub(crate) mod passes;
pub(crate) mod repeats;

use crate::cache::invalidation::delete::Swept;
use crate::cache::invalidation::pass::{Cost, Patience};
use crate::cache::invalidation::repeats::Repeat;
use crate::cache::warnings::Kind;
use crate::cache::{Cache, Keeper, Way};
use crate::error::{Error, Result};
use crate::function::origin::Origin;
use crate::function::site::{Part, Site};
use crate::key::glob;
use crate::rt::backoff::Backoff;
use crate::rt::bridge;
use crate::rt::ending::{Phase, Running};
use futures_util::FutureExt;
use std::cmp::Ordering;
use std::collections::{BTreeSet, VecDeque};
use std::panic::AssertUnwindSafe;
use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The pause before the first retry of an invalidation. After further faults, the pauses begin at
/// twice this.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// The longest pause before a retry of an invalidation.
const MAX_PAUSE: Duration = Duration::from_secs(2);

/// The pause before a retry of an invalidation while the handle is being shut down.
const CLOSING_PAUSE: Duration = Duration::from_millis(50);

/// Time for which a database may still be committing a transaction that its client has given up.
const DOUBT: Duration = Duration::from_secs(2);

/// The effect of an invalidation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Invalidated {
    /// Number of keys that were deleted. A key whose first load was under way counts as well.
    /// Entries that an epoch has made stale are deleted later and do not count.
    pub deleted: u64,
    /// The way in which the invalidation was done.
    pub way: Way,
    /// `true` if the invalidation waits for the end of a transaction ([`defer`](crate::defer)), and
    /// nothing was deleted yet.
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
    /// The whole pattern, prefix included.
    pub(crate) pattern: String,
    pub(crate) origin: Origin,
}

impl Invalidation {
    fn again_after(&self) -> Option<Duration> {
        self.origin.site().and_then(|site| site.again_after)
    }

    /// Returns the effect of the invalidation without its origin. Invalidations with equal effects
    /// are equal.
    fn effect(&self) -> (&str, usize, Option<Duration>) {
        (&self.pattern, self.cache.id(), self.again_after())
    }

    /// Schedules one more sweep if the attribute has `again_after`. The sweep is for loads that
    /// read from a replica before the write reached it.
    fn repeat_as_asked(&self) {
        if let Some(time) = self.again_after() {
            self.repeat_after(time);
        }
    }

    /// Deletes what the pattern matches, once. A fault is counted and logged, and the pattern is
    /// kept until a retry succeeds.
    pub(crate) async fn sweep(&self) -> Result<Swept> {
        sweep_together(&[self]).await
    }

    /// Tells whether the pattern stands in an attribute and names one key.
    fn is_literal_template(&self) -> bool {
        matches!(self.origin, Origin::Pattern(..)) && glob::literal(&self.pattern).is_some()
    }

    /// Counts the result. A fault is logged, and the pattern is kept until a retry succeeds.
    fn settle(&self, swept: &Result<Swept>) {
        let Self { cache, pattern, origin } = self;
        let function = origin.site().map(|site| cache.function(site));
        let counters = function.as_ref().map_or(cache.manual(), |function| &function.counters);
        match swept {
            Ok(swept) => {
                counters.invalidations.increment();
                counters.deleted.add(swept.deleted);
            }
            Err(error) => {
                counters.errors.increment();
                counters.failed_invalidations.increment();
                self.warn_of_failure(error);
                cache.owe(pattern, *origin);
            }
        }
    }

    /// Logs that a write has waited long for its pass, once for each pattern of an attribute.
    /// `deleted` is the number of keys that the write has deleted.
    fn tell_cost(&self, cost: Cost, deleted: u64) {
        let Origin::Pattern(site, parts) = self.origin else { return };
        if cost.is_costly() && is_first_time(site, parts) {
            let (pattern, Cost { pages, took }) = (self.origin, cost);
            tracing::info!(target: "cache_runtime", function = site.label(), %pattern, pages, deleted, ?took, "a write has waited for a pass over all keys of the database, to find those that its pattern matches; name the calls instead, or invalidate by scopes, if that is too long");
        }
    }

    /// Logs a warning if one is due. Until a retry succeeds, other processes may read what should
    /// be gone.
    fn warn_of_failure(&self, error: &Error) {
        let Self { cache, origin, .. } = self;
        if cache.may_warn(Kind::Invalidation, origin.site()) {
            cache.overdue().note_told();
            tracing::warn!(target: "cache_runtime", function = origin.function(), pattern = %origin, %error, "an invalidation failed; it is tried again until it succeeds");
        }
    }

    fn repeat_after(&self, time: Duration) {
        let Self { cache, pattern, origin } = self;
        let repeat = Repeat { keeper: cache.keeper(), pattern: pattern.clone(), origin: *origin };
        cache.repeats().add(time, repeat);
    }
}

/// Tells whether the pattern has not been logged before, and notes it.
fn is_first_time(site: &'static Site, parts: &'static [Part]) -> bool {
    static TOLD: Mutex<BTreeSet<(usize, usize)>> = Mutex::new(BTreeSet::new());
    let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    // mutant: a pattern is told of with each costly pass
    told.insert((ptr::from_ref(site).addr(), parts.as_ptr().addr()))
}

/// Deletes what invalidations of one handle match: exact keys by a command for each function, all
/// other patterns in one pass. Faults are counted and logged. A pattern that failed is kept until a
/// retry succeeds.
async fn sweep_together(invalidations: &[&Invalidation]) -> Result<Swept> {
    let Some(first) = invalidations.first() else { return Ok(Swept::default()) };
    let groups = by_function(invalidations);
    let pattern = |each: &&Invalidation| each.pattern.clone();
    let patterns: Vec<Vec<String>> =
        groups.iter().map(|group| group.iter().map(pattern).collect()).collect();
    let swept = first.cache.sweep_all(&patterns, Patience::Write).await;
    let done = groups.iter().zip(swept).map(|(group, swept)| settle_all(group, swept));
    // Collecting settles every group, even behind one that failed.
    let done: Vec<Result<Swept>> = done.collect();
    sum(done)
}

/// Settles the invalidations of a group, and returns their common effect, or the first fault.
fn settle_all(group: &[&Invalidation], swept: Vec<Result<Swept>>) -> Result<Swept> {
    let costs: Vec<Cost> = swept.iter().flatten().map(|swept| swept.cost).collect();
    group.iter().zip(&swept).for_each(|(each, swept)| each.settle(swept));
    let all @ Swept { deleted, way, .. } = sum(swept)?;
    group.iter().zip(costs).for_each(|(each, cost)| each.tell_cost(cost, deleted));
    let Some(one) = group.first() else { return Ok(all) };
    let (function, patterns) = (one.origin.function(), group.len());
    tracing::debug!(target: "cache_runtime", function, patterns, deleted, ?way, "invalidated");
    if deleted == 0 && one.is_literal_template() {
        warn_of_literal(one);
    }
    Ok(all)
}

fn sum(swept: Vec<Result<Swept>>) -> Result<Swept> {
    swept.into_iter().try_fold(Swept::default(), |all, swept| swept.map(|more| all.and(more)))
}

/// Groups invalidations by the function whose counters they count in. Patterns that name one key
/// are a group of their own, so that it shows if they delete nothing.
fn by_function<'a>(invalidations: &[&'a Invalidation]) -> Vec<Vec<&'a Invalidation>> {
    let group = |each: &Invalidation| {
        // mutant: what the writes of a transaction delete counts for the first of them
        let site = each.origin.site().map(|site| ptr::from_ref(site).addr());
        (site, each.cache.id(), each.is_literal_template())
    };
    let mut groups = Vec::<Vec<&Invalidation>>::new();
    for each in invalidations {
        match groups.iter_mut().find(|found| group(found[0]) == group(each)) {
            Some(found) => found.push(each),
            None => groups.push(vec![each]),
        }
    }
    groups
}

/// Compares invalidations by their effects. A transaction runs equal invalidations once.
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

/// Logs a warning for a pattern without wildcards. Such a pattern cannot match the key of an
/// annotated function, which ends in a hash, and deletes nothing.
fn warn_of_literal(Invalidation { cache, origin, .. }: &Invalidation) {
    let Some(site) = origin.site() else { return };
    if cache.may_warn(Kind::Literal, Some(site)) {
        tracing::warn!(target: "cache_runtime", function = site.label(), "a pattern without wildcards deleted nothing; keys of cached functions end in `:` and a hash, so that a pattern for them ends in `:*`");
    }
}

/// Runs invalidations to their end, even if the caller is dropped. Invalidations of one handle run
/// together. Returns their common effect, or the first fault.
pub(crate) async fn run_all(invalidations: Vec<Invalidation>) -> Result<Swept> {
    let needs_tokio = invalidations.iter().any(|each| each.cache.needs_tokio());
    let (duty, attendant) = Duty::new(invalidations);
    let swept = bridge::run_to_end(needs_tokio, duty.fulfil()).await.unwrap_or_else(cut_short);
    drop(attendant);
    swept
}

/// Blocking version of [`run_all`].
pub(crate) fn run_all_blocking(invalidations: Vec<Invalidation>) -> Result<Swept> {
    let needs_tokio = invalidations.iter().any(|each| each.cache.needs_tokio());
    let (duty, _attendant) = Duty::new(invalidations);
    bridge::run_on_tokio_blocking(needs_tokio, duty.fulfil()).unwrap_or_else(cut_short)
}

/// Begins the invalidations of a transaction that was dropped, and may have committed or may still
/// commit. The invalidations run at once, and once more after [`DOUBT`].
pub(crate) fn spawn_in_doubt(invalidations: Vec<Invalidation>) {
    for invalidation in &invalidations {
        // mutant: what is in doubt is not repeated
        invalidation.repeat_after(DOUBT);
    }
    let needs_tokio = invalidations.iter().any(|each| each.cache.needs_tokio());
    let (duty, attendant) = Duty::new(invalidations);
    // Faults are counted, logged and retried where they happen.
    let work = async move { _ = duty.fulfil().await };
    bridge::spawn_detached(needs_tokio, work);
    // Nobody waits for these invalidations, so that they are overdue until they have run.
    drop(attendant);
}

/// Returns the error of an invalidation that had no thread to run on, or whose runtime has ended.
fn cut_short() -> Result<Swept> {
    Err(Error::unreachable("the invalidation was cut short, and is made up for"))
}

/// An invalidation that has to run, shared by its runner and its caller.
#[derive(Debug)]
struct Due {
    invalidation: Invalidation,
    /// The state of the caller, and a guard that keeps a shutdown waiting until the invalidation
    /// has run.
    waiting: Mutex<(Waiting, Option<Running>)>,
}

/// The state of an invalidation: its caller waits, nobody waits, or it has run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waiting {
    /// The caller waits.
    Caller,
    /// The caller has gone. Until the invalidation has run, it is overdue under this number.
    Nobody(u64),
    /// The invalidation has run.
    Over,
}

impl Due {
    fn begin(invalidation: Invalidation) -> Arc<Self> {
        let running = Running::begin(invalidation.cache.ending());
        Arc::new(Self { invalidation, waiting: Mutex::new((Waiting::Caller, Some(running))) })
    }

    /// Notes that the invalidation has run.
    fn end(&self) {
        let mut waiting = self.lock();
        if let Waiting::Nobody(number) = waiting.0 {
            self.invalidation.cache.overdue().remove_unattended(number);
        }
        *waiting = (Waiting::Over, None);
    }

    /// Keeps the invalidation for a retry, because it will not run.
    fn fail(&self) {
        let Invalidation { cache, pattern, origin } = &self.invalidation;
        // The retry is noted first, so that the invalidation is overdue without a gap.
        cache.owe(pattern, *origin);
        self.invalidation.repeat_as_asked();
        self.end();
    }

    /// Notes that the caller has gone. Unless the invalidation has run, it is overdue from now on.
    fn leave(&self) {
        let mut waiting = self.lock();
        if waiting.0 == Waiting::Caller {
            let Invalidation { cache, pattern, .. } = &self.invalidation;
            waiting.0 = Waiting::Nobody(cache.overdue().add_unattended(pattern));
        }
    }

    fn lock(&self) -> MutexGuard<'_, (Waiting, Option<Running>)> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The caller of invalidations. Dropping it notes that nobody waits.
struct Attendant(Vec<Arc<Due>>);

impl Drop for Attendant {
    fn drop(&mut self) {
        // mutant: an invalidation that lost its caller is not overdue
        self.0.iter().for_each(|due| due.leave());
    }
}

/// Invalidations that have to run, by handle. If their runtime ends, those that are left are
/// retried.
struct Duty(VecDeque<Vec<Arc<Due>>>);

impl Drop for Duty {
    fn drop(&mut self) {
        for left in self.0.iter().flatten() {
            // mutant: an invalidation under way is lost with its runtime
            left.fail();
        }
    }
}

impl Duty {
    /// Returns the duty, and the attendant that the caller holds until its end.
    fn new(invalidations: Vec<Invalidation>) -> (Self, Attendant) {
        let all: Vec<_> = invalidations.into_iter().map(Due::begin).collect();
        let mut handles = VecDeque::<Vec<Arc<Due>>>::new();
        for due in &all {
            let cache = &due.invalidation.cache;
            match handles.iter_mut().find(|group| group[0].invalidation.cache.is_of(cache)) {
                Some(group) => group.push(Arc::clone(due)),
                None => handles.push_back(vec![Arc::clone(due)]),
            }
        }
        (Self(handles), Attendant(all))
    }

    async fn fulfil(mut self) -> Result<Swept> {
        let mut all = Ok(Swept::default());
        while let Some(together) = self.0.front() {
            let swept = run_together(together).await;
            all = all.and_then(|all| swept.map(|more| all.and(more)));
            self.0.pop_front();
        }
        all
    }
}

async fn run_together(together: &[Arc<Due>]) -> Result<Swept> {
    let invalidations: Vec<&Invalidation> = together.iter().map(|due| &due.invalidation).collect();
    let swept = sweep_together(&invalidations).await;
    for due in together {
        // mutant: an invalidation is not repeated
        due.invalidation.repeat_as_asked();
        due.end();
    }
    swept
}

impl Cache {
    /// Keeps an invalidation that failed, and starts the task that retries it.
    pub(crate) fn owe(&self, pattern: &str, origin: Origin) {
        if self.overdue().add(pattern, self.everything(), origin) {
            // mutant: a failed invalidation is not made up for
            bridge::spawn_apart(make_up(self.keeper()));
        }
    }
}

/// Retries overdue invalidations until none is left, or the handle was shut down.
///
/// The task pauses after a fault only. After a success the store works for all patterns, and each
/// moment in which a key counts as missing costs a load. The task goes round the patterns, because
/// one of them may fail for ever.
async fn make_up(keeper: Keeper) {
    let mut backoff = Backoff::new(FIRST_PAUSE * 2, MAX_PAUSE);
    let mut last = String::new();
    keeper.ending().rest(FIRST_PAUSE).await;
    while let Some((pattern, added)) = keeper.overdue().next(&last) {
        if keeper.ending().phase() == Phase::Closed {
            return;
        }
        if keeper.cache().make_up_for(&pattern, added).await {
            backoff.reset();
        } else {
            let pause = backoff.pause();
            let is_last = keeper.ending().phase() == Phase::Closing;
            // The handle is not held during the pause.
            keeper.ending().rest(if is_last { CLOSING_PAUSE } else { pause }).await;
        }
        // mutant: an invalidation that fails is tried before all others
        last = pattern;
    }
}

impl Cache {
    /// Tells the other handles that everything of the past was deleted. If this fails, they delete
    /// it once more.
    async fn vouch(&self, doubt: Option<u64>) {
        let (Some(fleet), Some(doubt)) = (self.fleet(), doubt) else { return };
        fleet.dispel(doubt);
        // If this write of the mark fails, the next look at the marks writes it.
        let mut budget = self.budget();
        let vouched = self.backend().vouch_for_server(&mut budget);
        let _ = AssertUnwindSafe(vouched).catch_unwind().await;
    }

    /// Retries an overdue invalidation, and returns whether it succeeded.
    async fn make_up_for(&self, pattern: &str, added: u64) -> bool {
        let doubt = self.fleet().map(|fleet| fleet.doubt());
        // An application's own store may panic.
        let swept = AssertUnwindSafe(self.sweep(pattern, Patience::Retry)).catch_unwind().await;
        let Ok(Ok(Swept { deleted, .. })) = swept else { return false };
        if pattern == self.everything() {
            self.vouch(doubt).await;
        }
        let delivered = self.overdue().remove(pattern, added);
        self.manual().deleted.add(deleted);
        // mutant: what was delivered late is not counted
        self.manual().delivered_late.add(delivered);
        let left = self.overdue().failed();
        tracing::debug!(target: "cache_runtime", deleted, left, "made up for an invalidation that had failed");
        if left == 0 && self.overdue().was_told() {
            tracing::warn!(target: "cache_runtime", store = self.store_name(), "all invalidations that had failed have been made up for");
        }
        true
    }
}
