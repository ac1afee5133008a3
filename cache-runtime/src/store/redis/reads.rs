//! Reads that come at the same time go to the server together, as one `MGET`.
//!
//! If fewer than ten reads are under way, each goes at once and alone. With more, they gather until
//! the tasks that are ready have had their turn. That costs no waiting for the server. A task of
//! its own sends them. A caller may stop polling its future without dropping it, and other callers
//! must not wait for that caller.

use super::failure;
use super::link::{Link, Wire};
use crate::error::Result;
use crate::rt::timer::{self, FOREVER};
use crate::rt::yielding::let_others_go;
use crate::store::{Track, Tracked, Validity};
use bytes::Bytes;
use foldhash::fast::FixedState;
use redis::{Cmd, FromRedisValue, Pipeline, RedisResult, Value};
use std::hash::BuildHasher;
use std::iter;
use std::mem;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// Number of reads under way from which reads go together. Gathering fewer costs more than it
/// saves.
const BATCH_FROM: usize = 10;

/// Largest number of keys that go together. More would save little, and keep the server from other
/// clients for longer.
const MAX_BATCH: usize = 128;

/// Time for which a server that refuses reads of several keys is not asked for several again.
const REFUSAL: Duration = Duration::from_secs(60);

/// Assumed size of values before the first one was read, in bytes.
const UNKNOWN: usize = 8 * 1024;

/// Largest answer in bytes, estimated from earlier values. The bound matters because all readers
/// wait for the last value of their answer.
const MAX_ANSWER: usize = 256 * 1024;

/// The reads over one link.
#[derive(Debug)]
pub(super) struct Reads {
    pub(super) link: Arc<Link>,
    gathered: Mutex<Gathered>,
    /// Number of callers that have not taken their answer yet.
    under_way: AtomicUsize,
    /// Estimated size of values in bytes. A larger value raises the estimate to its size at once.
    /// Smaller values lower it as a moving average.
    size: AtomicUsize,
    /// Time until which the server counts as refusing reads of several keys, in milliseconds since
    /// `opened`.
    refuses_until: AtomicU64,
    opened: Instant,
    /// Time that an answer may take.
    budget: Duration,
    /// Choice of tracking for reads that go together.
    track: Track,
}

/// Keys of the next request, with their readers.
#[derive(Debug, Default)]
struct Gathered {
    keys: Keys,
    /// Hash of each key, with the number of readers that its value is for.
    uses: Vec<(u64, usize)>,
    readers: Vec<Reader>,
}

/// Each key once, in the order of the request. The keys are joined in one text, with the end of
/// each.
#[derive(Debug, Default)]
struct Keys {
    text: String,
    ends: Vec<usize>,
}

impl Keys {
    fn len(&self) -> usize {
        self.ends.len()
    }

    fn push(&mut self, key: &str) {
        self.text.push_str(key);
        self.ends.push(self.text.len());
    }

    fn get(&self, place: usize) -> Option<&str> {
        let start = place.checked_sub(1).map_or(Some(&0), |before| self.ends.get(before))?;
        Some(&self.text[*start..*self.ends.get(place)?])
    }

    fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).filter_map(|place| self.get(place))
    }
}

/// A caller that waits for an answer.
#[derive(Debug)]
struct Reader {
    /// Places of the caller's key, and of the keys beside it.
    key: usize,
    beside: Vec<usize>,
    answer: oneshot::Sender<Answer>,
}

type Answer = Result<Tracked>;

impl Gathered {
    /// Returns the place of a key. The keys are so few that a walk over their hashes is faster than
    /// any table.
    fn place(&mut self, key: &str) -> usize {
        let hash = FixedState::default().hash_one(key);
        let mut known = self.uses.iter_mut().enumerate();
        let same =
            known.find(|(place, (other, _))| *other == hash && self.keys.get(*place) == Some(key));
        if let Some((place, (_, uses))) = same {
            *uses += 1;
            return place;
        }
        self.keys.push(key);
        self.uses.push((hash, 1));
        self.keys.len() - 1
    }

    fn add(&mut self, key: &str, beside: &[String]) -> oneshot::Receiver<Answer> {
        let (answer, receiver) = oneshot::channel();
        let beside = beside.iter().map(|key| self.place(key)).collect();
        let key = self.place(key);
        self.readers.push(Reader { key, beside, answer });
        receiver
    }

    /// Gives every reader its values.
    fn tell(self, mut values: Vec<Option<Bytes>>, validity: Option<&Validity>) {
        let Self { mut uses, readers, .. } = self;
        // Most values are for one reader, and are moved to it. Sharing a value would take memory of
        // its own.
        let mut value = |place: usize| {
            let (_, left) = &mut uses[place];
            *left -= 1;
            // mutant: answers to reads that went together are mixed up
            let value = values.get_mut(place)?;
            if *left == 0 { value.take() } else { value.clone() }
        };
        for Reader { key, beside, answer } in readers {
            let beside = beside.into_iter().map(&mut value).collect();
            let told = Tracked { value: value(key), beside, validity: validity.cloned() };
            // The reader may have left.
            let _ = answer.send(Ok(told));
        }
    }
}

