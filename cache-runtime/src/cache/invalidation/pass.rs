//! A pass over the store's keys, which deletes what several patterns match.

use crate::cache::Cache;
use crate::error::{Error, Result};
use crate::key::patterns::Wanted;
use crate::store::{Page, Store};
use futures_util::future::{join, join_all};
use std::time::Duration;
use tokio::task::yield_now;
use tokio::time::Instant;

/// Number of times that a pass begins once more after its connection was lost. Then the pass fails.
const MAX_RESTARTS: u32 = 3;

/// Number of pages beyond which a pass is costly: more than 100,000 keys on Redis.
const COSTLY_PAGES: u64 = 100;

/// Time beyond which a pass is costly.
const COSTLY_TIME: Duration = Duration::from_millis(100);

/// Number of deleted keys up to which a pass deletes them once more by name. Beyond it, the pass
/// walks once more instead.
const MAX_NAMED_AGAIN: usize = 10_000;

/// The kind of a pass' caller, which decides how long the pass may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Patience {
    /// A write waits.
    Write,
    /// Nobody waits: an invalidation that failed is retried.
    Retry,
}

impl Patience {
    /// Returns the time that a pass may take. A minute is enough for some sixty million keys of a
    /// Redis nearby. Among more keys than that, retries still come to an end.
    const fn time(self) -> Duration {
        match self {
            Self::Write => Duration::from_secs(60),
            Self::Retry => Duration::from_secs(600),
        }
    }
}

/// The effect of a pass on one group of patterns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Passed {
    pub(crate) deleted: u64,
    pub(crate) cost: Cost,
}

/// The cost of a pass. Every write that shares the pass gets the whole cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cost {
    /// Number of pages that were asked for. On Redis, a page is a look at 1,000 keys.
    pub(crate) pages: u64,
    pub(crate) took: Duration,
}

impl Cost {
    /// Tells whether the pass held its writes up for long enough to be logged.
    pub(crate) fn is_costly(&self) -> bool {
        self.pages > COSTLY_PAGES || self.took > COSTLY_TIME
    }
}

/// A pass under way.
struct Pass<'a> {
    cache: &'a Cache,
    store: &'a dyn Store,
    wanted: Wanted,
    started: Instant,
    until: Option<Instant>,
    pages: u64,
    /// Number of deleted keys, by group.
    deleted: Vec<u64>,
    /// Keys that the walk has deleted so far, [`MAX_NAMED_AGAIN`] at most.
    named: Vec<String>,
    /// Number of keys that the walk has deleted so far.
    walked: u64,
}

/// Keys that are to be deleted, by group.
type Doomed = Vec<(usize, Vec<String>)>;

/// Deletes what several groups of patterns match, and returns the number of deleted keys and the
/// cost for each group.
///
/// Every key that is there from the beginning to the end is seen.
pub(crate) async fn run(
    cache: &Cache,
    store: &dyn Store,
    groups: &[&[String]],
    patience: Patience,
) -> Result<Vec<Passed>> {
    Pass::new(cache, store, groups, patience.time()).run().await
}

impl<'a> Pass<'a> {
    fn new(cache: &'a Cache, store: &'a dyn Store, groups: &[&[String]], time: Duration) -> Self {
        let started = Instant::now();
        Self {
            cache,
            store,
            wanted: Wanted::new(groups.iter().copied()),
            started,
            until: started.checked_add(time),
            pages: 0,
            deleted: vec![0; groups.len()],
            named: Vec::new(),
            walked: 0,
        }
    }
}

