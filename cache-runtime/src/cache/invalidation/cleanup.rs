//! Deleting what an epoch has made stale, behind everybody: so that the memory returns, and `redis-cli` shows what there is.

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

/// The pause between two pages of a scan, as a multiple of what the page took. A scan takes a tenth
/// of the server's time at most.
const PAUSE: u32 = 9;

/// The shortest pause between two pages of a scan: no more than a hundred thousand keys a second
/// are looked at.
const MIN_PAUSE: Duration = Duration::from_millis(10);

/// If more patterns than this wait, all keys under the prefix are looked at: each pattern costs a
/// scan of the whole database, and what is of the present stays anyway.
const MAX_PATTERNS: usize = 16;

/// The patterns whose outdated entries are to be deleted. One task serves all of a handle, one
/// pattern after another.
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
    /// Deletes behind what a pattern matches and the present epochs do not vouch for.
    pub(crate) fn delete_detached(&self, pattern: &str) {
        if self.inner.shared.sweeper.add(pattern, self.everything()) {
            bridge::spawn_apart(serve(self.keeper()));
        }
    }

    /// Deletes what is outdated on one page of a scan, and says where the next one begins.
    async fn delete_page(&self, pattern: &str, cursor: u64) -> Result<Option<u64>> {
        let page = self.backend().scan(pattern, cursor, &mut self.budget()).await?;
        let deleted = self.delete_outdated_of(&page.keys).await?;
        self.manual().deleted.add(deleted);
        Ok(page.next)
    }

    /// Deletes those of some keys that hold something of the past, if they still do.
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
                // No entry of ours.
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

/// Serves pattern after pattern until there is none, or the handle ends. What fails is left to
/// expire: nobody reads it.
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
