//! Patterns that have to go, and seeing to it that they go.

use crate::bridge;
use crate::cache::pass::{Cost, Patience};
use crate::cache::sweep::Swept;
use crate::cache::{Cache, Way};
use crate::error::{Error, Result};
use crate::glob;
use crate::site::Site;
use futures_util::FutureExt;
use std::cmp::Ordering;
use std::collections::{BTreeSet, VecDeque};
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::ptr;
use std::sync::{Mutex, PoisonError};
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
    pub(crate) named: Named,
}

/// How a pattern was named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// By the attribute's pattern with this index.
    Template(usize),
    /// As the entry of one call: the pattern is exact then, and may well match nothing.
    Call,
    /// By a call on the handle.
    ByHand,
}

impl Invalidation {
    fn again_after(&self) -> Option<Duration> {
        self.site.and_then(|site| site.again_after)
    }

    /// What it does, whoever asked for it.
    fn effect(&self) -> (&str, usize, Option<Duration>) {
        (&self.pattern, self.cache.id(), self.again_after())
    }

    /// Sweeps once more after a time if the attribute says so, for loads that read from a replica which had not heard of
    /// the write.
    fn repeat_as_asked(&self) {
        if let Some(time) = self.again_after() {
            self.repeat_after(time);
        }
    }

    /// Whether it is a pattern of an attribute that names one key.
    fn is_literal_template(&self) -> bool {
        matches!(self.named, Named::Template(_)) && glob::literal(&self.pattern).is_some()
    }

    /// Counts what came of it. What has failed is logged, and kept until the store has taken it.
    fn settle(&self, swept: &Result<Swept>) {
        let Self { cache, site, pattern, .. } = self;
        let function = site.map(|site| cache.function(site));
        let counters = function.as_ref().map_or(cache.manual(), |function| &function.counters);
        match swept {
            Ok(swept) => {
                counters.invalidations.increment();
                counters.deleted.add(swept.deleted);
            }
            Err(error) => {
                counters.errors.increment();
                counters.failed_invalidations.increment();
                // Each one is logged: until it has been made up for, other processes may read what should be gone.
                tracing::warn!(target: "cache_runtime", function = self.name(), %error, "an invalidation failed; it is tried again until it succeeds");
                cache.owe(pattern);
            }
        }
    }

    fn name(&self) -> &'static str {
        self.site.map_or("by hand", |site| site.name)
    }

    /// Tells once of each pattern of an attribute that a write has waited long for its pass.
    /// `deleted` is the number of keys that the write has deleted.
    fn tell_cost(&self, cost: Cost, deleted: u64) {
        let (Some(site), Named::Template(index)) = (self.site, self.named) else { return };
        if cost.is_costly() && is_first_time(site, index) {
            let (pattern, Cost { pages, took }) = (site.pattern_text(index), cost);
            tracing::info!(target: "cache_runtime", function = site.label(), pattern, pages, deleted, ?took, "a write has waited for a pass over all keys of the database, to find those that its pattern matches; name the calls instead, or invalidate by scopes, if that is too long");
        }
    }

    fn repeat_after(&self, time: Duration) {
        let again = vec![self.clone()];
        let again = async move {
            sleep(time).await;
            // It is counted and logged where it runs.
            let _ = sweep_together(&again).await;
        };
        bridge::spawn_apart(again);
    }
}

/// Whether a pattern has not been told of before.
fn is_first_time(site: &'static Site, pattern: usize) -> bool {
    static TOLD: Mutex<BTreeSet<(usize, usize)>> = Mutex::new(BTreeSet::new());
    let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    told.insert((ptr::from_ref(site).addr(), pattern))
}

/// Deletes what invalidations of one handle match: exact keys by a command for each function, all
/// other patterns in one pass. Faults are counted and logged. A pattern that failed is kept until
/// the store has taken it.
async fn sweep_together(invalidations: &[Invalidation]) -> Result<Swept> {
    let Some(first) = invalidations.first() else { return Ok(Swept::default()) };
    let groups = by_function(invalidations);
    let pattern = |each: &&Invalidation| each.pattern.clone();
    let patterns: Vec<Vec<String>> =
        groups.iter().map(|group| group.iter().map(pattern).collect()).collect();
    let swept = first.cache.sweep_all(&patterns, Patience::Write).await;
    let done = groups.iter().zip(swept).map(|(group, swept)| settle_all(group, swept));
    // Each is settled, whatever became of those before it.
    let done: Vec<Result<Swept>> = done.collect();
    sum(done)
}

