//! Invalidations that failed at the store, until a retry succeeds.
//!
//! Until then, the handle counts the keys that they match as missing: the handle neither reads nor
//! stores them. Other processes cannot know of these invalidations. That is the limit of a store
//! that is away (CONSISTENCY.md).

use crate::function::origin::Origin;
use crate::key::glob;
use crate::key::pattern_queue::{PatternQueue, Waiting};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Largest number of overdue patterns. With more, everything under the prefix counts as missing.
const MAX_PATTERNS: usize = 1000;

/// Bit of the count that is set when the handle is shut down. Every key counts as missing then.
const CLOSED: usize = 1 << (usize::BITS - 1);

/// Overdue invalidations of one handle.
#[derive(Debug, Default)]
pub(crate) struct Overdue {
    patterns: Mutex<Patterns>,
    /// Number of overdue patterns, and the [`CLOSED`] bit. Read without the lock, changed under it.
    count: AtomicUsize,
    /// `true` if a log message has told of a failure.
    is_told: AtomicBool,
}

#[derive(Debug, Default)]
struct Patterns {
    failed: PatternQueue<Failed, MAX_PATTERNS>,
    /// Patterns of invalidations that run after their caller has gone, by number. They are driven
    /// to their end, so no task has to retry them.
    unattended: BTreeMap<u64, String>,
    /// Number of additions so far.
    added: u64,
    is_closed: bool,
}

/// Details of an overdue pattern.
#[derive(Debug)]
struct Failed {
    /// Number of the pattern's last addition.
    added: u64,
    /// Number of failed invalidations that the pattern stands for.
    stands_for: u64,
    origin: Origin,
}

impl Waiting for Failed {
    fn absorb(&mut self, other: Self) {
        self.added = self.added.max(other.added);
        self.stands_for += other.stands_for;
    }

    fn widen(&mut self) {
        self.origin = Origin::Everything;
    }
}

impl Patterns {
    fn count(&self) -> usize {
        let count = self.failed.len() + self.unattended.len();
        if self.is_closed { count | CLOSED } else { count }
    }
}

impl Overdue {
    /// Tells whether any key counts as missing. A caller can ask before it knows the key.
    pub(crate) fn is_any(&self) -> bool {
        self.count.load(SeqCst) > 0
    }

    /// Returns the number of overdue patterns.
    pub(crate) fn len(&self) -> usize {
        self.count.load(SeqCst) & !CLOSED
    }

    /// Makes every key count as missing from now on.
    pub(crate) fn close(&self) {
        let mut patterns = self.lock();
        patterns.is_closed = true;
        self.count.store(patterns.count(), SeqCst);
    }

    /// Notes that a log message has told of a failure.
    pub(crate) fn note_told(&self) {
        // mutant: the end of an outage is logged quietly
        self.is_told.store(true, SeqCst);
    }

    /// Tells whether a log message has told of a failure since the last call of this method.
    pub(crate) fn was_told(&self) -> bool {
        self.is_told.swap(false, SeqCst)
    }

    /// Returns the origins of the failed patterns, each once.
    pub(crate) fn origins(&self) -> BTreeSet<String> {
        self.lock().failed.items().map(|failed| failed.origin.to_string()).collect()
    }

    /// Tells whether a key counts as missing.
    pub(crate) fn covers(&self, key: &str) -> bool {
        // Nearly always no pattern is overdue, and no lock is taken.
        if !self.is_any() {
            return false;
        }
        let patterns = self.lock();
        let matches = |pattern: &String| glob::matches(pattern.as_bytes(), key.as_bytes());
        let mut all = patterns.failed.patterns().chain(patterns.unattended.values());
        patterns.is_closed || all.any(matches)
    }

    /// Adds a pattern. Returns whether a task has to be started.
    pub(crate) fn add(&self, pattern: &str, everything: &str, origin: Origin) -> bool {
        let mut patterns = self.lock();
        patterns.added += 1;
        let failed = Failed { added: patterns.added, stands_for: 1, origin };
        let is_first = patterns.failed.add(pattern, everything, failed);
        self.count.store(patterns.count(), SeqCst);
        is_first
    }

    /// Adds a pattern whose invalidation runs while its caller has gone, and returns its number.
    pub(crate) fn add_unattended(&self, pattern: &str) -> u64 {
        let mut patterns = self.lock();
        patterns.added += 1;
        let number = patterns.added;
        patterns.unattended.insert(number, pattern.to_owned());
        self.count.store(patterns.count(), SeqCst);
        number
    }

    /// Removes a pattern that [`Overdue::add_unattended`] added, because its invalidation has run.
    pub(crate) fn remove_unattended(&self, number: u64) {
        let mut patterns = self.lock();
        patterns.unattended.remove(&number);
        self.count.store(patterns.count(), SeqCst);
    }

