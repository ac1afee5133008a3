//! Where entries are kept: the [`Store`] trait, and the stores of this crate behind it.

pub(crate) mod backend;
pub(crate) mod budget;
pub mod conformance;
pub(crate) mod fleet;
pub(crate) mod memory;
pub(crate) mod redis;
pub(crate) mod tier;
pub(crate) mod validity;

pub use validity::{ChangeListener, Validity};

use crate::error::{Error, Result};
use bytes::Bytes;
use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// What a store's methods return: a boxed future, so that a store can be a trait object.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// When a conditional write or delete takes place. The store decides and acts in one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition<'a> {
    /// In any case.
    Always,
    /// If nothing is stored under the key.
    Absent,
    /// If the stored bytes begin with these.
    StartsWith(&'a [u8]),
    /// If the key holds something that is not a byte string, such as a Redis list.
    Foreign,
}

/// How long an entry has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remaining {
    /// There is no entry.
    Absent,
    /// The entry does not expire.
    Endless,
    /// The entry expires after this time.
    Left(Duration),
}

/// One page of a scan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Matching keys; a key may come twice over a whole scan.
    pub keys: Vec<String>,
    /// Where to go on, or `None` when the scan is complete.
    pub next: Option<u64>,
}

/// Whether the follower is to be told of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Track {
    /// It is, if the store can.
    Yes,
    /// Nobody asks for it.
    No,
}

/// What was read, and whether changes of it will be told.
#[derive(Clone, Debug)]
pub struct Tracked {
    /// What the key holds.
    pub value: Option<Bytes>,
    /// What the keys beside it hold, in their order.
    pub beside: Vec<Option<Bytes>>,
    /// That the follower is told of every change since the reading, for as long as it is kept; `None`: changes are not told.
    pub validity: Option<Validity>,
}

/// Says when a key that was read may have changed.
pub struct Watch(Option<Pin<Box<dyn Future<Output = ()> + Send>>>);

impl Watch {
    /// A watch that never says anything: who waits has to look again now and then.
    #[must_use]
    pub const fn none() -> Self {
        Self(None)
    }

    /// A watch that is over when `changed` is. It may be over too early, and dropping it must end it.
    pub fn new(changed: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(Some(Box::pin(changed)))
    }

    /// Waits until the key may have changed; for ever if nobody tells.
    pub async fn changed(self) {
        match self.0 {
            Some(changed) => changed.await,
            None => std::future::pending().await,
        }
    }
}

impl Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watch").field("tells", &self.0.is_some()).finish()
    }
}