/// Settles the invalidations of a group, and says what they did together, or the first fault.
fn settle_all(group: &[&Invalidation], swept: Vec<Result<Swept>>) -> Result<Swept> {
    let costs: Vec<Cost> = swept.iter().flatten().map(|swept| swept.cost).collect();
    group.iter().zip(&swept).for_each(|(each, swept)| each.settle(swept));
    let all @ Swept { deleted, way, .. } = sum(swept)?;
    group.iter().zip(costs).for_each(|(each, cost)| each.tell_cost(cost, deleted));
    let Some(one) = group.first() else { return Ok(all) };
    let (function, patterns) = (one.name(), group.len());
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
fn by_function(invalidations: &[Invalidation]) -> Vec<Vec<&Invalidation>> {
    let group = |each: &Invalidation| {
        let site = each.site.map(|site| ptr::from_ref(site).addr());
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
fn warn_of_literal(Invalidation { cache, site, .. }: &Invalidation) {
    if let Some(site) = site.filter(|_| cache.may_warn()) {
        tracing::warn!(target: "cache_runtime", function = site.label(), "a pattern without wildcards deleted nothing; keys of cached functions end in `:` and a hash, so that a pattern for them ends in `:*`");
    }
}

/// Runs invalidations, those of each handle together, whatever becomes of the caller. Returns what
/// they did, or the first fault.
pub(crate) async fn run_all(invalidations: Vec<Invalidation>) -> Result<Swept> {
    let needs_tokio = invalidations.iter().any(|each| each.cache.needs_tokio());
    bridge::complete(needs_tokio, handle_by_handle(invalidations)).await.unwrap_or_else(cut_short)
}

/// The same for a blocking caller.
pub(crate) fn run_all_blocking(invalidations: Vec<Invalidation>) -> Result<Swept> {
    let needs_tokio = invalidations.iter().any(|each| each.cache.needs_tokio());
    bridge::drive_blocking(needs_tokio, handle_by_handle(invalidations)).unwrap_or_else(cut_short)
}

/// Begins the invalidations of a transaction of which nobody knows whether it has committed, or will in a moment. They run
/// at once, and once more when that moment must be over.
pub(crate) fn detach_in_doubt(invalidations: Vec<Invalidation>) {
    for invalidation in &invalidations {
        invalidation.repeat_after(DOUBT);
    }
    let needs_tokio = invalidations.iter().any(|each| each.cache.needs_tokio());
    // Faults are counted, logged and made up for where they happen.
    bridge::detach(needs_tokio, async move { _ = handle_by_handle(invalidations).await });
}

/// There was no thread for it, or its runtime has ended.
fn cut_short() -> Result<Swept> {
    Err(Error::unreachable("the invalidation was cut short, and is made up for"))
}

/// Invalidations that have to run, by handle. If their runtime ends, those that are left are made
/// up for.
struct Duty(VecDeque<Vec<Invalidation>>);

impl Duty {
    fn new(invalidations: Vec<Invalidation>) -> Self {
        let mut handles = VecDeque::<Vec<Invalidation>>::new();
        for invalidation in invalidations {
            let is_of = |group: &&mut Vec<Invalidation>| group[0].cache.is_of(&invalidation.cache);
            match handles.iter_mut().find(is_of) {
                Some(group) => group.push(invalidation),
                None => handles.push_back(vec![invalidation]),
            }
        }
        Self(handles)
    }
}

impl Drop for Duty {
    fn drop(&mut self) {
        for left in self.0.iter().flatten() {
            left.cache.owe(&left.pattern);
            left.repeat_as_asked();
        }
    }
}

fn handle_by_handle(
    invalidations: Vec<Invalidation>,
) -> impl Future<Output = Result<Swept>> + Send {
    let mut duty = Duty::new(invalidations);
    async move {
        let mut all = Ok(Swept::default());
        while let Some(together) = duty.0.front() {
            let swept = sweep_together(together).await;
            together.iter().for_each(Invalidation::repeat_as_asked);
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

/// Tells the other handles that everything of the past was deleted. If that fails, they delete it
/// once more.
async fn vouch(cache: &Cache, doubt: Option<u64>) {
    let (Some(fleet), Some(doubt)) = (cache.fleet(), doubt) else { return };
    fleet.dispel(doubt);
    // The next look at the marks writes it otherwise.
    let mut budget = cache.budget();
    let vouched = cache.backend().vouch_for_server(&mut budget);
    let _ = AssertUnwindSafe(vouched).catch_unwind().await;
}

/// Tries what is overdue again until nothing is. It pauses after a fault, and not after a success: the store is one for
/// all, and every moment that a key is taken for missing costs a load. It goes round, because one may fail for ever.
async fn make_up(cache: Cache) {
    let mut pause = FIRST_PAUSE;
    let mut last = String::new();
    sleep(pause).await;
    while let Some((pattern, added)) = cache.overdue().next(&last) {
        let doubt = cache.fleet().map(|fleet| fleet.doubt());
        // An application's own store may panic.
        let swept = AssertUnwindSafe(cache.sweep(&pattern, Patience::Retry)).catch_unwind().await;
        if let Ok(Ok(Swept { deleted, .. })) = swept {
            if pattern == cache.everything() {
                vouch(&cache, doubt).await;
            }
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
