//! The right to warm up, of one process in the fleet: a random token at a key, for a time that is extended as long as it is held.

use crate::cache::Cache;
use crate::entry::envelope;
use crate::error::Result;
use crate::rt::bridge;
use crate::rt::ending::Running;
use crate::store::Condition;
use bytes::Bytes;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// A lock that is held. Dropped, it is released.
#[derive(Debug)]
pub(super) struct Lock {
    cache: Cache,
    key: String,
    /// What stands at the key as long as the lock is ours.
    stamp: Bytes,
    time: Duration,
    /// Until when nobody else can have it, by this process' clock.
    safe_until: Mutex<Instant>,
    is_owed: bool,
    /// A shutdown waits for its release.
    running: Option<Running>,
}

impl Lock {
    /// Takes the lock; `None`: somebody else has it.
    pub(super) async fn take(cache: &Cache, key: String, time: Duration) -> Result<Option<Self>> {
        let stamp = envelope::lock(envelope::token()?);
        // Counted from before the request: the server's time begins later.
        let safe_until = Mutex::new(Instant::now() + time);
        let running = Some(Running::begin(cache.ending()));
        let cache = cache.clone();
        let mut lock = Self { cache, key, stamp, time, safe_until, is_owed: true, running };
        let taken = lock.write(Condition::Absent).await;
        // Where there was no answer, it may have been taken all the same.
        lock.is_owed = taken.as_ref().map_or(true, |taken| *taken);
        Ok(taken?.then_some(lock))
    }

    /// Whether it is certain that nobody else has the lock.
    pub(super) fn is_safe(&self) -> bool {
        Instant::now() < *self.safe_until.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Extends the lock every third of its time, and returns when it is lost.
    pub(super) async fn keep(&self) {
        loop {
            sleep(self.time / 3).await;
            let asked = Instant::now();
            match self.write(Condition::StartsWith(&self.stamp)).await {
                Ok(true) => {
                    // mutant: a warm-up's lock is not extended
                    let until = asked + self.time;
                    *self.safe_until.lock().unwrap_or_else(PoisonError::into_inner) = until;
                }
                // It stands until its time is over.
                Err(_) if self.is_safe() => {}
                Ok(false) | Err(_) => return,
            }
        }
    }

    async fn write(&self, condition: Condition<'_>) -> Result<bool> {
        let (backend, mut budget) = (self.cache.backend(), self.cache.budget());
        backend.set(&self.key, self.stamp.clone(), Some(self.time), condition, &mut budget).await
    }

    /// Gives the lock back.
    pub(super) async fn release(mut self) {
        self.is_owed = false;
        let running = self.running.take();
        release(self.cache.clone(), self.key.clone(), self.stamp.clone(), running).await;
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if self.is_owed {
            let running = self.running.take();
            let (key, stamp) = (self.key.clone(), self.stamp.clone());
            let release = release(self.cache.clone(), key, stamp, running);
            bridge::spawn_detached(self.cache.needs_tokio(), release);
        }
    }
}

/// Deletes a lock that is still ours. It is tried once: a lock ends by itself.
async fn release(cache: Cache, key: String, stamp: Bytes, running: Option<Running>) {
    let (backend, mut budget) = (cache.backend(), cache.budget());
    _ = backend.remove_if(&key, Condition::StartsWith(&stamp), &mut budget).await;
    drop(running);
}
