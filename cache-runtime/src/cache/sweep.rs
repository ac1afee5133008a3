//! Deleting keys by pattern.

use super::Cache;
use crate::backend::Kind;
use crate::error::Result;
use crate::glob;
use crate::store::Store;
use futures_util::future::join;

impl Cache {
    /// Deletes every key that matches a whole pattern, prefix included. Memory stays bounded by a page of the scan;
    /// each round trip is bounded by the budget.
    pub(crate) async fn sweep(&self, pattern: &str) -> Result<u64> {
        // First: whoever begins a load from here on finds what the write has left.
        self.flights().outdate(pattern);
        // Its end is the last: what was read before the keys were gone is forgotten.
        let (store, _writing) = self.backend().sweeping(pattern);
        match (store, glob::literal(pattern)) {
            (Kind::Disabled, _) => Ok(0),
            (Kind::Memory(store), Some(key)) => Ok(u64::from(store.delete(&key))),
            (Kind::Memory(store), None) => Ok(store.delete_matching(pattern)),
            (Kind::Remote(store), Some(key)) => self.unlink(&**store, &[key.into_owned()]).await,
            (Kind::Remote(store), None) => self.scan_and_unlink(&**store, pattern).await,
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
        if keys.is_empty() {
            return Ok(0);
        }
        self.budget().spend(store, store.remove(keys)).await
    }
}
