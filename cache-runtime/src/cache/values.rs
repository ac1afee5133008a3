//! Work on the handle itself: plain key-value use, and invalidation by hand.

use crate::cache::context::pending;
use crate::cache::invalidation::pass::Patience;
use crate::cache::invalidation::{self, Invalidated, Invalidation};
use crate::cache::warnings::Kind;
use crate::cache::{Cache, Keys};
use crate::entry::codec::{self, Json, Payload, PayloadRef, compression};
use crate::entry::envelope::{self, Header};
use crate::entry::ttl::Ttl;
use crate::error::{Error, Result};
use crate::function::origin::Origin;
use crate::key::glob;
use crate::key::lookalike;
use crate::key::scope::{self, Epochs};
use crate::protocol::epochs;
use crate::rt::bridge;
use crate::store::backend::Backend;
use crate::store::budget::Budget;
use crate::store::{Condition, Remaining, Track};
use bytes::Bytes;
use futures_util::stream;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::future::Future;
use std::time::Duration;

impl Cache {
    /// Reads the value that [`set`](Self::set) stored under `key`. Returns `None` if the key holds
    /// nothing.
    ///
    /// An entry that is corrupt, foreign or of another type counts as absent, and as corrupt in the
    /// statistics. An entry also counts as absent while an invalidation of its key is pending in a
    /// transaction around this call, or overdue.
    ///
    /// # Errors
    ///
    /// The store failed, or took longer than the budget.
    pub async fn get<T: DeserializeOwned>(&self, key: impl AsRef<str>) -> Result<Option<T>> {
        let key = self.full_key(key.as_ref())?;
        if self.is_outdated(&key) {
            return Ok(None);
        }
        let looked = self.on_tokio(async move |cache| {
            let looked = match cache.backend().look(&key, Track::No, &mut cache.budget()).await {
                Err(error) if error.is_foreign() => (Some(Bytes::new()), Epochs::Unused),
                looked => looked.map(|looked| (looked.value, looked.epochs))?,
            };
            Ok((looked, key))
        });
        let ((entry, epochs), key) = looked.await?;
        // The invalidation may have failed meanwhile.
        let entry = entry.filter(|_| !self.is_outdated(&key));
        Ok(entry.and_then(|entry| self.open(&entry, epochs)))
    }

