//! The embedded store: in this process, bounded, without a server.

use super::{Condition, Page, Remaining, Store, StoreFuture};
use crate::error::{Error, Result};
use crate::key::glob;
use crate::key::patterns::Wanted;
use bytes::Bytes;
use quick_cache::sync::{Cache as Engine, EntryAction, EntryResult};
use quick_cache::{DefaultHashBuilder, Lifecycle, OptionsBuilder};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// Approximate bytes of an entry beside its key and value.
const OVERHEAD: usize = 96;

/// Part of a shard for entries that were used more than once. This is the engine's default.
const HOT: f64 = 0.97;

/// Average bytes of an entry, as a first guess for the engine's tables.
const USUAL_ENTRY: u64 = 512;

/// Entries in memory, bounded by bytes. The least useful entries are evicted.
#[derive(Debug)]
pub(crate) struct MemoryStore {
    entries: Engine<String, Stored, BytesWeight, DefaultHashBuilder, Evictions>,
    capacity: u64,
    /// Number of the next write.
    next: AtomicU64,
}

#[derive(Clone, Debug)]
struct Stored {
    bytes: Bytes,
    expires: Option<Instant>,
    /// Number of the write. A writer recognizes its own value among the evicted ones by this
    /// number.
    number: u64,
}

/// Shows a writer what the engine evicts to make room for its value. Evicted values are dropped
/// where no lock is held.
#[derive(Clone, Debug)]
struct Evictions;

impl Lifecycle<String, Stored> for Evictions {
    type RequestState = Vec<(String, Stored)>;

    /// Notes an evicted value. The engine also calls this for a value that another one replaces
    /// under its key.
    fn on_evict(&self, evicted: &mut Self::RequestState, key: String, slot: Stored) {
        evicted.push((key, slot));
    }
}

#[derive(Clone, Debug)]
struct BytesWeight;

impl quick_cache::Weighter<String, Stored> for BytesWeight {
    fn weight(&self, key: &String, slot: &Stored) -> u64 {
        weight(key, &slot.bytes)
    }
}

fn weight(key: &str, bytes: &Bytes) -> u64 {
    (key.len() + bytes.len() + OVERHEAD) as u64
}

/// Returns the number of parts in which the engine locks its entries. The goal is four parts a
/// thread, with room for two of the largest entries in each.
fn shards(capacity: u64, max_entry_size: usize) -> usize {
    let threads = std::thread::available_parallelism().map_or(4, usize::from);
    let roomy = capacity / (max_entry_size as u64).saturating_add(1024).saturating_mul(2);
    let roomy = usize::try_from(roomy).unwrap_or(usize::MAX).max(1);
    // The engine rounds up to a power of two.
    let power = 1usize << roomy.min(threads.saturating_mul(4)).ilog2();
    power.max(1)
}

impl Stored {
    fn new(bytes: Bytes, ttl: Option<Duration>, number: u64) -> Self {
        // A time beyond the clock's range means no expiry.
        let expires = ttl.and_then(|time| Instant::now().checked_add(time));
        Self { bytes, expires, number }
    }

    fn is_expired(&self) -> bool {
        // mutant: embedded entries do not expire
        self.expires.is_some_and(|at| at <= Instant::now())
    }

    /// Tells whether `condition` holds for the value that readers see in this slot.
    fn meets(&self, condition: Condition<'_>) -> bool {
        match condition {
            Condition::Always => true,
            Condition::Absent => self.is_expired(),
            Condition::StartsWith(prefix) => !self.is_expired() && self.bytes.starts_with(prefix),
            Condition::Foreign => false,
        }
    }
}

impl MemoryStore {
    /// Makes a store that holds about `capacity` bytes. A shard has room for two entries of
    /// `max_entry_size` bytes if `capacity` allows that.
    pub(crate) fn new(capacity: u64, max_entry_size: usize) -> Self {
        let guess = usize::try_from((capacity / USUAL_ENTRY).clamp(16, 1 << 20)).unwrap_or(16);
        let options = OptionsBuilder::new()
            .estimated_items_capacity(guess)
            .weight_capacity(capacity)
            .hot_allocation(HOT)
            .shards(shards(capacity, max_entry_size))
            .build();
        // `build` fails only if a size is missing.
        let entries = options.map_or_else(
            |_| {
                let hasher = DefaultHashBuilder::default();
                Engine::with(guess, capacity, BytesWeight, hasher, Evictions)
            },
            |options| {
                let hasher = DefaultHashBuilder::default();
                Engine::with_options(options, BytesWeight, hasher, Evictions)
            },
        );
        Self { entries, capacity, next: AtomicU64::new(0) }
    }