impl Reads {
    pub(super) fn over(link: Arc<Link>, budget: Duration, track: Track) -> Self {
        Self {
            track,
            link,
            gathered: Mutex::default(),
            under_way: AtomicUsize::new(0),
            // mutant: what is not known is taken for small
            size: AtomicUsize::new(UNKNOWN),
            refuses_until: AtomicU64::new(0),
            opened: Instant::now(),
            budget,
        }
    }

    /// Reads a key, with the keys beside it. This future must be polled inside the link's runtime.
    ///
    /// # Cancellation
    ///
    /// Dropping the future affects no other read.
    pub(super) async fn read(
        self: &Arc<Self>,
        key: &str,
        beside: &[String],
        track: Track,
    ) -> Answer {
        let before = self.under_way.fetch_add(1, Relaxed);
        let _under_way = UnderWay(&self.under_way);
        if let Some(answer) = self.join(key, beside, before)
            && let Ok(answer) = answer.await
        {
            return answer;
        }
        // The futures are boxed, because with many callers nearly all reads go together. Each
        // caller then waits with less memory.
        if beside.is_empty() {
            return Box::pin(self.read_alone(key, track)).await;
        }
        Box::pin(self.read_few(key, beside, track)).await
    }

    /// Reads a key by a request of its own, with an error for a foreign value. A request for
    /// several keys would show a foreign value as absent.
    pub(super) async fn read_alone(&self, key: &str, track: Track) -> Answer {
        let mut command = Cmd::with_capacity(2, 3 + key.len());
        command.arg("GET").arg(key);
        let mut wire = self.link.wire().await?;
        let answer = ask(&mut wire, command, track).await;
        let (value, validity) = answer.map_err(|error| self.link.blame(&wire, &error))?;
        self.note_size(Option::as_ref(&value));
        Ok(Tracked { value, beside: Vec::new(), validity })
    }

    /// Reads a key and those beside it by one request.
    async fn read_few(&self, key: &str, beside: &[String], track: Track) -> Answer {
        if self.refuses() {
            return self.read_each(key, beside, track).await;
        }
        let mut command = redis::cmd("MGET");
        command.arg(key).arg(beside);
        let mut wire = self.link.wire().await?;
        let answer = ask::<Vec<Option<Bytes>>>(&mut wire, command, track).await;
        let (values, validity) = match answer {
            Err(error) if failure::is_about_many_keys(&error) => {
                self.note_refusal();
                return self.read_each(key, beside, track).await;
            }
            answer => answer.map_err(|error| self.link.blame(&wire, &error))?,
        };
        let mut values = values.into_iter();
        let value = values.next().flatten();
        self.note_size(value.as_ref());
        Ok(Tracked { value, beside: values.collect(), validity })
    }

    /// Reads a key and those beside it by a command for each, in one round trip. Some servers do
    /// not answer for several keys in one command.
    async fn read_each(&self, key: &str, beside: &[String], track: Track) -> Answer {
        let mut wire = self.link.wire().await?;
        let is_told = track == Track::Yes && wire.hub.is_some();
        let mut commands = Pipeline::with_capacity(2 * (beside.len() + 1));
        // A foreign value is an error of its own key, and must not fail the other keys.
        commands.ignore_errors();
        for key in iter::once(key).chain(beside.iter().map(String::as_str)) {
            if is_told {
                commands.cmd("CLIENT").arg("CACHING").arg("YES");
            }
            commands.cmd("GET").arg(key);
        }
        let answers = commands.query_async::<Vec<RedisResult<Value>>>(&mut wire.connection);
        let answers = answers.await.map_err(|error| self.link.blame(&wire, &error))?;
        let each = if is_told { 2 } else { 1 };
        let is_heard = answers.chunks(each).all(|answers| matches!(answers.first(), Some(Ok(_))));
        let values = answers.chunks(each).map(|answers| match answers.last() {
            Some(Ok(Value::BulkString(value))) => Some(Bytes::copy_from_slice(value)),
            _ => None,
        });
        let mut values = values.collect::<Vec<_>>().into_iter();
        let value = values.next().flatten();
        let validity = (is_told && is_heard).then(|| wire.validity.clone());
        Ok(Tracked { value, beside: values.collect(), validity })
    }