    /// Reads several values, in the order of their keys, in one round trip for each thousand.
    ///
    /// # Errors
    ///
    /// The errors are those of [`get`](Self::get).
    pub async fn get_many<T: DeserializeOwned>(
        &self,
        keys: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<Vec<Option<T>>> {
        let keys = self.full_keys(keys)?;
        let outdated: Vec<bool> = keys.iter().map(|key| self.is_outdated(key)).collect();
        let looked = self.on_tokio(async move |cache| {
            let looked = cache.backend().look_many(&keys, Track::No, || cache.budget()).await;
            looked.map(|looked| (looked, keys))
        });
        let (looked, keys) = looked.await?;
        let values = looked.into_iter().zip(outdated).zip(&keys);
        let values = values.map(|((looked, was_outdated), key)| {
            let entry = looked.value.filter(|_| !was_outdated && !self.is_outdated(key));
            entry.and_then(|entry| self.open(&entry, looked.epochs))
        });
        Ok(values.collect())
    }

    /// Stores `value` under `key` for a TTL: a [`Duration`], seconds, or [`Ttl::Never`].
    ///
    /// # Errors
    ///
    /// * The value cannot be written as JSON that brings it back, is larger than the handle's
    ///   limit, or finds no room in the embedded store ([`Error::is_codec`]).
    /// * The TTL is zero ([`Error::is_config`]).
    /// * The store failed, or took longer than the budget.
    pub async fn set(
        &self,
        key: impl AsRef<str>,
        value: impl Serialize,
        ttl: impl Into<Ttl>,
    ) -> Result<()> {
        let key = self.full_key(key.as_ref())?;
        let ttl = checked(ttl.into())?;
        let payload = self.encode(&value)?;
        let (form, stored) = compression::compress(&payload, self.compresses_from());
        let header = Header::new(form, ttl, Duration::ZERO, 0);
        self.put(key, header, stored, ttl).await
    }

    /// Stores an entry under a whole key, prefix included.
    pub(crate) async fn put(
        &self,
        key: String,
        header: Header,
        payload: Bytes,
        ttl: Option<Duration>,
    ) -> Result<()> {
        self.on_tokio(async move |cache| {
            let (backend, mut budget) = (cache.backend(), cache.budget());
            let epochs = epochs::settle(backend, &key, cache.lease(), &mut budget).await?;
            let entry = within(header, epochs)?.encode(&payload);
            let set = backend.set(&key, entry, ttl, Condition::Always, &mut budget);
            let stored = set.await?;
            if backend.is_scoped() {
                // Epochs have to last as long as the entry. If this fails, later reads are misses.
                let life = scope::life(ttl, cache.lease());
                _ = backend.prolong_epochs(&key, life, &mut budget).await;
            }
            if stored || !cache.is_enabled() {
                return Ok(());
            }
            Err(Error::codec("the embedded store has no room for the value"))
        })
        .await
    }

    /// Stores several values for the same TTL, in one pipeline for each thousand.
    ///
    /// # Errors
    ///
    /// The errors are those of [`set`](Self::set). If the store fails on the way, some values may
    /// have been stored. If some values have no room in the embedded store, the others are stored.
    /// Values that together exceed its capacity evict each other.
    pub async fn set_many<K: AsRef<str>, V: Serialize>(
        &self,
        entries: impl IntoIterator<Item = (K, V)>,
        ttl: impl Into<Ttl>,
    ) -> Result<()> {
        let ttl = checked(ttl.into())?;
        let (mut keys, mut payloads) = (Vec::new(), Vec::new());
        for (key, value) in entries {
            keys.push(self.full_key(key.as_ref())?);
            payloads.push(compression::compress(&self.encode(&value)?, self.compresses_from()));
        }
        self.on_tokio(async move |cache| {
            let backend = cache.backend();
            let epochs =
                epochs::settle_many(backend, &keys, cache.lease(), || cache.budget()).await?;
            let whose = if backend.is_scoped() { keys.clone() } else { Vec::new() };
            let entries = keys.into_iter().zip(payloads).zip(epochs);
            let entries = entries.map(|((key, (form, stored)), epochs)| {
                let header = Header::new(form, ttl, Duration::ZERO, 0);
                Ok((key, within(header, epochs)?.encode(&stored)))
            });
            let entries = entries.collect::<Result<_>>()?;
            backend.set_many(entries, ttl, || cache.budget()).await?;
            let life = scope::life(ttl, cache.lease());
            epochs::prolong_many(backend, &whose, life, || cache.budget()).await
        })
        .await
    }

    /// Deletes one key, and returns whether the key was there.
    ///
    /// # Errors
    ///
    /// The store failed, or took longer than the budget.
    pub async fn remove(&self, key: impl AsRef<str>) -> Result<bool> {
        let pattern = glob::escape(&self.full_key(key.as_ref())?).into_owned();
        let swept = self.on_tokio(async move |cache| cache.sweep(&pattern, Patience::Write).await);
        Ok(swept.await?.deleted > 0)
    }

    /// Returns whether something is stored under `key`.
    ///
    /// # Errors
    ///
    /// The store failed, or took longer than the budget.
    pub async fn contains(&self, key: impl AsRef<str>) -> Result<bool> {
        Ok(self.left(key.as_ref()).await? != Remaining::Absent)
    }

    /// Returns the time that `key` has left. Returns `None` if the key is absent or never expires:
    /// [`contains`](Self::contains) tells the two apart.
    ///
    /// # Errors
    ///
    /// The store failed, or took longer than the budget.
    pub async fn ttl(&self, key: impl AsRef<str>) -> Result<Option<Duration>> {
        Ok(match self.left(key.as_ref()).await? {
            Remaining::Left(left) => Some(left),
            Remaining::Absent | Remaining::Endless => None,
        })
    }

    /// Deletes every key under this handle's prefix that matches a glob: `*`, `?`, `[a-z]`, `[^a]`,
    /// and `\` before a literal character.
    ///
    /// Put values into the pattern with [`segment`](crate::segment), which escapes them. On every
    /// store, `?` and a set match one byte, as in Redis. A `?` that shares a segment with a
    /// character outside ASCII is logged.
    ///
    /// Keys of annotated functions end in `:` and a hash, so that a pattern for them ends in `*`. A
    /// pattern without wildcards is one plain key.
    ///
    /// With wildcards, the call waits for a pass over all keys of the database, which other
    /// invalidations of this runtime share. If another pass runs already, the call waits for its
    /// rest first. Each pass takes a minute at most. With
    /// [`Strategy::Scoped`](crate::Strategy::Scoped), a prefix pattern is one command.
    ///
    /// Inside [`defer`](crate::defer), the invalidation waits for the end of the transaction.
    ///
    /// # Errors
    ///
    /// * The pattern is empty ([`Error::is_key`]).
    /// * The pattern has a set that is none, or another one than it seems, as in `[a-]`
    ///   ([`Error::is_key`]).
    /// * The store failed, took longer than the budget for one round trip, or took longer than a
    ///   minute for the pass. Some of the keys may then be deleted. The invalidation is tried again
    ///   until it succeeds. Until then, this handle takes the keys that match for missing.
    ///
    /// # Cancellation
    ///
    /// On the embedded store, the invalidation is done at once. On another store, an invalidation
    /// that was polled runs to its end.
    pub async fn invalidate(&self, pattern: impl AsRef<str>) -> Result<Invalidated> {
        self.check_pattern(pattern.as_ref())?;
        self.invalidate_all(&[pattern.as_ref()]).await
    }

    /// Invalidates several well-formed patterns under this handle's prefix, or keeps them for the
    /// end of the transaction around the call.
    pub(crate) async fn invalidate_all(&self, patterns: &[impl AsRef<str>]) -> Result<Invalidated> {
        let due = patterns.iter().map(|pattern| {
            let pattern = self.full_pattern(pattern.as_ref());
            Invalidation { cache: self.clone(), pattern, origin: Origin::Hand }
        });
        match pending::keep(due.collect()) {
            None => Ok(Invalidated::later()),
            Some(due) => invalidation::run_all(due).await.map(Invalidated::now),
        }
    }

    /// Deletes every key under this handle's prefix, and no other key.
    ///
    /// # Errors
    ///
    /// The errors are those of [`invalidate`](Self::invalidate).
    pub async fn clear(&self) -> Result<Invalidated> {
        self.invalidate("*").await
    }

    /// Lists the keys under this handle's prefix that match a glob, without the prefix, by SCAN.
    ///
    /// # Errors
    ///
    /// [`invalidate`](Self::invalidate) would refuse the pattern. A fault of the store comes as an
    /// item of the stream.
    pub fn keys(&self, pattern: impl AsRef<str>) -> Result<Keys> {
        self.check_pattern(pattern.as_ref())?;
        let scan = (self.clone(), self.full_pattern(pattern.as_ref()), Some(0));
        Ok(Keys::new(stream::try_unfold(scan, |(cache, pattern, cursor)| async move {
            let Some(cursor) = cursor else {
                return Ok(None);
            };
            let looked_for = pattern.clone();
            let page = cache.on_tokio(async move |cache| {
                cache.backend().scan(&looked_for, cursor, &mut cache.budget()).await
            });
            let page = page.await?;
            let prefix = cache.key_prefix().len();
            let keys = page.keys.iter().filter(|key| !scope::is_own_key(key));
            let keys = keys.filter_map(|key| key.get(prefix..)).map(str::to_owned);
            Ok(Some((keys.collect(), (cache.clone(), pattern, page.next))))
        })))
    }

    /// Runs calls of the store on a tokio runtime if the store needs one, and counts a fault.
    pub(crate) async fn on_tokio<T, F>(
        &self,
        work: impl FnOnce(Self) -> F + Send + 'static,
    ) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        self.check_open()?;
        let driven = bridge::run_on_tokio(self.needs_tokio(), || work(self.clone())).await;
        let answer = driven.unwrap_or_else(|| Err(Error::unreachable("no thread for the cache")));
        answer.inspect_err(|_| self.manual().errors.increment())
    }