    /// Tells whether the engine would keep a slot of this weight. A shard drops at once what
    /// exceeds its hot part.
    fn has_room(&self, weight: u64) -> bool {
        #[expect(
            clippy::cast_precision_loss,
            reason = "sizes of memory are far below 2^52, and the comparison may be off by a byte"
        )]
        let room = self.entries.shard_capacity() as f64 * HOT;
        #[expect(clippy::cast_precision_loss, reason = "weights are far below 2^52, too")]
        let weight = weight as f64;
        weight < room
    }

    pub(crate) fn has_room_for(&self, key: &str, value: &Bytes) -> bool {
        self.has_room(weight(key, value))
    }

    /// Replaces the first bytes of a value by others of the same length, if they are still `old`.
    /// Returns whether they were replaced.
    pub(crate) fn stamp(&self, key: &str, old: &[u8], new: &[u8]) -> bool {
        let entry = self.entries.entry(key, None, |_, held| {
            let met = old.len() == new.len() && held.meets(Condition::StartsWith(old));
            if met {
                held.bytes = [new, &held.bytes[new.len()..]].concat().into();
            }
            EntryAction::Retain(met)
        });
        matches!(entry, EntryResult::Retained(true))
    }

    pub(crate) fn read(&self, key: &str) -> Option<Bytes> {
        let slot = self.entries.get(key)?;
        if !slot.is_expired() {
            return Some(slot.bytes);
        }
        self.entries.remove_if(key, Stored::is_expired);
        None
    }

    /// Writes a value if `condition` holds. Returns whether it was written. If there is no room for
    /// the value, the value that it was to replace is deleted.
    pub(crate) fn write(
        &self,
        key: &str,
        value: Bytes,
        ttl: Option<Duration>,
        condition: Condition<'_>,
    ) -> bool {
        if !self.has_room_for(key, &value) {
            // The present value is older, and the caller meant to replace it.
            self.delete_if(key, condition);
            return false;
        }
        let slot = Stored::new(value, ttl, self.next.fetch_add(1, Relaxed));
        if condition == Condition::Always {
            return self.insert(key.to_owned(), slot);
        }
        let entry = self.entries.entry(key, None, |_, held| {
            let met = held.meets(condition);
            if met {
                *held = slot.clone();
            }
            EntryAction::Retain(met)
        });
        if matches!(entry, EntryResult::Retained(true)) {
            self.evict_what_is_too_much();
        }
        match entry {
            EntryResult::Retained(met) => met,
            EntryResult::Vacant(place) if condition == Condition::Absent => {
                place.insert(slot).is_ok()
            }
            _ => false,
        }
    }

    /// Evicts entries until the bound holds. The engine makes room for an inserted value, but not
    /// for a value that grows in its place.
    fn evict_what_is_too_much(&self) {
        if self.entries.weight() > self.capacity {
            // mutant: the embedded store evicts nothing for what grows in its place
            self.entries.set_capacity(self.capacity);
        }
    }

    /// Writes a value unconditionally. Returns whether it stayed: the engine may evict it at once
    /// in favour of entries that are used more.
    fn insert(&self, key: String, slot: Stored) -> bool {
        let (number, mut evicted) = (slot.number, Vec::new());
        self.entries.insert_with_lifecycle(key, slot, &mut evicted);
        // mutant: a value that the embedded store evicts at once counts as stored
        !evicted.iter().any(|(_, slot)| slot.number == number)
    }

    /// Writes values unconditionally. Fails if some found no room, because they are too large or
    /// were evicted for later ones.
    pub(crate) fn write_many(
        &self,
        entries: &[(String, Bytes)],
        ttl: Option<Duration>,
    ) -> Result<()> {
        let first = self.next.fetch_add(entries.len() as u64, Relaxed);
        let (mut homeless, mut evicted) = (0, Vec::new());
        for (number, (key, value)) in (first..).zip(entries) {
            if !self.has_room_for(key, value) {
                self.entries.remove(key);
                // mutant: a batch's value that is too large counts as stored
                homeless += 1;
                continue;
            }
            let slot = Stored::new(value.clone(), ttl, number);
            self.entries.insert_with_lifecycle(key.clone(), slot, &mut evicted);
            let is_lost = |(gone, slot): &(String, Stored)| {
                let is_replaced = gone == key && slot.number != number;
                (first..=number).contains(&slot.number) && !is_replaced
            };
            // mutant: values of a batch that evict each other count as stored
            homeless += evicted.drain(..).filter(is_lost).count();
        }
        if homeless == 0 { Ok(()) } else { Err(no_room(homeless, entries.len())) }
    }

    pub(crate) fn delete(&self, key: &str) -> bool {
        self.entries.remove(key).is_some_and(|(_, slot)| !slot.is_expired())
    }

    pub(crate) fn delete_if(&self, key: &str, condition: Condition<'_>) -> bool {
        let removed = self.entries.remove_if(key, |slot| slot.meets(condition));
        // mutant: the deletion of what had expired counts on the embedded store
        removed.is_some_and(|(_, slot)| !slot.is_expired())
    }

    /// Deletes every key that one of the patterns matches. Returns how many entries there were.
    pub(crate) fn delete_matching(&self, wanted: &Wanted) -> u64 {
        let deleted = AtomicU64::new(0);
        self.entries.retain(|key, slot| {
            let goes = wanted.group_of(key, &mut 0).is_some();
            deleted.fetch_add(u64::from(goes && !slot.is_expired()), Relaxed);
            !goes
        });
        deleted.into_inner()
    }

    pub(crate) fn list(&self, pattern: &str) -> Vec<String> {
        let live = self.entries.iter().filter(|(_, slot)| !slot.is_expired());
        let matching = live.filter(|(key, _)| glob::matches(pattern.as_bytes(), key.as_bytes()));
        matching.map(|(key, _)| key).collect()
    }

    pub(crate) fn left(&self, key: &str) -> Remaining {
        match self.entries.peek(key) {
            Some(slot) if !slot.is_expired() => slot.expires.map_or(Remaining::Endless, |at| {
                Remaining::Left(at.saturating_duration_since(Instant::now()))
            }),
            _ => Remaining::Absent,
        }
    }
}

