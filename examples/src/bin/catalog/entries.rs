//! What the store holds of a catalog, and since when.

use cache_runtime::{Cache, Result};
use serde::Serialize;
use std::time::Duration;

/// A stored value.
#[derive(Debug, Serialize)]
pub(crate) struct Entry {
    pub(crate) key: String,
    /// How long ago it was cached, in milliseconds.
    pub(crate) age: u128,
}

/// All entries of the catalog `id`, whose keys begin with it, sorted.
pub(crate) async fn list(cache: &Cache, id: &str, ttl: Duration) -> Result<Vec<Entry>> {
    let mut keys = cache.keys(format!("{id}:*"))?;
    let mut entries = Vec::new();
    while let Some(key) = keys.next().await.transpose()? {
        // One that has expired since it was listed is left out.
        if let Some(left) = cache.ttl(&key).await? {
            entries.push(Entry { key, age: ttl.saturating_sub(left).as_millis() });
        }
    }
    entries.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    // A listing that spans several pages may repeat a key.
    entries.dedup_by(|a, b| a.key == b.key);
    Ok(entries)
}
