//! Places of entries: the [`Store`] trait, and the stores of this crate behind it.

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

/// Boxed future that a store's methods return, so that a store can be a trait object.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// Condition of a write or delete. The store decides and acts in one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition<'a> {
    /// Always holds.
    Always,
    /// Holds if nothing is stored under the key.
    Absent,
    /// Holds if the stored bytes begin with these.
    StartsWith(&'a [u8]),
    /// Holds if the key has a value that is not a byte string, such as a Redis list.
    Foreign,
}

/// Time that an entry has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remaining {
    /// There is no entry.
    Absent,
    /// The entry does not expire.
    Endless,
    /// The entry expires after this time.
    Left(Duration),
}

/// A page of a scan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Matching keys. A key may come twice over a whole scan.
    pub keys: Vec<String>,
    /// Cursor of the next page. `None` if the scan is complete.
    pub next: Option<u64>,
}

/// Choice of a read: whether the [`ChangeListener`] hears of later changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Track {
    /// The listener hears of changes, if the store can tell of them.
    Yes,
    /// The listener need not hear of changes.
    No,
}

/// Result of a read that may be tracked.
#[derive(Clone, Debug)]
pub struct Tracked {
    /// Value of the key.
    pub value: Option<Bytes>,
    /// Values of the keys beside it, in their order.
    pub beside: Vec<Option<Bytes>>,
    /// Validity that stands as long as the listener hears of every change since the read. `None`:
    /// the store does not tell of changes.
    pub validity: Option<Validity>,
}

/// Signal that a key that was read may have changed.
pub struct Watch(Option<Pin<Box<dyn Future<Output = ()> + Send>>>);

impl Watch {
    /// Returns a watch that never signals. A caller that waits on it has to look at the key again
    /// now and then.
    #[must_use]
    pub const fn none() -> Self {
        Self(None)
    }

    /// Returns a watch that signals when `changed` is ready. The future may be ready too early, and
    /// dropping it must end its work.
    pub fn new(changed: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(Some(Box::pin(changed)))
    }

    /// Waits until the key may have changed. Without a source of signals, waits for ever.
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
/// Implement this trait to put the cache in front of another store. Run [`conformance::check`] on
/// your store in your tests: the suite calls every method under every condition, over every kind of
/// value at a key.
///
/// # Cancellation
///
/// The futures may be dropped at any await point. A write that was under way may or may not have
/// happened. Each value must be written whole or not at all.
///
/// # Timeouts
///
/// Callers bound every call by the handle's budget, 100 ms by default. After a call that exceeds
/// it, they call [`timed_out`](Self::timed_out). A store needs no timeout of its own, and must not
/// sleep or retry behind a caller.
///
/// # Patterns
///
/// Patterns are Redis' globs over bytes: `*`, `?` for one byte, `[abc]`, `[^abc]`, and `[a-c]` with
/// its ends in either order. A `\` stands before a literal character, in `[…]` too.
pub trait Store: Debug + Send + Sync + 'static {
    /// Returns a short name for health reports, such as `redis`.
    fn name(&self) -> &'static str;

    /// Reads one key. An expired entry is absent.
    ///
    /// # Errors
    ///
    /// Fails if the store cannot be reached, answers with an error, or holds a value other than
    /// bytes ([`Error::foreign`](crate::Error::foreign)).
    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Bytes>>;

    /// Reads one key, and returns a watch that signals every change after the read. The watch
    /// therefore begins before the read. Callers sleep on the watch while another process loads,
    /// and look at the key again from time to time.
    ///
    /// The default implementation reads the key and returns [`Watch::none`].
    ///
    /// # Errors
    ///
    /// Fails like [`get`](Self::get).
    fn watch<'a>(&'a self, key: &'a str) -> StoreFuture<'a, (Option<Bytes>, Watch)> {
        Box::pin(async move { Ok((self.get(key).await?, Watch::none())) })
    }

