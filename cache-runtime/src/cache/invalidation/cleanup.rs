//! Cleanup: deletes in the background what an epoch has made stale. The memory returns, and
//! `redis-cli` shows only current entries.

use crate::cache::{Cache, Keeper};
use crate::entry::envelope;
use crate::error::Result;
use crate::key::pattern_queue::PatternQueue;
use crate::protocol::epochs;
use crate::rt::bridge;
use crate::rt::ending::Phase;
use crate::store::Condition;
use futures_util::FutureExt;
use futures_util::future::join_all;
use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The pause between two pages of a scan, as a multiple of the page's own time. A scan therefore
/// takes a tenth of the server's time at most.
const PAUSE: u32 = 9;

/// The shortest pause between two pages of a scan. A scan therefore looks at a hundred thousand
/// keys a second at most.
const MIN_PAUSE: Duration = Duration::from_millis(10);

/// The largest number of patterns that wait. Beyond it, one scan over all keys of the prefix
/// replaces them, because each pattern costs a scan of the whole database. Current entries stay in
/// either case.
const MAX_PATTERNS: usize = 16;

/// The patterns whose stale entries are to be deleted. One task serves all patterns of a handle,
/// one after another.
#[derive(Debug, Default)]
pub(crate) struct Sweeper {
    patterns: Mutex<PatternQueue<(), MAX_PATTERNS>>,
}

impl Sweeper {
    /// Adds a pattern. Returns whether a task has to be started.
    fn add(&self, pattern: &str, everything: &str) -> bool {
        self.with_patterns(|patterns| patterns.add(pattern, everything, ()))
    }

    /// Takes the next pattern. If there is none, the task that asks ends.
    fn next(&self) -> Option<String> {
        self.with_patterns(PatternQueue::pop)
    }

    fn with_patterns<R>(&self, f: impl FnOnce(&mut PatternQueue<(), MAX_PATTERNS>) -> R) -> R {
        f(&mut self.patterns.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Cache {
    /// Deletes in the background the entries that match the pattern and that the current epochs do
    /// not vouch for.
    pub(crate) fn delete_detached(&self, pattern: &str) {
        if self.inner.shared.sweeper.add(pattern, self.everything()) {
            bridge::spawn_apart(serve(self.keeper()));
        }
    }

    /// Deletes the stale entries of one page of a scan, and returns the cursor of the next page.
    async fn delete_page(&self, pattern: &str, cursor: u64) -> Result<Option<u64>> {
        let page = self.backend().scan(pattern, cursor, &mut self.budget()).await?;
        let deleted = self.delete_outdated_of(&page.keys).await?;
        self.manual().deleted.add(deleted);
        Ok(page.next)
    }

    /// Deletes those of the keys that hold something stale, if they still hold it when the store
    /// deletes.
    async fn delete_outdated_of(&self, keys: &[String]) -> Result<u64> {
        let backend = self.backend();
        let heads = backend.heads(keys, envelope::MAX_HEADER, || self.budget()).await?;
        let epochs = epochs::read_many(backend, keys, || self.budget()).await?;
        let found = keys.iter().zip(&heads).zip(epochs);
        let outdated = found.filter_map(|((key, head), epochs)| {
            let head = head.as_ref()?;
            let is_current = match (envelope::scopes(head), envelope::lease_scopes(head)) {
                (Some(scopes), _) => epochs.vouch_for(scopes),
                (None, Some(scopes)) => epochs.may_become(scopes),
                // The value is neither an entry nor a lease of this cache, and stays.
                (None, None) => true,
            };
            // mutant: what is of the present is deleted behind, too
            (!is_current).then_some((key, envelope::fingerprint(head)))
        });
        let deletions = outdated.map(async |(key, head)| {
            backend.remove_if(key, Condition::StartsWith(head), &mut self.budget()).await
        });
        let deleted = join_all(deletions).await;
        Ok(deleted.into_iter().filter(|deleted| matches!(deleted, Ok(true))).count() as u64)
    }
}

/// Serves pattern after pattern until there is none, or the handle ends. If the store fails, the
/// rest of a pattern is left to expire, because nobody reads stale entries.
async fn serve(keeper: Keeper) {
    while let Some(pattern) = keeper.cache().inner.shared.sweeper.next() {
        // An application's own store may panic.
        let deleted = AssertUnwindSafe(delete_outdated(&keeper, &pattern)).catch_unwind().await;
        if let Ok(Err(error)) = deleted {
            tracing::debug!(target: "cache_runtime", %error, "what was invalidated could not be deleted, and is left to expire");
        }
    }
}

async fn delete_outdated(keeper: &Keeper, pattern: &str) -> Result<()> {
    let mut cursor = Some(0);
    while let Some(at) = cursor {
        if keeper.ending().phase() > Phase::Open {
            return Ok(());
        }
        let started = Instant::now();
        cursor = keeper.cache().delete_page(pattern, at).await?;
        keeper.ending().rest(MIN_PAUSE.max(started.elapsed() * PAUSE)).await;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_task_serves_each_pattern_once() {
        let sweeper = Sweeper::default();
        assert!(sweeper.add("a:b:*", "*"));
        assert!(!sweeper.add("a:b:*", "*") && !sweeper.add("c:*", "*"));
        assert!(!sweeper.add("a:*", "*"), "a wider one stands for the narrow ones");
        assert_eq!(sweeper.next().as_deref(), Some("a:*"));
        assert!(!sweeper.add("a:*", "*"), "what comes during a sweep is swept again");
        assert_eq!(sweeper.next().as_deref(), Some("a:*"));
        assert_eq!(sweeper.next().as_deref(), Some("c:*"));
        assert_eq!(sweeper.next(), None);
        assert!(sweeper.add("a:*", "*"), "a task that ended is started anew");
    }

    #[test]
    fn too_many_patterns_become_everything() {
        let sweeper = Sweeper::default();
        for n in 0..=MAX_PATTERNS {
            sweeper.add(&format!("a:{n}:*"), "a:*");
        }
        assert_eq!((sweeper.next().as_deref(), sweeper.next()), (Some("a:*"), None));
    }
}