fn no_room(homeless: usize, all: usize) -> Error {
    let values = if all == 1 { "value has" } else { "values have" };
    Error::codec(format!("{homeless} of {all} {values} no room in the embedded store"))
}

/// Returns a future that is ready.
fn ready<T: Send + 'static>(value: T) -> StoreFuture<'static, T> {
    Box::pin(std::future::ready(Ok(value)))
}

impl Store for MemoryStore {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Bytes>> {
        ready(self.read(key))
    }

    fn get_many<'a>(&'a self, keys: &'a [String]) -> StoreFuture<'a, Vec<Option<Bytes>>> {
        ready(keys.iter().map(|key| self.read(key)).collect())
    }

    fn set<'a>(
        &'a self,
        key: &'a str,
        value: Bytes,
        ttl: Option<Duration>,
        condition: Condition<'a>,
    ) -> StoreFuture<'a, bool> {
        ready(self.write(key, value, ttl, condition))
    }

    fn set_many(
        &self,
        entries: Vec<(String, Bytes)>,
        ttl: Option<Duration>,
    ) -> StoreFuture<'_, ()> {
        Box::pin(std::future::ready(self.write_many(&entries, ttl)))
    }

    fn remove<'a>(&'a self, keys: &'a [String]) -> StoreFuture<'a, u64> {
        ready(keys.iter().map(|key| u64::from(self.delete(key))).sum())
    }

    fn remove_if<'a>(&'a self, key: &'a str, condition: Condition<'a>) -> StoreFuture<'a, bool> {
        ready(self.delete_if(key, condition))
    }

    fn restamp<'a>(&'a self, key: &'a str, old: &'a [u8], new: &'a [u8]) -> StoreFuture<'a, bool> {
        ready(self.stamp(key, old, new))
    }

    fn remaining<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Remaining> {
        ready(self.left(key))
    }

    /// Returns all matching keys as one page, because the keys are in this process' memory.
    fn scan<'a>(&'a self, pattern: &'a str, _cursor: u64) -> StoreFuture<'a, Page> {
        ready(Page { keys: self.list(pattern), next: None })
    }

    fn ping(&self) -> StoreFuture<'_, ()> {
        ready(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_store_keeps_the_rules() {
        crate::store::conformance::check(&MemoryStore::new(64 << 20, 16 << 20)).await;
    }

    #[test]
    fn the_store_stays_within_its_bytes() {
        let store = MemoryStore::new(100_000, 1000);
        for n in 0..10_000 {
            store.write(&format!("k{n}"), Bytes::from(vec![0; 100]), None, Condition::Always);
        }
        assert!(store.entries.weight() <= 100_000);
        assert!(store.list("*").len() > 300);
    }

    /// The engine prefers entries that were used. If those fill the store, a new value may be
    /// evicted at once.
    #[test]
    fn a_write_that_happened_is_there() {
        let store = MemoryStore::new(20_000, 1000);
        let (mut kept, mut refused) = (0, 0);
        for n in 0..5000 {
            let key = format!("k{}", n * n % 37);
            let size = n * 7919 % 12_000;
            if store.write(&key, Bytes::from(vec![0; size]), None, Condition::Always) {
                assert_eq!(store.read(&key).map(|value| value.len()), Some(size), "{n}");
                kept += 1;
            } else {
                assert_eq!(store.read(&key), None, "{n}");
                refused += 1;
            }
            for used in 0..10 {
                store.read(&format!("k{used}"));
            }
        }
        assert!(kept > 1000 && refused > 0, "{kept} kept, {refused} refused");
    }

    #[test]
    fn a_place_that_was_not_taken_holds_nobody_up() {
        let store = MemoryStore::new(1000, 100);
        assert!(!store.write("k", Bytes::new(), None, Condition::StartsWith(b"x")));
        assert!(store.write("k", Bytes::new(), None, Condition::Absent));
        assert!(!store.write("k", Bytes::new(), None, Condition::Absent));
    }
}
