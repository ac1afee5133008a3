//! Deleting keys by pattern.

use super::Cache;
use crate::backend::Kind;
use crate::epochs;
use crate::error::Result;
use crate::scope::{self, Reach};
use crate::store::Store;
use futures_util::future::join;

/// What an invalidation did to a store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Swept {
    pub(crate) deleted: u64,
    pub(crate) way: Way,
}

impl Swept {
    fn keys(deleted: u64) -> Self {
        Self { deleted, way: Way::Key }
    }

    fn by_scan(deleted: u64) -> Self {
        Self { deleted, way: Way::Scan }
    }

    fn by_epoch() -> Self {
        Self { deleted: 0, way: Way::Epoch }
    }

    /// This and another one together; the way is the last one's.
    pub(crate) fn and(self, other: Self) -> Self {
        Self { deleted: self.deleted + other.deleted, way: other.way }
    }
}

/// How an invalidation went about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Way {
    /// It deleted one key by its name, or had nothing to do.
    #[default]
    Key,
    /// It looked through all keys for those that match, and deleted them.
    Scan,
    /// The epoch of one scope was deleted: what is stored there counts for nothing any more, and is
    /// deleted behind.
    Epoch,
}

impl Cache {
    /// Makes everything stale that matches a whole pattern, prefix included. Memory stays bounded by a page of the scan;
    /// each round trip is bounded by the budget.
    pub(crate) async fn sweep(&self, pattern: &str) -> Result<Swept> {
        // First: whoever begins a load from here on finds what the write has left.
        self.flights().outdate(pattern);
        // Its end is the last: what was read before the keys were gone is forgotten.
        let (store, _writing) = self.backend().sweeping(pattern);
        if self.needs_tokio() {
            self.check_open()?;
        }
        match (store, Reach::of(pattern)) {
            (Kind::Disabled, _) => Ok(Swept::default()),
            (Kind::Memory(store), Reach::Key(key)) => Ok(Swept::keys(store.delete(&key).into())),
            (Kind::Memory(store), _) => Ok(Swept::by_scan(store.delete_matching(pattern))),
            (Kind::Remote(store), Reach::Key(key)) => {
                Ok(Swept::keys(self.unlink(&**store, &[key.into_owned()]).await?))
            }
            // To clear the whole prefix is to delete it, whatever is in it.
            (Kind::Remote(_), Reach::Scope(scope))
                if self.backend().is_scoped() && scope != self.prefix() =>
            {
                epochs::retire(self.backend(), &scope, self.budget()).await?;
                self.delete_behind(pattern);
                Ok(Swept::by_epoch())
            }
            (Kind::Remote(store), _) => {
                Ok(Swept::by_scan(self.scan_and_unlink(&**store, pattern).await?))
            }
        }
    }

    /// Deletes one page of matches while the next one is being looked for.
    async fn scan_and_unlink(&self, store: &dyn Store, pattern: &str) -> Result<u64> {
        let mut deleted = 0;
        let mut doomed = Vec::new();
        let mut cursor = Some(0);
        while let Some(at) = cursor {
            let mut budget = self.budget();
            let scan = budget.spend(store, store.scan(pattern, at));
            let (page, unlinked) = join(scan, self.unlink(store, &doomed)).await;
            deleted += unlinked?;
            let page = page?;
            doomed = page.keys;
            cursor = page.next;
        }
        Ok(deleted + self.unlink(store, &doomed).await?)
    }

    async fn unlink(&self, store: &dyn Store, keys: &[String]) -> Result<u64> {
        // Without its lock a second warm-up would begin beside the first.
        let keys: Vec<String> =
            keys.iter().filter(|key| !scope::is_lock_key(key)).cloned().collect();
        if keys.is_empty() {
            return Ok(0);
        }
        self.budget().spend(store, store.remove(&keys)).await
    }
}