    async fn left(&self, key: &str) -> Result<Remaining> {
        let key = self.full_key(key)?;
        if self.is_outdated(&key) {
            return Ok(Remaining::Absent);
        }
        self.on_tokio(async move |cache| {
            let (backend, mut budget) = (cache.backend(), cache.budget());
            if backend.is_scoped() && !is_current(backend, &key, &mut budget).await? {
                return Ok(Remaining::Absent);
            }
            backend.remaining(&key, &mut budget).await
        })
        .await
    }

    fn full_key(&self, key: &str) -> Result<String> {
        if key.is_empty() {
            return Err(Error::key("the key is empty"));
        }
        let whole = [self.key_prefix(), key].concat();
        if scope::is_own_key(&whole) {
            return Err(Error::key(scope::RESERVED));
        }
        Ok(whole)
    }

    fn full_keys(&self, keys: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Vec<String>> {
        keys.into_iter().map(|key| self.full_key(key.as_ref())).collect()
    }

    /// Refuses a pattern that cannot be meant. A dubious pattern may come from data, and is logged
    /// instead.
    fn check_pattern(&self, text: &str) -> Result<()> {
        glob::check(text)?;
        // mutant: a question mark beside a wide character is not logged
        if lookalike::question_mark(text).is_some() && self.may_warn(Kind::QuestionMark, None) {
            tracing::warn!(target: "cache_runtime", "a pattern has a `?` beside a character of several bytes; it matches one byte");
        }
        Ok(())
    }

    /// Returns the whole pattern under this handle's prefix, with the prefix escaped.
    pub(crate) fn full_pattern(&self, pattern: &str) -> String {
        [&*glob::escape(self.key_prefix()), pattern].concat()
    }

    fn encode(&self, value: &impl Serialize) -> Result<Payload> {
        let payload = codec::encode::<Json, _>(value, self.max_entry_size());
        payload.map_err(|reason| Error::codec(reason.reason()))
    }

    fn open<T: DeserializeOwned>(&self, stored: &Bytes, epochs: Epochs) -> Option<T> {
        if envelope::is_lease(stored) {
            return None;
        }
        let entry = envelope::decode(stored).ok();
        if entry.is_some_and(|(header, _)| !epochs.vouch_for(header.scopes)) {
            return None;
        }
        let value = entry.and_then(|(header, payload)| {
            let restored =
                compression::decompress(header.form, payload, self.max_entry_size()).ok()?;
            let bytes = restored.as_deref().unwrap_or(payload);
            codec::decode::<Json, T>(PayloadRef { encoding: header.form.encoding, bytes })
        });
        if value.is_none() {
            self.manual().corrupt.increment();
        }
        value
    }
}

/// Returns the header with the epochs of its key, so that readers trust the entry.
fn within(header: Header, epochs: Epochs) -> Result<Header> {
    let gone = || Error::server("the epochs of the key's scopes went while it was being stored");
    Ok(header.within(epochs.number().ok_or_else(gone)?))
}

/// Tells whether a key holds an entry that readers trust, or a lease whose load may become one.
async fn is_current(backend: &Backend, key: &str, budget: &mut Budget) -> Result<bool> {
    let looked = backend.look(key, Track::No, budget).await?;
    let Some(value) = looked.value else { return Ok(false) };
    Ok(match envelope::decode(&value) {
        Ok((header, _)) => looked.epochs.vouch_for(header.scopes),
        Err(_) => {
            envelope::lease_scopes(&value).is_none_or(|scopes| looked.epochs.may_become(scopes))
        }
    })
}

fn checked(expiry: Ttl) -> Result<Option<Duration>> {
    if expiry.is_zero() {
        return Err(Error::config("the TTL is zero; remove the key instead"));
    }
    Ok(expiry.bounded())
}
