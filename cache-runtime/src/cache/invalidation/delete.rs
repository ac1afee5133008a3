//! Deleting keys by pattern.

use super::pass::{Cost, Passed, Patience};
use crate::cache::Cache;
use crate::error::Result;
use crate::key::glob;
use crate::key::patterns::Wanted;
use crate::key::scope::{self, Reach};
use crate::protocol::epochs;
use crate::store::Store;
use crate::store::backend::Kind;
use crate::store::memory::MemoryStore;
use futures_util::future::{join, join_all};
use std::borrow::Cow;
use std::mem;

/// Number of keys that one round trip deletes at most.
const BATCH: usize = 1000;

/// The effect of an invalidation on a store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Swept {
    pub(crate) deleted: u64,
    pub(crate) way: Way,
    /// Cost of the pass that the invalidation took part in. Zero without a pass.
    pub(crate) cost: Cost,
}

impl Swept {
    /// Adds another effect. The sum has the way and the cost of the other one.
    pub(crate) fn and(self, other: Self) -> Self {
        Self { deleted: self.deleted + other.deleted, ..other }
    }
}

/// The patterns of one group, sorted by the way in which they are invalidated.
#[derive(Debug, Default)]
struct Ways<'a> {
    keys: Vec<String>,
    /// Scopes, each with its pattern.
    scopes: Vec<(Cow<'a, str>, &'a String)>,
    patterns: Vec<String>,
    /// The way of each pattern, in the order of the patterns.
    each: Vec<Way>,
}

/// The result of each way.
struct Done {
    keys: Result<Passed>,
    epochs: Result<Passed>,
    scan: Result<Passed>,
}

impl Done {
    /// Returns the result of one more pattern. The first pattern of a way counts all keys that the
    /// way deleted.
    fn next(&mut self, way: Way) -> Result<Swept> {
        let done = match way {
            Way::Key => &mut self.keys,
            Way::Scan => &mut self.scan,
            Way::Epoch => &mut self.epochs,
        };
        let passed = done.as_mut().map_err(|error| error.clone())?;
        let deleted = mem::take(&mut passed.deleted);
        Ok(Swept { deleted, way, cost: passed.cost })
    }
}

/// The way in which an invalidation was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Way {
    /// Deleted keys by their names, or had nothing to do.
    #[default]
    Key,
    /// Looked through all keys for those that match, and deleted them. Writes of the same time
    /// share such a pass.
    Scan,
    /// Deleted the epoch of one scope. The scope's entries count as missing from then on, and are
    /// deleted in the background.
    Epoch,
}

impl<'a> Ways<'a> {
    /// Sorts whole patterns by their ways. The pattern of the whole prefix goes by a scan, because
    /// clearing a cache means deleting everything under its prefix.
    fn of(patterns: &'a [String], prefix: &str) -> Self {
        let mut ways = Self::default();
        for pattern in patterns {
            let way = match Reach::of(pattern) {
                Reach::Key(key) => {
                    ways.keys.push(key.into_owned());
                    Way::Key
                }
                Reach::Scope(scope) if scope != prefix => {
                    ways.scopes.push((scope, pattern));
                    Way::Epoch
                }
                Reach::Scope(_) | Reach::Matches => {
                    ways.patterns.push(pattern.clone());
                    Way::Scan
                }
            };
            ways.each.push(way);
        }
        ways
    }

    /// Moves the scopes to the patterns that a pass deletes.
    fn scan_scopes(&mut self) {
        self.patterns.extend(self.scopes.iter().map(|(_, pattern)| (*pattern).clone()));
        for way in &mut self.each {
            if *way == Way::Epoch {
                *way = Way::Scan;
            }
        }
    }

    /// Returns the exact keys that are deleted once more after the pass. A load that began during
    /// the pass may have called a function whose entry the pass had not reached yet.
    fn keys_again(&self) -> &[String] {
        // mutant: a named call is deleted before the pass alone
        if self.patterns.is_empty() { &[] } else { &self.keys }
    }

    /// Returns the results on a disabled handle, which has no store.
    fn nothing_done(&self) -> Vec<Result<Swept>> {
        vec![Ok(Swept::default()); self.each.len()]
    }
}

impl Cache {
    /// Makes everything stale that a whole pattern matches, prefix included.
    pub(crate) async fn sweep(&self, pattern: &str, patience: Patience) -> Result<Swept> {
        let swept = self.sweep_all(&[vec![pattern.to_owned()]], patience).await;
        swept.into_iter().flatten().next().unwrap_or_else(|| Ok(Swept::default()))
    }