impl Pass<'_> {
    /// Walks over the keys, and then deletes the results of loads that began during the walk.
    ///
    /// A load may begin when the walk has gone by its key. The load may call a function whose old
    /// entry the walk has not reached, and store a result of that old entry.
    ///
    /// If the load's own entry was there before, its name is known, and the entry is deleted once
    /// more. If not, the pass needs another walk for each level of calls inside loads that this
    /// handle has seen.
    async fn run(mut self) -> Result<Vec<Passed>> {
        self.walk_whole().await?;
        for _ in 0..self.cache.nesting() {
            // mutant: what was made of what a pass had not reached stays
            if self.walked == 0 {
                return Ok(self.passed());
            }
            self.walk_whole().await?;
        }
        self.delete_again().await?;
        Ok(self.passed())
    }

    /// Walks over all keys. If the connection is lost, begins once more, [`MAX_RESTARTS`] times at
    /// most.
    async fn walk_whole(&mut self) -> Result<()> {
        (self.walked, self.named) = (0, Vec::new());
        // mutant: a pass begins anew for ever
        for _ in 0..=MAX_RESTARTS {
            if self.walk().await? {
                return Ok(());
            }
        }
        Err(Error::unreachable("the connection was lost in each of several passes over the keys"))
    }

    /// Deletes once more what the last walk has deleted.
    async fn delete_again(&mut self) -> Result<()> {
        if self.walked > MAX_NAMED_AGAIN as u64 {
            return self.walk_whole().await;
        }
        let named = std::mem::take(&mut self.named);
        self.cache.unlink(self.store, &named).await.map(drop)
    }

    /// Walks from the first page to the last. Returns `false` if another connection took over on
    /// the way, because a cursor means nothing to a server that has restarted.
    async fn walk(&mut self) -> Result<bool> {
        let connection = self.store.connection();
        let mut doomed = Doomed::new();
        let mut cursors = Cursors::default();
        let mut cursor = Some(0);
        while let Some(at) = cursor {
            let page = self.turn(at, doomed).await?;
            if self.store.connection() != connection {
                return Ok(false);
            }
            doomed = self.wanted.sort(page.keys).await;
            cursor = page.next;
            cursors.check(cursor)?;
        }
        self.unlink(doomed).await?;
        Ok(self.store.connection() == connection)
    }

    /// Asks for a page, and meanwhile deletes the keys of the page before.
    async fn turn(&mut self, cursor: u64, doomed: Doomed) -> Result<Page> {
        // mutant: a pass has no end
        if self.until.is_some_and(|until| Instant::now() >= until) {
            return Err(Error::slow_pass());
        }
        // Without this pause, a store that answers at once would leave no turn to other tasks.
        yield_now().await;
        self.pages += 1;
        let (cache, store) = (self.cache, self.store);
        let scanned = self.wanted.scanned().to_owned();
        let mut budget = cache.budget();
        let scan = budget.spend(store, store.scan(&scanned, cursor));
        let (page, unlinked) = join(scan, self.unlink(doomed)).await;
        unlinked?;
        page
    }

    async fn unlink(&mut self, doomed: Doomed) -> Result<()> {
        let (cache, store) = (self.cache, self.store);
        let unlinked =
            doomed.iter().map(async |(group, keys)| Ok((*group, cache.unlink(store, keys).await?)));
        for unlinked in join_all(unlinked).await {
            let (group, deleted) = unlinked?;
            self.deleted[group] += deleted;
            self.walked += deleted;
        }
        self.name(doomed);
        Ok(())
    }

    /// Keeps the names of deleted keys, [`MAX_NAMED_AGAIN`] at most.
    fn name(&mut self, doomed: Doomed) {
        let keys = doomed.into_iter().flat_map(|(_, keys)| keys);
        let room = MAX_NAMED_AGAIN.saturating_sub(self.named.len());
        self.named.extend(keys.take(room));
    }

    fn passed(self) -> Vec<Passed> {
        let cost = Cost { pages: self.pages, took: self.started.elapsed() };
        self.deleted.into_iter().map(|deleted| Passed { deleted, cost }).collect()
    }
}

/// Detects that a scan goes in a circle, by Brent's algorithm. One cursor is kept for as many steps
/// as came before it. If that cursor comes again meanwhile, the scan goes in a circle.
#[derive(Debug, Default)]
struct Cursors {
    kept: Option<u64>,
    steps: u64,
}

impl Cursors {
    fn check(&mut self, next: Option<u64>) -> Result<()> {
        let Some(next) = next else { return Ok(()) };
        // mutant: a pass goes in a circle
        if self.kept == Some(next) {
            return Err(Error::server(
                "the store's scan goes in a circle: a cursor has come again",
            ));
        }
        self.steps += 1;
        if self.steps.is_power_of_two() {
            self.kept = Some(next);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::memory::MemoryStore;

    #[tokio::test]
    async fn a_pass_that_takes_too_long_fails() {
        let cache = Cache::builder().memory().build().await.unwrap();
        let (store, groups) = (MemoryStore::new(1 << 20, 1 << 20), [vec!["cache:*".to_owned()]]);
        let groups: Vec<&[String]> = groups.iter().map(|group| &**group).collect();
        let pass = |time| Pass::new(&cache, &store, &groups, time).run();
        assert_eq!(pass(Patience::Write.time()).await.map(|passed| passed.len()).unwrap(), 1);
        assert!(pass(Duration::ZERO).await.unwrap_err().is_timeout());
        assert_eq!(Patience::Write.time(), Duration::from_secs(60), "as the documents say");
    }

    #[test]
    fn a_circle_is_found_wherever_it_begins() {
        for (before, length) in [(0, 1), (0, 2), (1, 1), (5, 3), (100, 17), (3, 1000)] {
            let mut cursors = Cursors::default();
            let all = (1..=before).chain((before + 1..=before + length).cycle());
            let found = all.take(10_000).position(|next| cursors.check(Some(next)).is_err());
            let within = 2 * (before + length) + length;
            assert!(
                found.is_some_and(|at| (at as u64) <= 2 * within),
                "{before} {length} {found:?}"
            );
        }
    }

    #[test]
    fn a_scan_that_ends_is_no_circle() {
        let mut cursors = Cursors::default();
        assert!((1..100_000).all(|next| cursors.check(Some(next)).is_ok()));
        cursors.check(None).unwrap();
    }
}