    /// Begins to tell `listener` of changes. A handle with an in-process tier calls this method
    /// once, before the first [`read`](Self::read) with [`Track::Yes`].
    ///
    /// The default implementation refuses.
    ///
    /// # Errors
    ///
    /// If the store cannot tell of changes, it fails, and so does `build`. If the store cannot be
    /// reached, it fails too, but begins to tell of changes as soon as it can be reached.
    fn listen(&self, _listener: Arc<dyn ChangeListener>) -> StoreFuture<'_, ()> {
        let refused = Error::config(format!(
            "the store `{}` does not tell of changes, so that an in-process tier could not stay true; build without `local`",
            self.name()
        ));
        Box::pin(std::future::ready(Err(refused)))
    }

    /// Reads a key and others beside it, in one round trip and in any order. With [`Track::Yes`],
    /// the listener hears of later changes of each key, at least until the first change. Writes
    /// through this store count as changes. If there are keys beside it, a foreign value may count
    /// as absent.
    ///
    /// The default implementation reads the keys and tells of no change.
    ///
    /// # Errors
    ///
    /// Fails like [`get`](Self::get).
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

    /// Reads several keys, in their order. A key that has less than half of `time` left gets `time`
    /// to live.
    ///
    /// The default implementation reads the keys and prolongs nothing.
    ///
    /// # Errors
    ///
    /// Fails like [`get_many`](Self::get_many).
    fn prolong<'a>(
        &'a self,
        keys: &'a [String],
        _time: Duration,
    ) -> StoreFuture<'a, Vec<Option<Bytes>>> {
        self.get_many(keys)
    }

    /// Reads the first `length` bytes of several keys, in their order. A foreign value is absent.
    ///
    /// The default implementation reads whole values and cuts them.
    ///
    /// # Errors
    ///
    /// Fails like [`get_many`](Self::get_many).
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

    /// Reads several keys, in their order. A foreign value is absent.
    ///
    /// # Errors
    ///
    /// Fails if the store cannot be reached or answers with an error.
    fn get_many<'a>(&'a self, keys: &'a [String]) -> StoreFuture<'a, Vec<Option<Bytes>>>;

    /// Writes one key if `condition` holds. Returns whether it was written. With a `ttl` of `None`,
    /// the entry does not expire. A write replaces the value and its expiry, and a refused write
    /// leaves both. [`Condition::Always`] replaces any value.
    ///
    /// # Errors
    ///
    /// Fails if the store cannot be reached or answers with an error, for example because it is
    /// full.
    fn set<'a>(
        &'a self,
        key: &'a str,
        value: Bytes,
        ttl: Option<Duration>,
        condition: Condition<'a>,
    ) -> StoreFuture<'a, bool>;

    /// Writes several keys unconditionally. A key that comes twice holds its last value.
    ///
    /// # Errors
    ///
    /// Fails if the store cannot be reached or answers with an error. Some keys may have been
    /// written.
    fn set_many(&self, entries: Vec<(String, Bytes)>, ttl: Option<Duration>)
    -> StoreFuture<'_, ()>;

    /// Deletes keys. Returns how many were there. A key that comes twice counts once, and an
    /// expired key does not count.
    ///
    /// # Errors
    ///
    /// Fails if the store cannot be reached or answers with an error. Some keys may have been
    /// deleted.
    fn remove<'a>(&'a self, keys: &'a [String]) -> StoreFuture<'a, u64>;

    /// Deletes one key if `condition` holds. Returns whether it was deleted, which is `false` for
    /// an absent key.
    ///
    /// # Errors
    ///
    /// Fails if the store cannot be reached or answers with an error.
    fn remove_if<'a>(&'a self, key: &'a str, condition: Condition<'a>) -> StoreFuture<'a, bool>;

    /// Replaces the first bytes of a value by others of the same length, if they are `old`. Returns
    /// whether they were replaced. The rest of the value and its expiry stay. A refresh puts its
    /// lease into the entry this way.
    ///
    /// The default implementation replaces nothing. A refresh then takes the entry's place while it
    /// loads. Run [`conformance::check_without_restamp`] on such a store.
    ///
    /// # Errors
    ///
    /// Fails if the store cannot be reached or answers with an error.
    fn restamp<'a>(
        &'a self,
        _key: &'a str,
        _old: &'a [u8],
        _new: &'a [u8],
    ) -> StoreFuture<'a, bool> {
        Box::pin(std::future::ready(Ok(false)))
    }

    /// Returns the time that a key has left.
    ///
    /// # Errors
    ///
    /// Fails if the store cannot be reached or answers with an error.
    fn remaining<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Remaining>;

    /// Lists some of the keys that match `pattern`. A scan begins with cursor 0. A key that is
    /// there during the whole scan is listed, even if others are deleted meanwhile. An expired key
    /// may be listed. The work and the memory of one page are bounded.
    ///
    /// # Errors
    ///
    /// Fails if the store cannot be reached or answers with an error.
    fn scan<'a>(&'a self, pattern: &'a str, cursor: u64) -> StoreFuture<'a, Page>;

    /// Returns the number of the connection that calls use now. If the number changes during the
    /// scan of an invalidation, the scan begins anew. The reason is that after the restart of a
    /// server, a cursor may skip keys.
    ///
    /// The default is always 0, for stores whose cursors stay valid. A store in front of another
    /// one must return the number of that one.
    fn connection(&self) -> u64 {
        0
    }

    /// Asks whether the store answers.
    ///
    /// # Errors
    ///
    /// Fails if the store does not answer.
    fn ping(&self) -> StoreFuture<'_, ()>;

    /// Hears of a call that exceeded the budget and was dropped, or whose caller gave up after a
    /// quarter of the budget. A store that can be away opens its breaker, so that the next callers
    /// do not wait. The default does nothing. This method is also called from destructors, so it
    /// must neither block nor panic.
    fn timed_out(&self) {}

    /// Hears that its handle was shut down ([`Cache::shutdown`](crate::Cache::shutdown)), so that
    /// open resources can be closed. Later calls may still come, and may fail. The default does
    /// nothing. This method must neither block nor panic.
    fn close(&self) {}
}
