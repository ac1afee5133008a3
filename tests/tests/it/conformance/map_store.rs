//! A map behind a lock, with a fault to be found.

use std::collections::HashMap;
use std::future::pending;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use cache_runtime::Error;
use cache_runtime::store::{
    ChangeListener, Condition, Page, Remaining, Store, StoreFuture, Track, Tracked, Validity, Watch,
};

use super::fault::Fault;
use super::globs;

/// How many keys a page lists, about.
const PAGE: usize = 100;

/// An application's own store.
#[derive(Debug)]
pub(crate) struct MapStore {
    pub(crate) entries: Mutex<HashMap<String, Held>>,
    fault: Fault,
    listener: OnceLock<Arc<dyn ChangeListener>>,
    /// The only cursor of a store that keeps one.
    cursor: Mutex<usize>,
}

/// A value, and until when it is held.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    value: Bytes,
    expires: Option<Instant>,
}

impl Held {
    fn is_expired(&self) -> bool {
        self.expires.is_some_and(|at| at <= Instant::now())
    }
}

impl MapStore {
    pub(crate) fn new(fault: Fault) -> Self {
        Self {
            entries: Mutex::default(),
            fault,
            listener: OnceLock::new(),
            cursor: Mutex::default(),
        }
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    /// The key as the store takes it.
    fn name(&self, key: &str) -> String {
        match self.fault {
            Fault::FoldsCase => key.to_lowercase(),
            Fault::TrimsKeys => key.trim_end().to_owned(),
            Fault::ShortensKeys => key.chars().take(255).collect(),
            _ => key.to_owned(),
        }
    }

    /// The value as the store keeps it.
    fn kept(&self, value: Bytes) -> Bytes {
        match self.fault {
            Fault::TakesValuesForText => String::from_utf8_lossy(&value).into_owned().into(),
            Fault::CutsLargeValues => value.slice(..value.len().min(1 << 16)),
            Fault::CutsValuesAtZero => {
                value.slice(..value.iter().position(|byte| *byte == 0).unwrap_or(value.len()))
            }
            _ => value,
        }
    }

    fn read(&self, key: &str) -> Option<Held> {
        let mut entries = self.entries.lock().unwrap();
        let held = entries.get_mut(&self.name(key))?;
        if held.is_expired() && !self.has(Fault::NeverExpires) {
            return None;
        }
        if self.has(Fault::ReadsRefreshExpiry) && held.expires.is_some() {
            held.expires = Some(Instant::now() + Duration::from_secs(600));
        }
        Some(held.clone())
            .filter(|held| !held.value.is_empty() || !self.has(Fault::LosesEmptyValues))
    }

    fn value(&self, key: &str) -> Option<Bytes> {
        self.read(key).map(|held| held.value)
    }

    fn meets(&self, key: &str, condition: Condition<'_>) -> bool {
        let held = self.value(key);
        match condition {
            Condition::Always => true,
            Condition::Absent if self.has(Fault::OverwritesWhatIsThere) => true,
            Condition::Absent if self.has(Fault::RefusesExpired) => {
                !self.entries.lock().unwrap().contains_key(key)
            }
            Condition::Absent => held.is_none(),
            Condition::StartsWith(start) => self.starts(held.as_deref(), start),
            Condition::Foreign => self.has(Fault::TakesBytesForForeign) && held.is_some(),
        }
    }

    fn starts(&self, held: Option<&[u8]>, start: &[u8]) -> bool {
        match (self.fault, held) {
            (Fault::TakesAbsentForEmpty, None) => start.is_empty(),
            (Fault::ComparesWholeValues, Some(held)) => held == start,
            (Fault::FindsPrefixesAnywhere, Some(held)) => {
                start.is_empty() || held.windows(start.len()).any(|part| part == start)
            }
            (_, Some(held)) => held.starts_with(start),
            (_, None) => false,
        }
    }

    /// Until when a value is kept that is written now.
    fn expiry(
        &self,
        key: &str,
        ttl: Option<Duration>,
        condition: Condition<'_>,
    ) -> Option<Instant> {
        let expires = ttl.map(|time| Instant::now() + time);
        match (self.fault, condition) {
            (Fault::IgnoresTimeToLive, _)
            | (Fault::FillsNeverExpire, Condition::StartsWith(_))
            | (Fault::LeasesNeverExpire, Condition::Absent) => None,
            (Fault::KeepsTheOldExpiry, _) => self.read(key).map_or(expires, |held| held.expires),
            (Fault::NeverWithoutExpiry, _) => {
                Some(expires.unwrap_or(Instant::now() + Duration::from_secs(86400)))
            }
            _ => expires,
        }
    }

    fn write(&self, key: &str, value: Bytes, expires: Option<Instant>) {
        self.tell(key);
        let held = Held { value: self.kept(value), expires };
        let mut entries = self.entries.lock().unwrap();
        if self.has(Fault::KeepsWhatItOverwrites) && entries.contains_key(key) {
            return;
        }
        entries.insert(self.name(key), held);
    }

    fn delete(&self, key: &str) -> bool {
        self.tell(key);
        let removed = self.entries.lock().unwrap().remove(&self.name(key));
        removed.is_some_and(|held| !held.is_expired() || self.has(Fault::SaysItRemovedExpired))
    }

    fn tell(&self, key: &str) {
        if self.has(Fault::TellsNothingOfBeside)
            && !key.ends_with(":beside")
            && let Some(listener) = self.listener.get()
        {
            listener.changed(key.as_bytes());
        }
    }

    /// A whole answer to a batch, with what is wrong with it.
    fn answer(&self, keys: &[String]) -> Vec<Option<Bytes>> {
        let mut values: Vec<_> = keys.iter().map(|key| self.value(key)).collect();
        match self.fault {
            Fault::MissesTheOrder => values.reverse(),
            Fault::AnswersOneShort => _ = values.pop(),
            Fault::LeavesOutWhatIsAbsent => values.retain(Option::is_some),
            Fault::CutsLongBatches => values.truncate(1000),
            Fault::LeavesOutWhatComesTwice => {
                let mut n = 0;
                values.retain(|_| {
                    n += 1;
                    !keys[..n - 1].contains(&keys[n - 1])
                });
            }
            _ => {}
        }
        values
    }

    /// Keys in the order of their hashes, which no other key's end or beginning changes: the cursor is a hash.
    fn page(&self, cursor: u64) -> (Vec<String>, Option<u64>) {
        let hash = |key: &String| {
            let mut hasher = DefaultHasher::new();
            key.hash(&mut hasher);
            hasher.finish().max(1)
        };
        let keys = self.entries.lock().unwrap().keys().cloned().collect::<Vec<_>>();
        let keys = keys.into_iter().map(|key| (hash(&key), key));
        let mut keys: Vec<_> = keys.filter(|(hash, _)| *hash > cursor).collect();
        keys.sort();
        let next = keys.get(PAGE).map(|_| keys[PAGE - 1].0);
        (keys.into_iter().take(PAGE).map(|(_, key)| key).collect(), next)
    }

    /// The same by how many keys came before.
    fn page_from(&self, start: usize) -> (Vec<String>, Option<u64>) {
        let mut keys: Vec<String> = self.entries.lock().unwrap().keys().cloned().collect();
        keys.sort();
        let next = (start + PAGE < keys.len()).then_some((start + PAGE) as u64);
        (keys.into_iter().skip(start).take(PAGE).collect(), next)
    }

    /// The same from where the last scan has come to, whichever that was.
    fn page_after_the_last(&self, cursor: u64) -> (Vec<String>, Option<u64>) {
        let mut own = self.cursor.lock().unwrap();
        if cursor == 0 {
            *own = 0;
        }
        let (keys, next) = self.page_from(*own);
        *own += PAGE;
        (keys, next)
    }

    /// Lets others go first between the look and the deed.
    async fn pause(&self, fault: Fault) {
        if self.has(fault) {
            tokio::task::yield_now().await;
        }
    }
}

fn ready<T: Send + 'static>(value: T) -> StoreFuture<'static, T> {
    Box::pin(async { Ok(value) })
}

impl Store for MapStore {
    fn name(&self) -> &'static str {
        "map"
    }

    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Bytes>> {
        ready(self.value(key))
    }

