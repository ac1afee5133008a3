//! Deleting keys by pattern.

use super::Cache;
use super::pass::{Cost, Passed, Patience};
use super::wanted::Wanted;
use crate::backend::Kind;
use crate::epochs;
use crate::error::Result;
use crate::glob;
use crate::scope::{self, Reach};
use crate::store::Store;
use crate::store::memory::MemoryStore;
use futures_util::future::{join_all, join3};
use std::borrow::Cow;
use std::mem;

/// How many keys one round trip deletes.
const BATCH: usize = 1000;

/// What an invalidation did to a store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Swept {
    pub(crate) deleted: u64,
    pub(crate) way: Way,
    /// What the pass cost that it took part in, if it took part in one.
    pub(crate) cost: Cost,
}

impl Swept {
    /// This and another one together; the way is the last one's.
    pub(crate) fn and(self, other: Self) -> Self {
        Self { deleted: self.deleted + other.deleted, ..other }
    }
}

/// Which patterns go which way.
#[derive(Debug, Default)]
struct Ways<'a> {
    keys: Vec<String>,
    scopes: Vec<Cow<'a, str>>,
    patterns: Vec<String>,
    /// The way of each pattern, in their order.
    each: Vec<Way>,
    /// Whether scopes go both ways.
    is_mixed: bool,
}

/// What came of each way.
struct Done {
    keys: Result<Passed>,
    epochs: Result<Passed>,
    scan: Result<Passed>,
}

impl Done {
    /// Returns what came of one more pattern. The first pattern of a way counts all that it
    /// deleted.
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

/// How an invalidation went about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Way {
    /// It deleted keys by their names, or had nothing to do.
    #[default]
    Key,
    /// It looked through all keys for those that match, and deleted them. Writes of the same time
    /// share such a pass.
    Scan,
    /// The epoch of one scope was deleted: what is stored there counts for nothing any more, and is
    /// deleted behind.
    Epoch,
}

impl<'a> Ways<'a> {
    /// Sorts whole patterns. `is_scope` says which scopes are made stale by their epochs. If handles
    /// of the prefix invalidate in different ways, what is in those scopes is deleted as well.
    fn of(patterns: &'a [String], is_scope: impl Fn(&str) -> bool, is_mixed: bool) -> Self {
        let mut ways = Self { is_mixed, ..Self::default() };
        for pattern in patterns {
            let way = match Reach::of(pattern) {
                Reach::Key(key) => {
                    ways.keys.push(key.into_owned());
                    Way::Key
                }
                Reach::Scope(scope) if is_scope(&scope) => {
                    ways.scopes.push(scope);
                    if is_mixed {
                        ways.patterns.push(pattern.clone());
                    }
                    if is_mixed { Way::Scan } else { Way::Epoch }
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

    /// What comes of them where there is no store.
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

    /// Makes everything stale that whole patterns match, and returns what came of each. Exact keys
    /// go by one command for each group, all other patterns by one pass over the store's keys.
    /// Deleted keys are counted by group. Memory is bounded by a page of the pass, each round trip
    /// by the budget.
    pub(crate) async fn sweep_all(
        &self,
        groups: &[Vec<String>],
        patience: Patience,
    ) -> Vec<Vec<Result<Swept>>> {
        let all = groups.concat();
        // First: whoever begins a load from here on finds what the write has left.
        for pattern in &all {
            self.flights().outdate(pattern);
        }
        // Its end is the last: what was read before the keys were gone is forgotten.
        let (store, _writing) = self.backend().sweeping(&all);
        let is_mixed = self.is_mixed_for(&all).await;
        // To clear the whole prefix is to delete it, whatever is in it.
        let is_in_use = is_mixed || self.backend().is_scoped();
        let is_scope = |scope: &str| is_in_use && scope != self.prefix();
        let ways = groups.iter().map(|patterns| Ways::of(patterns, is_scope, is_mixed));
        let ways: Vec<_> = ways.collect();
        let done = match store {
            Kind::Disabled => return ways.iter().map(Ways::nothing_done).collect(),
            Kind::Memory(store) => ways.iter().map(|ways| delete_at_once(store, ways)).collect(),
            Kind::Remote(store) => self.delete(&**store, &ways, patience).await,
        };
        let each = ways.into_iter().zip(done);
        each.map(|(ways, mut done)| ways.each.into_iter().map(|way| done.next(way)).collect())
            .collect()
    }

    /// Whether scopes among patterns have to go both ways, because the handles of the prefix do
    /// not agree on one.
    async fn is_mixed_for(&self, patterns: &[String]) -> bool {
        let is_scope = |pattern: &String| matches!(Reach::of(pattern), Reach::Scope(_));
        patterns.iter().any(is_scope) && self.backend().is_mixed(&mut self.budget()).await
    }

    async fn delete(&self, store: &dyn Store, ways: &[Ways<'_>], patience: Patience) -> Vec<Done> {
        let unlinked = join_all(ways.iter().map(|ways| self.unlink(store, &ways.keys)));
        let scopes: Vec<&str> = ways.iter().flat_map(|ways| &ways.scopes).map(|it| &**it).collect();
        let retired = epochs::retire(store, &scopes, || self.budget());
        let scanned = ways.iter().map(|ways| ways.patterns.clone()).collect();
        let (unlinked, retired, passed) =
            join3(unlinked, retired, self.pass(scanned, patience)).await;
        let is_mixed = ways.iter().any(|ways| ways.is_mixed);
        if retired.is_ok() && !is_mixed {
            for scope in scopes {
                self.delete_behind(&[&*glob::escape(scope), ":*"].concat());
            }
        }
        let passed = if is_mixed { retired.clone().and(passed) } else { passed };
        let only = |deleted| Passed { deleted, ..Passed::default() };
        let done = unlinked.into_iter().enumerate().map(|(group, unlinked)| Done {
            keys: unlinked.map(only),
            epochs: retired.clone().map(|()| only(0)),
            scan: passed.clone().map(|passed| passed.get(group).copied().unwrap_or_default()),
        });
        done.collect()
    }

    /// Deletes keys by their names; each thousand within a budget of its own.
    pub(super) async fn unlink(&self, store: &dyn Store, keys: &[String]) -> Result<u64> {
        // Without its lock a second warm-up would begin beside the first, and others need the marks.
        let keys: Vec<String> =
            keys.iter().filter(|key| !scope::is_kept_key(key)).cloned().collect();
        let mut deleted = 0;
        for batch in keys.chunks(BATCH) {
            deleted += self.budget().spend(store, store.remove(batch)).await?;
        }
        Ok(deleted)
    }
}

/// The same on the embedded store, which takes no time that counts.
fn delete_at_once(store: &MemoryStore, ways: &Ways<'_>) -> Done {
    let keys = ways.keys.iter().map(|key| u64::from(store.delete(key))).sum();
    let is_any = !ways.patterns.is_empty();
    let matching = is_any.then(|| store.delete_matching(&Wanted::new([&*ways.patterns])));
    let passed = |deleted| Ok(Passed { deleted, ..Passed::default() });
    Done { keys: passed(keys), epochs: passed(0), scan: passed(matching.unwrap_or_default()) }
}
