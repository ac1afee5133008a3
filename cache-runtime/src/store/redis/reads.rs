//! Reads that come at the same time go to the server together, as one `MGET`.
//!
//! The first few go at once and alone. While those are under way, reads gather until the tasks that are ready have had their turn, which
//! is no wait for the server. A task of its own sends them: a caller may stop polling its future without dropping it, and nobody
//! must wait for such a caller.

use super::failure;
use super::link::{Link, Wire};
use crate::error::Result;
use crate::store::{Followed, Promise};
use crate::timer::{self, FOREVER};
use crate::turn::let_others_go;
use bytes::Bytes;
use foldhash::fast::RandomState;
use redis::{Cmd, FromRedisValue, Pipeline, RedisResult};
use std::collections::HashMap;
use std::mem;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// How many reads go alone before others gather: with so few there is nothing to save.
const FEW: usize = 16;

/// How many keys go together at most.
const MOST: usize = 32;

/// How large an answer may become, in bytes, as far as earlier answers tell. All readers wait for the last value of theirs.
const LARGEST: usize = 256 * 1024;

/// The reads over one link.
#[derive(Debug)]
pub(super) struct Reads {
    pub(super) link: Arc<Link>,
    gathered: Mutex<Gathered>,
    /// How many have gone alone and have no answer.
    alone: AtomicUsize,
    /// The size of values in bytes, a moving average.
    size: AtomicUsize,
    /// Whether the server refuses to answer for several keys at once.
    refuses: AtomicBool,
    /// How long an answer may take.
    budget: Duration,
    /// Whether changes of all that goes together are told.
    telling: Telling,
}

/// Whether changes of what is read are to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Telling {
    Yes,
    No,
}

/// Who waits for which key.
type Gathered = HashMap<String, Vec<oneshot::Sender<Answer>>, RandomState>;

type Answer = Result<Followed>;

impl Reads {
    pub(super) fn over(link: Arc<Link>, budget: Duration, telling: Telling) -> Self {
        Self {
            telling,
            link,
            gathered: Mutex::default(),
            alone: AtomicUsize::new(0),
            size: AtomicUsize::new(0),
            refuses: AtomicBool::new(false),
            budget,
        }
    }

    /// Reads a key; to be polled inside the link's runtime.
    ///
    /// # Cancellation
    ///
    /// Dropping the future concerns no other read.
    pub(super) async fn read(self: &Arc<Self>, key: &str, telling: Telling) -> Answer {
        if let Some(answer) = self.join(key)
            && let Ok(answer) = answer.await
        {
            return answer;
        }
        self.read_alone(key, telling).await
    }

    /// Reads a key by a request of its own, which says when the value is of another kind. With others it would seem to be none.
    pub(super) async fn read_alone(&self, key: &str, telling: Telling) -> Answer {
        let _under_way = Alone::begin(&self.alone);
        let mut command = redis::cmd("GET");
        command.arg(key);
        let mut wire = self.link.wire().await?;
        let answer = ask(&mut wire, command, telling).await;
        let (value, promise) = answer.map_err(|error| self.link.blame(&wire, &error))?;
        self.note_size(Option::as_ref(&value));
        Ok(Followed { value, promise })
    }

    /// Joins the reads that gather; nothing when this one had better go alone.
    fn join(self: &Arc<Self>, key: &str) -> Option<oneshot::Receiver<Answer>> {
        let most = self.most();
        if self.alone.load(Relaxed) < FEW || most < 2 {
            return None;
        }
        let (sender, answer) = oneshot::channel();
        let mut gathered = self.lock();
        let is_first = gathered.is_empty();
        gathered.entry(key.to_owned()).or_default().push(sender);
        let full = (gathered.len() >= most).then(|| mem::take(&mut *gathered));
        drop(gathered);
        match full {
            Some(batch) => drop(tokio::spawn(Arc::clone(self).send(batch))),
            None if is_first => drop(tokio::spawn(Leaving(Some(Arc::clone(self))).leave())),
            None => {}
        }
        Some(answer)
    }