    /// Returns the number of patterns that failed at the store.
    pub(crate) fn failed(&self) -> usize {
        self.lock().failed.len()
    }

    /// Removes a pattern whose retry succeeded, and returns how many failed invalidations it stood
    /// for. A pattern added again since then stays, because the pass may already have gone by the
    /// keys of the newer write.
    pub(crate) fn remove(&self, pattern: &str, added: u64) -> u64 {
        let mut patterns = self.lock();
        let done = patterns.failed.remove_if(pattern, |failed| failed.added == added);
        self.count.store(patterns.count(), SeqCst);
        done.map_or(0, |done| done.stands_for)
    }

    /// Returns the pattern to retry after another one, with the number of its last addition. If
    /// nothing is overdue, returns `None`, and the task that asks ends.
    pub(crate) fn next(&self, after: &str) -> Option<(String, u64)> {
        let mut patterns = self.lock();
        let next = patterns.failed.next(after);
        next.map(|(pattern, failed)| (pattern.to_owned(), failed.added))
    }

    fn lock(&self) -> MutexGuard<'_, Patterns> {
        self.patterns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(overdue: &Overdue, pattern: &str) -> bool {
        overdue.add(pattern, "cache:*", Origin::Hand)
    }

    #[test]
    fn what_is_overdue_counts_as_missing() {
        let overdue = Overdue::default();
        assert!(add(&overdue, "cache:a:*"));
        assert!(!add(&overdue, "cache:b:*"), "one task serves all");
        assert!(overdue.covers("cache:a:1") && !overdue.covers("cache:c:1"));
        overdue.remove("cache:a:*", 1);
        assert!(!overdue.covers("cache:a:1"));
        assert_eq!(overdue.next("cache:a:*"), Some(("cache:b:*".to_owned(), 2)));
        overdue.remove("cache:b:*", 2);
        assert_eq!(overdue.next(""), None);
        assert!(add(&overdue, "cache:a:*"), "a task that ended is started anew");
    }

    #[test]
    fn what_becomes_overdue_while_it_is_made_up_for_stays() {
        let overdue = Overdue::default();
        add(&overdue, "cache:a:*");
        let (pattern, added) = overdue.next("").unwrap();
        add(&overdue, "cache:a:*");
        overdue.remove(&pattern, added);
        assert!(overdue.covers("cache:a:1") && overdue.len() == 1);
        let (pattern, added) = overdue.next("").unwrap();
        overdue.remove(&pattern, added);
        assert_eq!(overdue.next(""), None);
    }

    #[test]
    fn a_wide_pattern_stands_for_the_narrow_ones() {
        let overdue = Overdue::default();
        for narrow in ["cache:a:1:*", "cache:a:2", "cache:b:1"] {
            add(&overdue, narrow);
        }
        add(&overdue, "cache:a:*");
        assert_eq!(overdue.len(), 2);
        let (pattern, added) = overdue.next("").unwrap();
        assert_eq!(pattern, "cache:a:*");
        add(&overdue, "cache:a:3");
        overdue.remove(&pattern, added);
        assert!(overdue.covers("cache:a:3"), "the sweep may have passed it");
    }

    #[test]
    fn too_many_patterns_become_everything() {
        let overdue = Overdue::default();
        for n in 0..=MAX_PATTERNS {
            add(&overdue, &format!("cache:{n}"));
        }
        assert_eq!(overdue.len(), 1);
        assert!(overdue.covers("cache:anything"));
        assert_eq!(overdue.origins(), BTreeSet::from([Origin::Everything.to_string()]));
        let (pattern, added) = overdue.next("").unwrap();
        assert_eq!(overdue.remove(&pattern, added), MAX_PATTERNS as u64 + 1, "each is counted");
    }

    #[test]
    fn what_runs_without_its_caller_is_overdue_until_it_has_run() {
        let overdue = Overdue::default();
        let number = overdue.add_unattended("cache:a:*");
        assert_eq!((overdue.len(), overdue.failed(), overdue.next("")), (1, 0, None));
        add(&overdue, "cache:a:*");
        let (pattern, added) = overdue.next("").unwrap();
        overdue.remove(&pattern, added);
        assert!(overdue.covers("cache:a:1") && !overdue.covers("cache:b:1"));
        overdue.remove_unattended(number);
        assert!(!overdue.covers("cache:a:1") && overdue.len() == 0);
    }

    #[test]
    fn everything_is_missing_after_the_end() {
        let overdue = Overdue::default();
        add(&overdue, "cache:a:*");
        overdue.close();
        assert!(overdue.covers("cache:b:1") && overdue.len() == 1);
        overdue.remove("cache:a:*", 1);
        assert!(overdue.covers("cache:b:1") && overdue.len() == 0);
    }
}