/// A place where entries are kept, by key, as bytes.
///
/// Implement it to put the toolkit before another store, and run [`conformance::check`] on it in your tests: it asks every method
/// under every condition, over whatever may stand at a key.
///
/// # Cancellation
///
/// The futures may be dropped at any await point. A write that was under way may or may not have happened;
/// nothing may be left half written.
///
/// # Timeouts
///
/// Callers bound every call by the handle's budget and then call [`timed_out`](Self::timed_out). A store
/// needs no timeout of its own, and must not sleep or retry behind a caller.
///
/// # Patterns
///
/// Patterns are Redis' globs over bytes: `*`, `?` for one byte, `[abc]`, `[^abc]`, `[a-c]` with its ends in either order, and `\` before a
/// literal character, in `[…]` too.
pub trait Store: Debug + Send + Sync + 'static {
    /// A short name for health reports, such as `redis`.
    fn name(&self) -> &'static str;

    /// Reads one key. An expired entry is absent.
    ///
    /// # Errors
    ///
    /// A store that cannot be reached, answers with an error, or holds something else than bytes
    /// ([`Error::foreign`](crate::Error::foreign)).
    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Bytes>>;

    /// Reads one key, and watches it from a moment before on: a change after the reading is told by the watch. Callers
    /// that wait for another process' load sleep on it, and look again from time to time all the same.
    ///
    /// Without an implementation of its own it reads and tells nothing.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    fn watch<'a>(&'a self, key: &'a str) -> StoreFuture<'a, (Option<Bytes>, Watch)> {
        Box::pin(async move { Ok((self.get(key).await?, Watch::none())) })
    }

    /// Begins to tell `listener` of changes; called once, before the first [`read`](Self::read) that asks for it. A handle with an
    /// in-process tier asks for it.
    ///
    /// Without an implementation of its own it refuses.
    ///
    /// # Errors
    ///
    /// The store cannot tell of changes, which makes `build` fail; or it cannot be reached: it tells as soon as it can then.
    fn listen(&self, _listener: Arc<dyn ChangeListener>) -> StoreFuture<'_, ()> {
        let refused = Error::config(format!(
            "the store `{}` does not tell of changes, so that an in-process tier could not stay true; build without `local`",
            self.name()
        ));
        Box::pin(std::future::ready(Err(refused)))
    }

    /// Reads a key and others beside it, in one round trip. If asked for, the follower is told of every later change of each of them,
    /// at least until the first one; what is written through this store counts. Nothing says in which order the keys are read. A foreign
    /// value may count as absent where there are others beside it.
    ///
    /// Without an implementation of its own it tells nothing.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    fn read<'a>(
        &'a self,
        key: &'a str,
        beside: &'a [String],
        _telling: Track,
    ) -> StoreFuture<'a, Tracked> {
        Box::pin(async move {
            if beside.is_empty() {
                let value = self.get(key).await?;
                return Ok(Tracked { value, beside: Vec::new(), validity: None });
            }
            let keys = [&[key.to_owned()], beside].concat();
            let mut values = self.get_many(&keys).await?.into_iter();
            Ok(Tracked { value: values.next().flatten(), beside: values.collect(), validity: None })
        })
    }

    /// Reads several keys, in their order, and gives each that has less than half of `time` left `time` to live.
    ///
    /// Without an implementation of its own it reads and prolongs nothing.
    ///
    /// # Errors
    ///
    /// As [`get_many`](Self::get_many).
    fn prolong<'a>(
        &'a self,
        keys: &'a [String],
        _time: Duration,
    ) -> StoreFuture<'a, Vec<Option<Bytes>>> {
        self.get_many(keys)
    }

    /// Reads the first bytes of several keys, in their order; a foreign one is absent.
    ///
    /// Without an implementation of its own it reads the whole of each.
    ///
    /// # Errors
    ///
    /// As [`get_many`](Self::get_many).
    fn heads<'a>(
        &'a self,
        keys: &'a [String],
        length: usize,
    ) -> StoreFuture<'a, Vec<Option<Bytes>>> {
        Box::pin(async move {
            let head = |value: Bytes| value.slice(..value.len().min(length));
            Ok(self.get_many(keys).await?.into_iter().map(|value| value.map(head)).collect())
        })
    }

    /// Reads several keys, in their order; a foreign one is absent.
    ///
    /// # Errors
    ///
    /// A store that cannot be reached or answers with an error.
    fn get_many<'a>(&'a self, keys: &'a [String]) -> StoreFuture<'a, Vec<Option<Bytes>>>;

    /// Writes one key if `condition` holds, and says whether it did. `None` is without expiry. A write replaces the value with its
    /// expiry; one that is refused leaves both. [`Condition::Always`] replaces whatever the key holds.
    ///
    /// # Errors
    ///
    /// A store that cannot be reached or answers with an error, such as a full one.
    fn set<'a>(
        &'a self,
        key: &'a str,
        value: Bytes,
        ttl: Option<Duration>,
        condition: Condition<'a>,
    ) -> StoreFuture<'a, bool>;

    /// Writes several keys, each in any case. A key that comes twice holds its last value.
    ///
    /// # Errors
    ///
    /// A store that cannot be reached or answers with an error; some keys may have been written.
    fn set_many(&self, entries: Vec<(String, Bytes)>, ttl: Option<Duration>)
    -> StoreFuture<'_, ()>;

    /// Deletes keys and says how many were there. A key that comes twice counts once, one that has expired does not.
    ///
    /// # Errors
    ///
    /// A store that cannot be reached or answers with an error; some keys may have been deleted.
    fn remove<'a>(&'a self, keys: &'a [String]) -> StoreFuture<'a, u64>;

    /// Deletes one key if `condition` holds, and says whether it was deleted. What is absent cannot be deleted.
    ///
    /// # Errors
    ///
    /// A store that cannot be reached or answers with an error.
    fn remove_if<'a>(&'a self, key: &'a str, condition: Condition<'a>) -> StoreFuture<'a, bool>;

    /// Replaces the first bytes of a value by others of the same length if they are `old`, and says whether it did;
    /// the rest of the value and its expiry stay. A refresh puts its lease into the entry so.
    ///
    /// Without an implementation of its own it replaces nothing; a refresh then takes the entry's place while it loads, and
    /// [`conformance::check_without_restamp`] is the suite to run.
    ///
    /// # Errors
    ///
    /// A store that cannot be reached or answers with an error.
    fn restamp<'a>(
        &'a self,
        _key: &'a str,
        _old: &'a [u8],
        _new: &'a [u8],
    ) -> StoreFuture<'a, bool> {
        Box::pin(std::future::ready(Ok(false)))
    }

    /// Says how long a key has left.
    ///
    /// # Errors
    ///
    /// A store that cannot be reached or answers with an error.
    fn remaining<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Remaining>;

    /// Lists some of the keys that match `pattern`; begin with cursor 0. A key that is there during the whole
    /// scan is listed, whatever is deleted meanwhile; one that has expired may be. The work and the memory of one page are bounded.
    ///
    /// # Errors
    ///
    /// A store that cannot be reached or answers with an error.
    fn scan<'a>(&'a self, pattern: &'a str, cursor: u64) -> StoreFuture<'a, Page>;

    /// Returns the number of the connection that calls go by now. If it changes during the scan of
    /// an invalidation, the scan begins anew: after the restart of a server, a cursor leads past
    /// keys.
    ///
    /// The default is 0 for ever, for stores whose cursors stay good. A store in front of another
    /// one has to return the other one's number.
    fn connection(&self) -> u64 {
        0
    }

    /// Asks whether the store answers.
    ///
    /// # Errors
    ///
    /// A store that does not.
    fn ping(&self) -> StoreFuture<'_, ()>;

    /// Hears that a call on this store exceeded the budget and was dropped, or that its caller gave up after a good part
    /// of it. A store that can be away opens its breaker here, so that the next callers do not wait. It is called from
    /// destructors, too: it must neither block nor panic.
    fn timed_out(&self) {}

    /// Hears that its handle was shut down ([`Cache::shutdown`](crate::Cache::shutdown)): what it
    /// keeps open can go. Calls may still come, and may fail. It must neither block nor panic.
    fn close(&self) {}
}
