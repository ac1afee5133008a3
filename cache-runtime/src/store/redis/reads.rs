//! Reads that come at the same time go to the server together, as one `MGET`.
//!
//! With few under way each goes at once and alone. With more they gather until the tasks that are ready have had their turn, which
//! is no wait for the server. A task of its own sends them: a caller may stop polling its future without dropping it, and nobody
//! must wait for such a caller.

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

/// With fewer reads under way, each read goes alone: to gather a handful costs more than it saves.
const BATCH_FROM: usize = 10;

/// How many keys go together at most. More would save little, and keep the server from others for
/// longer.
const MAX_BATCH: usize = 128;

/// For how long a server that refuses to answer for several keys at once is not asked again.
const REFUSAL: Duration = Duration::from_secs(60);

/// How large values are taken to be before the first has been read, in bytes.
const UNKNOWN: usize = 8 * 1024;

/// How large an answer may become, in bytes, as far as earlier answers tell. All readers wait for
/// the last value of their answer.
const MAX_ANSWER: usize = 256 * 1024;

/// The reads over one link.
#[derive(Debug)]
pub(super) struct Reads {
    pub(super) link: Arc<Link>,
    gathered: Mutex<Gathered>,
    /// How many callers have not taken their answer yet.
    under_way: AtomicUsize,
    /// The size of values in bytes: at once as large as one that is larger, and a moving average as they get smaller.
    size: AtomicUsize,
    /// Until when the server is taken to refuse answers for several keys at once, in milliseconds since `opened`.
    refuses_until: AtomicU64,
    opened: Instant,
    /// How long an answer may take.
    budget: Duration,
    /// Whether changes of all that goes together are told.
    track: Track,
}

/// Which keys are asked for, and by whom.
#[derive(Debug, Default)]
struct Gathered {
    keys: Keys,
    /// For each key its hash, and how many readers its value is for.
    uses: Vec<(u64, usize)>,
    readers: Vec<Reader>,
}

/// Each key once, in the order of the request: one behind the other, and where each ends.
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

/// One that waits for an answer.
#[derive(Debug)]
struct Reader {
    /// The places of its key, and of those beside it.
    key: usize,
    beside: Vec<usize>,
    answer: oneshot::Sender<Answer>,
}

type Answer = Result<Tracked>;

impl Gathered {
    /// The place of a key. They are so few that to walk over their hashes is faster than any table.
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
        // Most values are for one reader. They are handed over: a value that is shared takes memory of its own for that.
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

    /// Reads a key; to be polled inside the link's runtime.
    ///
    /// # Cancellation
    ///
    /// Dropping the future concerns no other read.
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
        // Boxed: with many callers nearly all reads have gone together, and each waits with less memory.
        if beside.is_empty() {
            return Box::pin(self.read_alone(key, track)).await;
        }
        Box::pin(self.read_few(key, beside, track)).await
    }

    /// Reads a key by a request of its own, which says when the value is of another kind. With others it would seem to be none.
    pub(super) async fn read_alone(&self, key: &str, track: Track) -> Answer {
        let mut command = Cmd::with_capacity(2, 3 + key.len());
        command.arg("GET").arg(key);
        let mut wire = self.link.wire().await?;
        let answer = ask(&mut wire, command, track).await;
        let (value, validity) = answer.map_err(|error| self.link.blame(&wire, &error))?;
        self.note_size(Option::as_ref(&value));
        Ok(Tracked { value, beside: Vec::new(), validity })
    }

    /// Reads a key and those beside it by a request of their own.
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

    /// The same where the server does not answer for several keys at once: a command for each, still in one round trip.
    async fn read_each(&self, key: &str, beside: &[String], track: Track) -> Answer {
        let mut wire = self.link.wire().await?;
        let is_told = track == Track::Yes && wire.hub.is_some();
        let mut commands = Pipeline::with_capacity(2 * (beside.len() + 1));
        // A value of another kind is an error of its own, not of the others.
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

    /// Joins the reads that gather; nothing when this one had better go alone.
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

    /// Reads several keys. Whoever is not told anything here asks alone.
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
            // They may have been too large to come together.
            None => _ = self.size.fetch_max(MAX_ANSWER, Relaxed),
        }
    }

    async fn ask_for_many(&self, keys: &Keys) -> Result<(Vec<Option<Bytes>>, Option<Validity>)> {
        let mut command = Cmd::with_capacity(1 + keys.len(), 4 + keys.text.len());
        command.arg("MGET");
        for key in keys.iter() {
            command.arg(key);
        }
        // Those who wait are to know at once that the server is away: who knew first loads for them.
        let mut wire = self.link.settled().await?;
        let answer = ask(&mut wire, command, self.track).await;
        answer.map_err(|error| {
            if failure::is_about_many_keys(&error) {
                self.note_refusal();
            }
            self.link.blame(&wire, &error)
        })
    }

    /// How many keys may go together.
    fn most(&self) -> usize {
        if self.refuses() {
            return 1;
        }
        // mutant: large values are read together
        (MAX_ANSWER / self.size.load(Relaxed).max(1)).min(MAX_BATCH)
    }

    /// Whether the server would not answer for several keys at once. It is asked again after a while: rights change.
    fn refuses(&self) -> bool {
        let until = self.refuses_until.load(Relaxed);
        until > 0 && self.opened.elapsed() < Duration::from_millis(until)
    }

    fn note_refusal(&self) {
        let until = self.opened.elapsed() + REFUSAL;
        self.refuses_until.store(u64::try_from(until.as_millis()).unwrap_or(u64::MAX), Relaxed);
    }

    /// Two that note at the same time may lose one of their notes, which matters little.
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

/// Sends a command that reads. If changes are to be told and the server tells, the promise is given for what comes back.
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
    // A user may have lost the right to be told: what was read is good all the same.
    // mutant: a promise is given where nothing will be told
    Ok((answer?, heard.is_ok().then(|| wire.validity.clone())))
}

/// A command that reads, with the demand to be told when it would read otherwise.
fn told(command: Cmd) -> Pipeline {
    let mut commands = Pipeline::with_capacity(2);
    // Each has an answer of its own.
    commands.ignore_errors().cmd("CLIENT").arg("CACHING").arg("YES").add_command(command);
    commands
}

/// The duty to send what gathers. Where it cannot be done, because the runtime ends, the readers go alone.
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
        // After the lock: it wakes the readers.
        drop(left);
    }
}

/// A read until it is answered or given up.
struct UnderWay<'a>(&'a AtomicUsize);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}
