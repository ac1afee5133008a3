//! Invalidations that the store has failed, until it has taken them.
//!
//! Until then this process takes what they match for missing: it neither reads it nor stores it. Other processes cannot
//! know; that is the limit of a store that is away (CONSISTENCY.md).

use crate::bridge;
use crate::cache::Cache;
use crate::glob;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::sleep;

/// More patterns than this become one: everything under the prefix.
const MOST: usize = 1000;

/// The first pause before an invalidation is tried again; each following one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// The longest such pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The invalidations that one handle owes its store.
#[derive(Debug, Default)]
pub(crate) struct Overdue {
    patterns: Mutex<Patterns>,
    /// How many patterns there are, to be read without the lock. Changes under it.
    count: AtomicUsize,
}

#[derive(Debug, Default)]
struct Patterns {
    open: BTreeSet<String>,
    /// Whether a task is making up for them.
    is_served: bool,
}

impl Overdue {
    /// How many patterns wait.
    pub(crate) fn len(&self) -> usize {
        self.count.load(SeqCst)
    }

    /// Whether a key is to be taken for missing.
    pub(crate) fn covers(&self, key: &str) -> bool {
        // Nearly always there are none, and no lock is taken.
        self.len() > 0
            && self.lock().open.iter().any(|open| glob::matches(open.as_bytes(), key.as_bytes()))
    }

    /// Adds a pattern; says whether a task has to be started.
    fn add(&self, pattern: &str, everything: &str) -> bool {
        let mut patterns = self.lock();
        if patterns.open.len() >= MOST {
            patterns.open.clear();
            patterns.open.insert(everything.to_owned());
        } else {
            patterns.open.insert(pattern.to_owned());
        }
        self.count.store(patterns.open.len(), SeqCst);
        !std::mem::replace(&mut patterns.is_served, true)
    }

    fn remove(&self, pattern: &str) {
        let mut patterns = self.lock();
        patterns.open.remove(pattern);
        self.count.store(patterns.open.len(), SeqCst);
    }

    /// What is to be made up for; when there is nothing, the task that asks ends.
    fn next(&self) -> Option<String> {
        let mut patterns = self.lock();
        let next = patterns.open.first().cloned();
        patterns.is_served = next.is_some();
        next
    }

    fn lock(&self) -> MutexGuard<'_, Patterns> {
        self.patterns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Cache {
    /// Keeps an invalidation that failed, and sees to it that it is made up for.
    pub(crate) fn owe(&self, pattern: &str) {
        if self.overdue().add(pattern, &self.full_pattern("*")) {
            drop(bridge::spawn_apart(make_up(self.clone())));
        }
    }
}

/// Tries what is overdue again until nothing is. A pattern that fails again is tried again: the store is one for all.
async fn make_up(cache: Cache) {
    let mut pause = FIRST_PAUSE;
    while let Some(pattern) = cache.overdue().next() {
        sleep(pause).await;
        match cache.sweep(&pattern).await {
            Ok(deleted) => {
                cache.overdue().remove(&pattern);
                pause = FIRST_PAUSE;
                cache.manual().deleted.add(deleted);
                tracing::info!(target: "cache_runtime", deleted, left = cache.overdue().len(), "made up for an invalidation that had failed");
            }
            Err(_) => pause = (pause * 2).min(LONGEST_PAUSE),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_overdue_counts_as_missing() {
        let overdue = Overdue::default();
        assert!(overdue.add("cache:a:*", "cache:*"));
        assert!(!overdue.add("cache:b:*", "cache:*"), "one task serves all");
        assert!(overdue.covers("cache:a:1") && !overdue.covers("cache:c:1"));
        overdue.remove("cache:a:*");
        assert!(!overdue.covers("cache:a:1"));
        assert_eq!(overdue.next().as_deref(), Some("cache:b:*"));
        overdue.remove("cache:b:*");
        assert_eq!(overdue.next(), None);
        assert!(overdue.add("cache:a:*", "cache:*"), "a task that ended is started anew");
    }

    #[test]
    fn too_many_patterns_become_everything() {
        let overdue = Overdue::default();
        for n in 0..=MOST {
            overdue.add(&format!("cache:{n}"), "cache:*");
        }
        assert_eq!(overdue.len(), 1);
        assert!(overdue.covers("cache:anything"));
    }
}
