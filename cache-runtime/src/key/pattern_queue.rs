//! Queues patterns for one task, as a bounded set without overlaps.

use crate::key::glob;
use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};

/// The facts about a waiting pattern.
pub(crate) trait Waiting {
    /// Takes over the facts about a pattern whose keys all match this pattern.
    fn absorb(&mut self, other: Self);

    /// Notes that the pattern now matches everything, because too many patterns wait.
    fn widen(&mut self);
}

/// The facts about patterns of which only the text counts.
impl Waiting for () {
    fn absorb(&mut self, (): ()) {}

    fn widen(&mut self) {}
}

/// Patterns that wait for one task.
///
/// No pattern lies within another: a wider pattern stands for the narrower. If more than `MAX`
/// patterns wait, one pattern replaces them and matches everything under the prefix.
#[derive(Debug)]
pub(crate) struct PatternQueue<T, const MAX: usize> {
    waiting: BTreeMap<String, T>,
    is_served: bool,
}

impl<T, const MAX: usize> Default for PatternQueue<T, MAX> {
    fn default() -> Self {
        Self { waiting: BTreeMap::new(), is_served: false }
    }
}

impl<T: Waiting, const MAX: usize> PatternQueue<T, MAX> {
    /// Adds a pattern. Returns whether a task has to be started.
    pub(crate) fn add(&mut self, pattern: &str, everything: &str, mut item: T) -> bool {
        let mut pattern = pattern;
        if self.waiting.len() >= MAX {
            item.widen();
            pattern = everything;
        }
        let mut wider = self.waiting.keys().filter(|wider| glob::is_within(pattern, wider));
        let pattern = wider.next().cloned().unwrap_or_else(|| pattern.to_owned());
        let mut item = match self.waiting.remove(&pattern) {
            Some(mut first) => {
                first.absorb(item);
                first
            }
            None => item,
        };
        let narrower = self.waiting.extract_if(.., |other, _| glob::is_within(other, &pattern));
        narrower.for_each(|(_, narrower)| item.absorb(narrower));
        self.waiting.insert(pattern, item);
        !std::mem::replace(&mut self.is_served, true)
    }
}

impl<T, const MAX: usize> PatternQueue<T, MAX> {
    /// Returns the pattern that follows `after`. Returns the first pattern if `after` is the last.
    /// If nothing waits, the calling task ends.
    pub(crate) fn next(&mut self, after: &str) -> Option<(&str, &T)> {
        let following = self.waiting.range::<str, _>((Excluded(after), Unbounded)).next();
        let next = following.or_else(|| self.waiting.first_key_value());
        self.is_served = next.is_some();
        next.map(|(pattern, item)| (pattern.as_str(), item))
    }

    /// Takes the first pattern. If nothing waits, the calling task ends.
    pub(crate) fn pop(&mut self) -> Option<String> {
        let first = self.waiting.pop_first();
        self.is_served = first.is_some();
        first.map(|(pattern, _)| pattern)
    }

    /// Removes a pattern if it waits and `condition` holds.
    pub(crate) fn remove_if(
        &mut self,
        pattern: &str,
        condition: impl FnOnce(&T) -> bool,
    ) -> Option<T> {
        self.waiting.get(pattern).filter(|item| condition(item))?;
        self.waiting.remove(pattern)
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(crate) fn patterns(&self) -> impl Iterator<Item = &String> {
        self.waiting.keys()
    }

    pub(crate) fn items(&self) -> impl Iterator<Item = &T> {
        self.waiting.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Queue = PatternQueue<(), 3>;

    fn add(queue: &mut Queue, pattern: &str) -> bool {
        queue.add(pattern, "cache:*", ())
    }

    fn waiting(queue: &Queue) -> Vec<&str> {
        queue.patterns().map(String::as_str).collect()
    }

    #[test]
    fn a_wider_pattern_stands_for_the_narrower_ones() {
        let mut queue = Queue::default();
        for pattern in ["cache:a:1", "cache:b:1", "cache:a:*", "cache:a:2"] {
            add(&mut queue, pattern);
        }
        assert_eq!(waiting(&queue), ["cache:a:*", "cache:b:1"]);
    }

    #[test]
    fn too_many_patterns_become_one() {
        let mut queue = Queue::default();
        for pattern in ["cache:a", "cache:b", "cache:c"] {
            add(&mut queue, pattern);
        }
        assert_eq!(queue.len(), 3);
        add(&mut queue, "cache:d");
        assert_eq!(waiting(&queue), ["cache:*"]);
    }

    #[test]
    fn one_task_serves_until_nothing_waits() {
        let mut queue = Queue::default();
        assert!(add(&mut queue, "cache:a"), "the first pattern starts the task");
        assert!(!add(&mut queue, "cache:b"));
        assert_eq!(queue.pop().as_deref(), Some("cache:a"));
        assert_eq!(queue.pop().as_deref(), Some("cache:b"));
        assert!(!add(&mut queue, "cache:c"), "the task has not heard yet that nothing waits");
        assert_eq!((queue.pop().as_deref(), queue.pop()), (Some("cache:c"), None));
        assert!(add(&mut queue, "cache:d"), "a task that ended is started again");
    }

    #[test]
    fn the_task_goes_round() {
        let mut queue = Queue::default();
        add(&mut queue, "cache:a");
        add(&mut queue, "cache:b");
        let mut next = |after| queue.next(after).map(|(pattern, ())| pattern.to_owned());
        assert_eq!(next("").as_deref(), Some("cache:a"));
        assert_eq!(next("cache:a").as_deref(), Some("cache:b"));
        assert_eq!(next("cache:b").as_deref(), Some("cache:a"));
    }
}