    /// Reads several keys. Whoever is not told anything here asks alone.
    async fn send(self: Arc<Self>, batch: Gathered) {
        let (keys, readers): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
        let answer = self.ask_for_many(&keys);
        match timer::within(Instant::now() + self.budget.min(FOREVER), answer).await {
            Some(Ok((values, promise))) => self.tell(readers, values, promise.as_ref()),
            Some(Err(error)) if error.is_unreachable() => {
                for reader in readers.into_iter().flatten() {
                    let _ = reader.send(Err(error.clone()));
                }
            }
            Some(Err(_)) => {}
            // They may have been too large to come together.
            None => _ = self.size.fetch_max(LARGEST, Relaxed),
        }
    }

    async fn ask_for_many(&self, keys: &[String]) -> Result<(Vec<Option<Bytes>>, Option<Promise>)> {
        let mut command = redis::cmd("MGET");
        command.arg(keys);
        // Those who wait are to know at once that the server is away: who knew first loads for them.
        let mut wire = self.link.settled().await?;
        let answer = ask(&mut wire, command, self.telling).await;
        answer.map_err(|error| {
            if failure::is_about_many_keys(&error) {
                self.refuses.store(true, Relaxed);
            }
            self.link.blame(&wire, &error)
        })
    }

    fn tell(
        &self,
        readers: Vec<Vec<oneshot::Sender<Answer>>>,
        values: Vec<Option<Bytes>>,
        promise: Option<&Promise>,
    ) {
        for (readers, value) in readers.into_iter().zip(values) {
            self.note_size(value.as_ref());
            for reader in readers {
                let followed = Followed { value: value.clone(), promise: promise.cloned() };
                // It may have left.
                let _ = reader.send(Ok(followed));
            }
        }
    }

    /// How many keys may go together.
    fn most(&self) -> usize {
        if self.refuses.load(Relaxed) {
            return 1;
        }
        (LARGEST / self.size.load(Relaxed).max(1)).min(MOST)
    }

    /// Two that note at the same time may lose one of their notes, which matters little.
    fn note_size(&self, value: Option<&Bytes>) {
        let Some(value) = value else { return };
        let before = self.size.load(Relaxed);
        self.size.store(before - before / 8 + value.len() / 8, Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, Gathered> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends a command that reads. If changes are to be told and the server tells, the promise is given for what comes back.
async fn ask<T: FromRedisValue>(
    wire: &mut Wire,
    command: Cmd,
    telling: Telling,
) -> RedisResult<(T, Option<Promise>)> {
    if telling == Telling::No || wire.hub.is_none() {
        return Ok((command.query_async(&mut wire.connection).await?, None));
    }
    let (answer,) = told(command).query_async(&mut wire.connection).await?;
    Ok((answer, Some(wire.promise.clone())))
}

/// A command that reads, with the demand to be told when it would read otherwise.
fn told(command: Cmd) -> Pipeline {
    let mut commands = Pipeline::with_capacity(2);
    commands.cmd("CLIENT").arg("CACHING").arg("YES").ignore().add_command(command);
    commands
}

/// The duty to send what gathers. Where it cannot be done, because the runtime ends, the readers go alone.
struct Leaving(Option<Arc<Reads>>);

impl Leaving {
    async fn leave(mut self) {
        let_others_go().await;
        let Some(reads) = self.0.take() else { return };
        let batch = mem::take(&mut *reads.lock());
        if !batch.is_empty() {
            reads.send(batch).await;
        }
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        let left = self.0.take().map(|reads| mem::take(&mut *reads.lock()));
        // After the lock: it wakes the readers.
        drop(left);
    }
}

/// A read that goes alone, until it is answered or given up.
struct Alone<'a>(&'a AtomicUsize);

impl<'a> Alone<'a> {
    fn begin(alone: &'a AtomicUsize) -> Self {
        alone.fetch_add(1, Relaxed);
        Self(alone)
    }
}

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}