    fn watch<'a>(&'a self, key: &'a str) -> StoreFuture<'a, (Option<Bytes>, Watch)> {
        let value = self.value(key).filter(|_| !self.has(Fault::WatchesNothing));
        let is_silent = self.has(Fault::WatchesInSilence);
        ready((value, if is_silent { Watch::new(pending()) } else { Watch::none() }))
    }

    fn listen(&self, listener: Arc<dyn ChangeListener>) -> StoreFuture<'_, ()> {
        if !matches!(self.fault, Fault::PromisesInSilence | Fault::TellsNothingOfBeside) {
            return Box::pin(async { Err(Error::unreachable("it tells nothing")) });
        }
        let _ = self.listener.set(listener);
        ready(())
    }

    fn read<'a>(
        &'a self,
        key: &'a str,
        beside: &'a [String],
        _telling: Track,
    ) -> StoreFuture<'a, Tracked> {
        let mut values: Vec<_> = beside.iter().map(|key| self.value(key)).collect();
        match self.fault {
            Fault::ReadsBesideInAnotherOrder => values.reverse(),
            Fault::ReadsNothingBeside => values.clear(),
            _ => {}
        }
        let validity = self.listener.get().map(|_| Validity::new());
        ready(Tracked { value: self.value(key), beside: values, validity })
    }

    fn heads<'a>(
        &'a self,
        keys: &'a [String],
        length: usize,
    ) -> StoreFuture<'a, Vec<Option<Bytes>>> {
        let length = if self.has(Fault::CutsHeadsShort) { length.min(4) } else { length };
        let head = |value: Bytes| value.slice(..value.len().min(length));
        let mut heads: Vec<_> = keys.iter().map(|key| self.value(key).map(head)).collect();
        if self.has(Fault::PutsHeadsInAnotherOrder) {
            heads.reverse();
        }
        if self.has(Fault::CutsHeadsShort) && heads.len() == 1 {
            return ready(vec![self.value(&keys[0])]);
        }
        ready(heads)
    }

    fn prolong<'a>(
        &'a self,
        keys: &'a [String],
        time: Duration,
    ) -> StoreFuture<'a, Vec<Option<Bytes>>> {
        let mut values: Vec<_> = keys.iter().map(|key| self.value(key)).collect();
        for key in keys {
            if let Some(held) = self.entries.lock().unwrap().get_mut(key)
                && let Some(expires) = held.expires.filter(|_| !held.is_expired())
                && (expires < Instant::now() + time / 2 || self.has(Fault::ProlongShortens))
            {
                held.expires = Some(Instant::now() + time);
            }
        }
        if self.has(Fault::ProlongMisses) {
            values.fill(None);
        }
        ready(values)
    }

    fn get_many<'a>(&'a self, keys: &'a [String]) -> StoreFuture<'a, Vec<Option<Bytes>>> {
        ready(if keys.len() < 2 {
            keys.iter().map(|key| self.value(key)).collect()
        } else {
            self.answer(keys)
        })
    }

    fn set<'a>(
        &'a self,
        key: &'a str,
        value: Bytes,
        ttl: Option<Duration>,
        condition: Condition<'a>,
    ) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            let met = self.meets(key, condition);
            self.pause(Fault::ChecksAndThenWrites).await;
            if met || self.has(Fault::WritesOnAnyCondition) {
                self.write(key, value, self.expiry(key, ttl, condition));
            } else if self.has(Fault::RefusedWritesRefreshExpiry)
                && let Some(held) = self.entries.lock().unwrap().get_mut(key)
            {
                held.expires = ttl.map(|time| Instant::now() + time);
            }
            Ok(match self.fault {
                Fault::WritesOnAnyCondition | Fault::SaysItWroteWhatItRefused => true,
                Fault::SaysItRefusedWhatItWrote => met && condition == Condition::Always,
                _ => met,
            })
        })
    }

    fn set_many(
        &self,
        entries: Vec<(String, Bytes)>,
        ttl: Option<Duration>,
    ) -> StoreFuture<'_, ()> {
        let ttl = ttl.filter(|_| !self.has(Fault::BatchesNeverExpire));
        for (key, value) in entries {
            if !self.has(Fault::WritesBatchesIfAbsent) || self.value(&key).is_none() {
                self.write(&key, value, self.expiry(&key, ttl, Condition::Always));
            }
        }
        ready(())
    }

    fn remove<'a>(&'a self, keys: &'a [String]) -> StoreFuture<'a, u64> {
        let twice = |key: &String| keys.iter().filter(|other| *other == key).count() > 1;
        let counts = |key: &String| {
            let was_there = self.delete(key);
            match self.fault {
                Fault::CountsNothing => false,
                Fault::CountsWhatIsNotThere => true,
                Fault::CountsTwice => was_there || twice(key),
                _ => was_there,
            }
        };
        ready(keys.iter().filter(|key| counts(key)).count() as u64)
    }

    fn remove_if<'a>(&'a self, key: &'a str, condition: Condition<'a>) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            let met = self.meets(key, condition) || self.has(Fault::RemovesOnAnyCondition);
            let was_there = self.read(key).is_some();
            self.pause(Fault::ChecksAndThenDeletes).await;
            Ok(match self.fault {
                Fault::RemovesInNoCase => met && was_there,
                Fault::ChecksAndThenDeletes => met && (self.delete(key) || was_there),
                _ => met && self.delete(key),
            })
        })
    }

    fn restamp<'a>(&'a self, key: &'a str, old: &'a [u8], new: &'a [u8]) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            let held = match self.fault {
                Fault::RefusesStamps => None,
                Fault::StampsWhatHasExpired => self.entries.lock().unwrap().get(key).cloned(),
                _ => self.read(key),
            };
            let Some(held) = held else { return Ok(false) };
            let fits = old.len() == new.len() || self.has(Fault::StampsOfOtherLengths);
            let is_old = held.value.starts_with(old) || self.has(Fault::StampsWithoutComparing);
            self.pause(Fault::ChecksAndThenStamps).await;
            if fits && is_old {
                self.stamp(key, &held, old, new);
            }
            Ok(fits && is_old)
        })
    }

    fn remaining<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Remaining> {
        ready(match self.read(key) {
            None if self.has(Fault::SaysAbsentNeverExpires) => Remaining::Endless,
            None => Remaining::Absent,
            Some(Held { expires: None, .. }) => Remaining::Endless,
            Some(Held { expires: Some(at), .. }) => {
                Remaining::Left(at.saturating_duration_since(Instant::now()))
            }
        })
    }

    fn scan<'a>(&'a self, pattern: &'a str, cursor: u64) -> StoreFuture<'a, Page> {
        let (keys, next) = match self.fault {
            Fault::SkipsWhenKeysGo => self.page_from(usize::try_from(cursor).unwrap()),
            Fault::KeepsOneCursor => self.page_after_the_last(cursor),
            _ => self.page(cursor),
        };
        let next = match self.fault {
            Fault::ListsOnePage => None,
            Fault::ListsForEver => Some(next.unwrap_or(u64::MAX)),
            _ => next,
        };
        let is_listed = |key: &String| globs::matches(self.fault, pattern, key);
        ready(Page { keys: keys.into_iter().filter(is_listed).collect(), next })
    }

    fn connection(&self) -> u64 {
        let mut calls = self.cursor.lock().unwrap();
        *calls += usize::from(self.has(Fault::CountsConnections));
        *calls as u64
    }

    fn ping(&self) -> StoreFuture<'_, ()> {
        if self.has(Fault::DoesNotAnswer) {
            return Box::pin(async { Err(Error::unreachable("it is asleep")) });
        }
        ready(())
    }
}

impl MapStore {
    fn stamp(&self, key: &str, held: &Held, old: &[u8], new: &[u8]) {
        let rest = &held.value[old.len()..];
        let value = match self.fault {
            Fault::StampsNothing => return,
            Fault::StampsLoseTheRest => new.to_vec(),
            _ => [new, rest].concat(),
        };
        let expires = held.expires.filter(|_| !self.has(Fault::StampsLoseTheExpiry));
        self.write(key, value.into(), expires);
    }
}