    /// Joins the reads that gather. Returns `None` if this read should go alone.
    fn join(
        self: &Arc<Self>,
        key: &str,
        beside: &[String],
        before: usize,
    ) -> Option<oneshot::Receiver<Answer>> {
        let most = self.most();
        // mutant: reads at the same time go one by one
        if before < BATCH_FROM || most < 2 {
            return None;
        }
        let mut gathered = self.lock();
        let is_first = gathered.readers.is_empty();
        let answer = gathered.add(key, beside);
        let full = (gathered.keys.len() >= most).then(|| mem::take(&mut *gathered));
        drop(gathered);
        match full {
            Some(batch) => drop(tokio::spawn(Arc::clone(self).send(batch))),
            None if is_first => drop(tokio::spawn(Leaving(Some(Arc::clone(self))).leave())),
            None => {}
        }
        Some(answer)
    }

    /// Sends the gathered reads. A reader that gets no answer here reads alone.
    async fn send(self: Arc<Self>, batch: Gathered) {
        let answer = self.ask_for_many(&batch.keys);
        match timer::within(Instant::now() + self.budget.min(FOREVER), answer).await {
            Some(Ok((values, validity))) => {
                for reader in &batch.readers {
                    self.note_size(values.get(reader.key).and_then(Option::as_ref));
                }
                batch.tell(values, validity.as_ref());
            }
            Some(Err(error)) if error.is_unreachable() => {
                for reader in batch.readers {
                    let _ = reader.answer.send(Err(error.clone()));
                }
            }
            Some(Err(_)) => {}
            // The values may have been too large to come together.
            None => _ = self.size.fetch_max(MAX_ANSWER, Relaxed),
        }
    }

    async fn ask_for_many(&self, keys: &Keys) -> Result<(Vec<Option<Bytes>>, Option<Validity>)> {
        let mut command = Cmd::with_capacity(1 + keys.len(), 4 + keys.text.len());
        command.arg("MGET");
        for key in keys.iter() {
            command.arg(key);
        }
        // If the server is away, all waiting readers must know at once. The reader that knows first
        // begins a load for the others.
        let mut wire = self.link.settled().await?;
        let answer = ask(&mut wire, command, self.track).await;
        answer.map_err(|error| {
            if failure::is_about_many_keys(&error) {
                self.note_refusal();
            }
            self.link.blame(&wire, &error)
        })
    }

    /// Returns the number of keys that may go together.
    fn most(&self) -> usize {
        if self.refuses() {
            return 1;
        }
        // mutant: large values are read together
        (MAX_ANSWER / self.size.load(Relaxed).max(1)).min(MAX_BATCH)
    }

    /// Tells whether the server refuses reads of several keys. After 60 seconds the server is asked
    /// again, because rights change.
    fn refuses(&self) -> bool {
        let until = self.refuses_until.load(Relaxed);
        until > 0 && self.opened.elapsed() < Duration::from_millis(until)
    }

    fn note_refusal(&self) {
        let until = self.opened.elapsed() + REFUSAL;
        self.refuses_until.store(u64::try_from(until.as_millis()).unwrap_or(u64::MAX), Relaxed);
    }

    /// Updates the estimated size of values. Of two updates at the same time one may be lost, which
    /// matters little.
    fn note_size(&self, value: Option<&Bytes>) {
        let Some(value) = value else { return };
        let before = self.size.load(Relaxed);
        let average = before - before / 8 + value.len() / 8;
        // mutant: a large value is lost in the average
        self.size.store(average.max(value.len()), Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, Gathered> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends a command that reads. If `track` asks for it and the server tracks keys, the result has a
/// validity.
pub(super) async fn ask<T: FromRedisValue>(
    wire: &mut Wire,
    command: Cmd,
    track: Track,
) -> RedisResult<(T, Option<Validity>)> {
    if track == Track::No || wire.hub.is_none() {
        return Ok((command.query_async(&mut wire.connection).await?, None));
    }
    let answers = told(command).query_async(&mut wire.connection).await?;
    let (heard, answer): (RedisResult<String>, RedisResult<T>) = answers;
    // A user may have lost the right to tracking. The value that was read is good without it.
    // mutant: a promise is given where nothing will be told
    Ok((answer?, heard.is_ok().then(|| wire.validity.clone())))
}

/// Returns the command with a request for tracking in front of it.
fn told(command: Cmd) -> Pipeline {
    let mut commands = Pipeline::with_capacity(2);
    // Each of the two commands has an answer of its own.
    commands.ignore_errors().cmd("CLIENT").arg("CACHING").arg("YES").add_command(command);
    commands
}

/// The duty to send the gathered reads. If the runtime ends before that, the readers read alone.
struct Leaving(Option<Arc<Reads>>);

impl Leaving {
    async fn leave(mut self) {
        let_others_go().await;
        let Some(reads) = self.0.take() else { return };
        let batch = mem::take(&mut *reads.lock());
        if !batch.readers.is_empty() {
            reads.send(batch).await;
        }
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        // mutant: readers stay behind when their runtime ends
        let left = self.0.take().map(|reads| mem::take(&mut *reads.lock()));
        // The drop comes after the lock is released, because it wakes the readers.
        drop(left);
    }
}

/// A read, counted until it is answered or given up.
struct UnderWay<'a>(&'a AtomicUsize);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}
