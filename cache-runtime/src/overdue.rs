//! Invalidations that the store has failed, until it has taken them.
//!
//! Until then the handle takes what they match for missing: it neither reads it nor stores it. Other processes cannot
//! know; that is the limit of a store that is away (CONSISTENCY.md).

use crate::glob;
use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// More patterns than this become one: everything under the prefix.
const MOST: usize = 1000;

/// The invalidations that one handle owes its store.
#[derive(Debug, Default)]
pub(crate) struct Overdue {
    patterns: Mutex<Patterns>,
    /// How many patterns there are, to be read without the lock. Changes under it.
    count: AtomicUsize,
}

#[derive(Debug, Default)]
struct Patterns {
    /// Each with the number of its last addition.
    open: BTreeMap<String, u64>,
    /// How many additions there were.
    added: u64,
    /// Whether a task is making up for them.
    is_served: bool,
}

impl Patterns {
    /// Adds a pattern: to a wider one if there is one, else in place of narrower ones.
    fn add(&mut self, pattern: &str, everything: &str) {
        self.added += 1;
        let pattern = if self.open.len() >= MOST { everything } else { pattern };
        let wider = self.open.keys().find(|open| glob::is_within(pattern, open));
        let pattern = wider.map_or(pattern, String::as_str).to_owned();
        self.open.retain(|open, _| !glob::is_within(open, &pattern));
        self.open.insert(pattern, self.added);
    }
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
            && self.lock().open.keys().any(|open| glob::matches(open.as_bytes(), key.as_bytes()))
    }

    /// Adds a pattern; says whether a task has to be started.
    pub(crate) fn add(&self, pattern: &str, everything: &str) -> bool {
        let mut patterns = self.lock();
        patterns.add(pattern, everything);
        self.count.store(patterns.open.len(), SeqCst);
        !std::mem::replace(&mut patterns.is_served, true)
    }

    /// Takes a pattern off that was made up for, unless it has been added again since: the sweep may have passed
    /// already what that write has made stale.
    pub(crate) fn remove(&self, pattern: &str, added: u64) {
        let mut patterns = self.lock();
        if patterns.open.get(pattern) == Some(&added) {
            patterns.open.remove(pattern);
        }
        self.count.store(patterns.open.len(), SeqCst);
    }

    /// What is to be made up for after another pattern, and the number of its addition; when there is nothing, the task that
    /// asks ends.
    pub(crate) fn next(&self, after: &str) -> Option<(String, u64)> {
        let mut patterns = self.lock();
        let following = patterns.open.range::<str, _>((Excluded(after), Unbounded)).next();
        let next = following.or_else(|| patterns.open.first_key_value());
        let next = next.map(|(pattern, added)| (pattern.clone(), *added));
        patterns.is_served = next.is_some();
        next
    }

    fn lock(&self) -> MutexGuard<'_, Patterns> {
        self.patterns.lock().unwrap_or_else(PoisonError::into_inner)
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
        overdue.remove("cache:a:*", 1);
        assert!(!overdue.covers("cache:a:1"));
        assert_eq!(overdue.next("cache:a:*"), Some(("cache:b:*".to_owned(), 2)));
        overdue.remove("cache:b:*", 2);
        assert_eq!(overdue.next(""), None);
        assert!(overdue.add("cache:a:*", "cache:*"), "a task that ended is started anew");
    }

    #[test]
    fn what_becomes_overdue_while_it_is_made_up_for_stays() {
        let overdue = Overdue::default();
        overdue.add("cache:a:*", "cache:*");
        let (pattern, added) = overdue.next("").unwrap();
        overdue.add("cache:a:*", "cache:*");
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
            overdue.add(narrow, "cache:*");
        }
        overdue.add("cache:a:*", "cache:*");
        assert_eq!(overdue.len(), 2);
        let (pattern, added) = overdue.next("").unwrap();
        assert_eq!(pattern, "cache:a:*");
        overdue.add("cache:a:3", "cache:*");
        overdue.remove(&pattern, added);
        assert!(overdue.covers("cache:a:3"), "the sweep may have passed it");
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