    /// Makes everything stale that whole patterns match, and returns the result of each pattern.
    ///
    /// Exact keys go by one command for each group, all other patterns by one pass over the store's
    /// keys. If a group has both, its exact keys go once more after the pass. Deleted keys are
    /// counted by group. A page of the pass bounds the memory, and the budget bounds each round
    /// trip.
    pub(crate) async fn sweep_all(
        &self,
        groups: &[Vec<String>],
        patience: Patience,
    ) -> Vec<Vec<Result<Swept>>> {
        let all = groups.concat();
        // This comes first, so that a load that begins afterwards finds what the write has left.
        for pattern in &all {
            // mutant: an invalidation leaves its flights
            self.flights().outdate(pattern);
        }
        // The guard is dropped last, so that values read before the keys were gone are forgotten.
        let (store, _writing) = self.backend().sweeping(&all);
        if let (true, Err(error)) = (self.needs_tokio(), self.check_open()) {
            return groups.iter().map(|group| vec![Err(error.clone()); group.len()]).collect();
        }
        let ways = groups.iter().map(|patterns| Ways::of(patterns, self.prefix()));
        let mut ways: Vec<_> = ways.collect();
        let done = match store {
            Kind::Disabled => return ways.iter().map(Ways::nothing_done).collect(),
            Kind::Memory(store) => {
                ways.iter_mut().map(|ways| delete_at_once(store, ways)).collect()
            }
            Kind::Remote(store) => self.delete(&**store, &mut ways, patience).await,
        };
        let each = ways.into_iter().zip(done);
        each.map(|(ways, mut done)| ways.each.into_iter().map(|way| done.next(way)).collect())
            .collect()
    }

    async fn delete(
        &self,
        store: &dyn Store,
        ways: &mut [Ways<'_>],
        patience: Patience,
    ) -> Vec<Done> {
        let scopes = ways.iter().flat_map(|ways| &ways.scopes);
        let scopes: Vec<String> = scopes.map(|(scope, _)| scope.clone().into_owned()).collect();
        let (retired, is_mixed) = self.retire(store, &scopes).await;
        // mutant: the fleet: a handle with scopes does not ask who scans
        if is_mixed || !self.backend().is_scoped() {
            ways.iter_mut().for_each(Ways::scan_scopes);
        } else if retired.is_ok() {
            for scope in &scopes {
                self.delete_detached(&[&*glob::escape(scope), ":*"].concat());
            }
        }
        let unlinked = join_all(ways.iter().map(|ways| self.unlink(store, &ways.keys)));
        let scanned = ways.iter().map(|ways| ways.patterns.clone()).collect();
        let (unlinked, passed) = join(unlinked, self.pass(scanned, patience)).await;
        let again = join_all(ways.iter().map(|ways| self.unlink(store, ways.keys_again()))).await;
        let unlinked = unlinked.into_iter().zip(again).map(|(first, again)| Ok(first? + again?));
        let passed = if is_mixed { retired.clone().and(passed) } else { passed };
        let only = |deleted| Passed { deleted, ..Passed::default() };
        let done = unlinked.enumerate().map(|(group, unlinked): (_, Result<u64>)| Done {
            keys: unlinked.map(only),
            epochs: retired.clone().map(|()| only(0)),
            scan: passed.clone().map(|passed| passed.get(group).copied().unwrap_or_default()),
        });
        done.collect()
    }

    /// Deletes the epochs of scopes if there may be any. Returns also whether handles of the prefix
    /// use different strategies. If they do, the entries of the scopes have to be deleted as well.
    async fn retire(&self, store: &dyn Store, scopes: &[String]) -> (Result<()>, bool) {
        if scopes.is_empty() {
            return (Ok(()), false);
        }
        let mut budget = self.budget();
        let is_mixed = self.backend().is_mixed(&mut budget);
        let retired = epochs::retire(store, scopes, || self.budget());
        if self.backend().is_scoped() {
            return join(retired, is_mixed).await;
        }
        let is_mixed = is_mixed.await;
        (if is_mixed { retired.await } else { Ok(()) }, is_mixed)
    }

    /// Deletes keys by their names. Each thousand keys have a budget of their own.
    pub(crate) async fn unlink(&self, store: &dyn Store, keys: &[String]) -> Result<u64> {
        // Without its lock, a second warm-up would begin beside the first. Other handles need the
        // marks.
        let keys: Vec<String> =
            // mutant: clearing the cache deletes a warm-up's lock
            keys.iter().filter(|key| !scope::is_kept_key(key)).cloned().collect();
        let mut deleted = 0;
        for batch in keys.chunks(BATCH) {
            deleted += self.budget().spend(store, store.remove(batch)).await?;
        }
        Ok(deleted)
    }
}

/// Deletes at once on the embedded store, whose work takes too little time for a pass in pages.
fn delete_at_once(store: &MemoryStore, ways: &mut Ways<'_>) -> Done {
    ways.scan_scopes();
    let keys = ways.keys.iter().map(|key| u64::from(store.delete(key))).sum();
    let is_any = !ways.patterns.is_empty();
    let matching = is_any.then(|| store.delete_matching(&Wanted::new([&*ways.patterns])));
    let passed = |deleted| Ok(Passed { deleted, ..Passed::default() });
    Done { keys: passed(keys), epochs: passed(0), scan: passed(matching.unwrap_or_default()) }
}
