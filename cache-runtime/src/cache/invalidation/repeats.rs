//! Invalidations that run once more after a time: for replicas that lag behind, and for writes that
//! were dropped and may still commit.
//!
//! A single task serves all repeats of a handle. The task runs on the bridge, and ends when nothing
//! is left to repeat.

use crate::cache::Keeper;
use crate::cache::invalidation::Invalidation;
use crate::function::origin::Origin;
use crate::rt::bridge;
use crate::rt::ending::{Ending, Phase, Running};
use futures_util::FutureExt;
use futures_util::future::select;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio::time::sleep_until;
use tracing::instrument::WithSubscriber;

/// The invalidations that one handle will run once more.
#[derive(Debug)]
pub(crate) struct Repeats {
    ending: Arc<Ending>,
    list: Mutex<List>,
    /// Wakes the task when an invalidation is due earlier than the task thinks.
    earlier: Notify,
}

#[derive(Debug, Default)]
struct List {
    /// Repeats by the time when they are due. The number tells two repeats of one time apart.
    due: BTreeMap<(Instant, u64), Repeat>,
    next_number: u64,
    is_served: bool,
    /// Number of repeats that ran before their time, because the handle was shut down.
    hastened: usize,
}

/// An invalidation that does not hold its handle.
#[derive(Debug)]
pub(crate) struct Repeat {
    pub(crate) keeper: Keeper,
    pub(crate) pattern: String,
    pub(crate) origin: Origin,
}

impl Repeats {
    pub(crate) fn new(ending: Arc<Ending>) -> Self {
        Self { ending, list: Mutex::default(), earlier: Notify::new() }
    }

    /// Adds an invalidation that is due after `time`, unless the handle was shut down.
    pub(crate) fn add(self: &Arc<Self>, time: Duration, repeat: Repeat) {
        let mut list = self.lock();
        if self.ending.phase() == Phase::Closed {
            return;
        }
        // A time beyond the clock's range means never, so that nothing is repeated.
        let Some(due) = Instant::now().checked_add(time) else { return };
        let number = list.next_number;
        list.next_number += 1;
        list.due.insert((due, number), repeat);
        let is_served = std::mem::replace(&mut list.is_served, true);
        drop(list);
        if is_served {
            self.earlier.notify_one();
        } else {
            bridge::spawn_apart(Arc::clone(self).serve());
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().due.len()
    }

    /// Returns how many repeats ran before their time.
    pub(crate) fn hastened(&self) -> usize {
        self.lock().hastened
    }

    /// Returns the distinct origins of the repeats that wait.
    pub(crate) fn origins(&self) -> BTreeSet<String> {
        self.lock().due.values().map(|repeat| repeat.origin.to_string()).collect()
    }

    /// Makes repeats due now if they are due at `latest` or later.
    pub(crate) fn hasten(&self, latest: Option<Instant>) {
        // `None` stands for a time after all others.
        let Some(latest) = latest else { return };
        let mut list = self.lock();
        let late = list.due.split_off(&(latest, 0));
        if late.is_empty() {
            return;
        }
        list.hastened += late.len();
        let now = Instant::now();
        list.due.extend(late.into_iter().map(|((_, number), repeat)| ((now, number), repeat)));
        drop(list);
        self.earlier.notify_one();
    }

    /// Forgets the repeats that wait.
    pub(crate) fn clear(&self) {
        let left = std::mem::take(&mut self.lock().due);
        // The repeats hold parts of the handle, and are dropped outside of the lock.
        drop(left);
    }

    async fn serve(self: Arc<Self>) {
        while let Some(due) = self.next() {
            let (slept, earlier) = (pin!(sleep_until(due.into())), pin!(self.earlier.notified()));
            let closed = pin!(self.ending.reached(Phase::Closed));
            select(select(slept, earlier), closed).await;
            if self.ending.phase() == Phase::Closed {
                return;
            }
            for (repeat, running) in self.take_due() {
                // Each repeat has a task of its own, so that a slow one delays no other.
                tokio::spawn(repeat.run(running).with_current_subscriber());
            }
        }
    }

    /// Returns the time of the next repeat. Returns `None` if there is none, and the task ends.
    fn next(&self) -> Option<Instant> {
        let mut list = self.lock();
        let next = list.due.first_key_value().map(|((due, _), _)| *due);
        list.is_served = next.is_some();
        next
    }

    /// Takes the repeats that are due. They begin to run under the lock, so that a shutdown sees
    /// each repeat at any time.
    fn take_due(&self) -> Vec<(Repeat, Running)> {
        let mut list = self.lock();
        let later = list.due.split_off(&(Instant::now(), u64::MAX));
        let due = std::mem::replace(&mut list.due, later);
        due.into_values().map(|repeat| (repeat, Running::begin(&self.ending))).collect()
    }

    fn lock(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Repeat {
    async fn run(self, running: Running) {
        let Self { keeper, pattern, origin } = self;
        let invalidation = Invalidation { cache: keeper.cache(), pattern, origin };
        // The sweep counts and logs a fault, and keeps the pattern for a retry. An application's
        // own store may panic instead.
        if AssertUnwindSafe(invalidation.sweep()).catch_unwind().await.is_err() {
            invalidation.cache.owe(&invalidation.pattern, origin);
        }
        drop(running);
    }
}
