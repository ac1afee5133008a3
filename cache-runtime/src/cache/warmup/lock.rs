//! The right of one process in the fleet to warm up: a random token at a key, extended while a run
//! holds it.

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

/// A lock that is held. Dropping the lock releases it.
#[derive(Debug)]
pub(super) struct Lock {
    cache: Cache,
    key: String,
    /// The bytes at the key as long as this lock holds it.
    stamp: Bytes,
    time: Duration,
    /// Time by this process' clock until which nobody else can have the lock.
    safe_until: Mutex<Instant>,
    is_owed: bool,
    /// Keeps a shutdown waiting until the lock was released.
    running: Option<Running>,
}

impl Lock {
    /// Takes the lock. Returns `None` if another process has it.
    pub(super) async fn take(cache: &Cache, key: String, time: Duration) -> Result<Option<Self>> {
        let stamp = envelope::lock(envelope::token()?);
        // The time counts from before the request, because the server's time begins later.
        let safe_until = Mutex::new(Instant::now() + time);
        let running = Some(Running::begin(cache.ending()));
        let cache = cache.clone();
        let mut lock = Self { cache, key, stamp, time, safe_until, is_owed: true, running };
        let taken = lock.write(Condition::Absent).await;
        // If the store gave no answer, the lock may have been taken all the same.
        lock.is_owed = taken.as_ref().map_or(true, |taken| *taken);
        Ok(taken?.then_some(lock))
    }

    /// Tells whether it is certain that nobody else has the lock.
    pub(super) fn is_safe(&self) -> bool {
        Instant::now() < *self.safe_until.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Extends the lock every third of its time, and returns when the lock is lost.
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
                // After a fault, the lock stands until its time is over.
                Err(_) if self.is_safe() => {}
                Ok(false) | Err(_) => return,
            }
        }
    }

    async fn write(&self, condition: Condition<'_>) -> Result<bool> {
        let (backend, mut budget) = (self.cache.backend(), self.cache.budget());
        backend.set(&self.key, self.stamp.clone(), Some(self.time), condition, &mut budget).await
    }

    /// Releases the lock, and waits until the store was told.
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

/// Deletes the lock if it still has this stamp. A single attempt is enough, because every lock
/// expires.
async fn release(cache: Cache, key: String, stamp: Bytes, running: Option<Running>) {
    let (backend, mut budget) = (cache.backend(), cache.budget());
    _ = backend.remove_if(&key, Condition::StartsWith(&stamp), &mut budget).await;
    drop(running);
}
