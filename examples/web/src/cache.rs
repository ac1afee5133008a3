//! The cache's handle, from the process' first line to its last.

use cache_runtime::{Cache, Error, bypass};
use serde_json::{Value, json};
use std::time::Duration;

/// How long the end of the process may take to deliver invalidations that Redis has not taken yet.
const PATIENCE: Duration = Duration::from_secs(5);

/// The handle that all annotated functions use.
#[derive(Clone)]
pub(crate) struct Handle(Cache);

impl Handle {
    /// Builds it from the variables `CACHE_…`, and makes it the handle of this process.
    pub(crate) async fn open() -> Result<Self, Error> {
        let cache = Cache::from_env().await?;
        cache.install()?;
        Ok(Self(cache))
    }

    /// What `/health` shows.
    pub(crate) async fn health(&self) -> Value {
        json!({ "health": self.0.health().await, "stats": self.0.stats() })
    }

    /// Delivers what is owed.
    pub(crate) async fn close(&self) {
        let ended = self.0.shutdown(PATIENCE).await;
        if !ended.is_clean() {
            eprintln!("web: the cache was left with work undone: {ended:?}");
        }
    }
}

/// Has cached functions inside `reads` ask the database, and store nothing.
pub(crate) fn from_database<F: Future>(reads: F) -> impl Future<Output = F::Output> {
    bypass(reads)
}
