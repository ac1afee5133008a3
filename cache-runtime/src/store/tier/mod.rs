//! The in-process tier: decoded values in front of the store, kept true by tracking.
//!
//! A slot depends on validities: of its key, of the scopes of that key, and of the connection that
//! would tell of changes. The tier serves a slot while all are valid, and never past its cap.

mod validity;

pub(crate) use validity::Validities;

use crate::entry::codec::Payload;
use crate::entry::kept::Kept;
use crate::function::stats::Function;
use crate::key::local_key::{LocalKey, OwnedLocalKey};
use crate::rt::bridge;
use crate::rt::clock::Moment;
use crate::store::{ChangeListener, Validity};
use foldhash::quality::RandomState;
use quick_cache::sync::Cache as Engine;
use quick_cache::{Lifecycle, OptionsBuilder, Weighter};
use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;
use validity::Index;

/// Approximate bytes of a slot beside its key and value: the slot, its places in the engine and in
/// the index, and its key in the index.
const OVERHEAD: u64 = 512;

/// Largest number of entries for which the engine makes room at first.
const MAX_INITIAL_ENTRIES: usize = 4096;

/// Limits of a tier: entries, bytes, and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) entries: usize,
    pub(crate) bytes: u64,
    pub(crate) cap: Duration,
}

/// A value in this process.
#[derive(Debug)]
pub(crate) enum Content {
    /// A decoded value. Each caller gets a copy.
    Value(Kept),
    /// The payload of a value whose type cannot be copied. Each caller decodes it.
    Payload(Payload),
}

/// All validities on which a value depends.
#[derive(Debug)]
pub(crate) struct Watched {
    pub(crate) validities: Validities,
    /// Validity of the connection that would tell of changes.
    pub(crate) line: Validity,
}

impl Watched {
    fn is_unchanged(&self) -> bool {
        self.line.is_valid() && self.validities.are_kept()
    }
}

/// A value, with the validities on which it depends.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) held: Content,
    pub(crate) function: Arc<Function>,
    watched: Watched,
    until: Moment,
    /// Size of the stored value, in bytes.
    size: usize,
}

impl Slot {
    pub(crate) fn new(
        held: Content,
        size: usize,
        function: Arc<Function>,
        watched: Watched,
        until: Moment,
    ) -> Self {
        Self { held, function, watched, until, size }
    }

    fn is_current(&self) -> bool {
        // mutant: what is in process is served for ever
        self.watched.is_unchanged() && Moment::now() < self.until
    }
}

/// Weights of slots, in bytes. A slot weighs at least its share of the bytes in a tier that is full
/// of entries.
#[derive(Clone, Debug)]
struct Weight {
    least: u64,
}

impl Weighter<OwnedLocalKey, Arc<Slot>> for Weight {
    fn weight(&self, asked: &OwnedLocalKey, slot: &Arc<Slot>) -> u64 {
        // mutant: the tier has as many entries as its bytes allow
        (OVERHEAD + (asked.len() + slot.size) as u64).max(self.least)
    }
}

/// Hands out evicted slots, so that they are dropped when the engine holds no lock.
#[derive(Clone, Debug)]
struct HandOut;

impl Lifecycle<OwnedLocalKey, Arc<Slot>> for HandOut {
    type RequestState = Vec<Arc<Slot>>;

    fn on_evict(&self, evicted: &mut Vec<Arc<Slot>>, _asked: OwnedLocalKey, slot: Arc<Slot>) {
        // mutant: evicted values are dropped under the lock of their shard
        evicted.push(slot);
    }
}

type Slots = Engine<OwnedLocalKey, Arc<Slot>, Weight, RandomState, HandOut>;

/// Values that were read from the store and have not changed since.
#[derive(Debug)]
pub(crate) struct Tier {
    slots: Slots,
    index: Arc<Index>,
    cap: Duration,
}

impl Tier {
    pub(crate) fn new(bounds: Bounds) -> Self {
        let Bounds { entries, bytes, cap } = bounds;
        let weight = Weight { least: bytes.div_ceil(entries.max(1) as u64) };
        Self { slots: engine(entries, bytes, weight), index: Arc::default(), cap }
    }

    /// Returns the value of a call, unless it has changed or is too old.
    pub(crate) fn find(&self, local_key: &LocalKey<'_>) -> Option<Arc<Slot>> {
        self.slots.get(local_key).filter(|slot| slot.is_current())
    }

    /// Returns the validities for a value that is read from `key`. Call this before the read.
    pub(crate) fn promises_for(&self, key: &str) -> Validities {
        self.index.promises_for(key)
    }

    /// Keeps a value. A value whose validities were revoked meanwhile is dropped.
    pub(crate) fn keep(&self, asked: OwnedLocalKey, slot: Slot) {
        if slot.is_current() {
            self.slots.insert(asked, Arc::new(slot));
        }
    }

    /// Returns the longest time for which a value may be served.
    pub(crate) fn cap(&self) -> Duration {
        self.cap
    }

    /// Hears that this process has written a key, or may have.
    pub(crate) fn forget(&self, key: &str) {
        self.index.break_name(key);
    }

    /// Hears that this process has made stale what a pattern matches.
    pub(crate) fn outdate(&self, pattern: &str) {
        self.index.break_matching(pattern);
    }
}

impl ChangeListener for Tier {
    fn changed(&self, key: &[u8]) {
        // A key that is not UTF-8 is foreign to the cache.
        if let Ok(key) = str::from_utf8(key) {
            self.index.break_name(key);
        }
    }

    fn all_changed(&self) {
        self.index.break_all();
        let gone = RefCell::new(Vec::new());
        self.slots.retain(|_, slot| {
            let is_current = slot.is_current();
            if !is_current {
                gone.borrow_mut().push(Arc::clone(slot));
            }
            is_current
        });
        // The engine removed the slots under its lock, and this thread must go on hearing of
        // changes.
        // mutant: flushed values are dropped where changes are heard of
        bridge::drop_apart(gone.into_inner());
    }
}

fn engine(entries: usize, bytes: u64, weight: Weight) -> Slots {
    let likely = entries.min(MAX_INITIAL_ENTRIES);
    let options = OptionsBuilder::new()
        .estimated_items_capacity(likely)
        .weight_capacity(bytes)
        .shards(shards(entries))
        .build();
    let hasher = RandomState::default();
    // `build` fails only if a size is missing.
    match options {
        Ok(options) => Engine::with_options(options, weight, hasher, HandOut),
        Err(_) => Engine::with(likely, bytes, weight, hasher, HandOut),
    }
}

/// Returns the number of parts in which the engine locks its slots. Each part holds at least 64
/// entries, and there are four parts a thread at most.
fn shards(entries: usize) -> usize {
    let threads = std::thread::available_parallelism().map_or(4, usize::from);
    (entries / 64).clamp(1, threads.saturating_mul(4))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::identity::tests::identity;
    use crate::function::site::Site;
    use crate::function::stats::Registry;
    use crate::key::local_key::local_key;
    use ::testkit::eventually_blocking;
    use std::cell::Cell;

    static SITE: Site = Site::cached("shop", "rows", "shop.rs", 1, 1);
    const KEY: &str = "shop:rows:5f";

    fn asked(bytes: &[u8]) -> LocalKey<'_> {
        local_key(identity(&SITE, "shop::rows"), bytes)
    }

    fn tier(entries: usize, bytes: u64) -> Tier {
        Tier::new(Bounds { entries, bytes, cap: Duration::from_secs(3600) })
    }

    fn watched(tier: &Tier, key: &str) -> Watched {
        Watched { validities: tier.promises_for(key), line: Validity::new() }
    }

    fn slot(tier: &Tier, value: u32, size: usize, watched: Watched) -> Slot {
        let function = Registry::default().function(&SITE);
        let held = Content::Value(Kept::new(value));
        Slot::new(held, size, function, watched, Moment::within(tier.cap()))
    }

    fn found(tier: &Tier, bytes: &[u8]) -> Option<u32> {
        let slot = tier.find(&asked(bytes))?;
        let Content::Value(value) = &slot.held else { return None };
        value.get().copied()
    }

    /// Steps of a reader or a writer at one key.
    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Event {
        /// A reader takes validities, then reads, then keeps the value.
        Watch(usize),
        Read(usize),
        Keep(usize),
        /// A writer writes a new value. Then the tier hears of the write, by a push or because this
        /// process wrote.
        Write,
        Hear,
    }

    /// Calls `check` with every interleaving of the actors' events. Each actor's own order is kept.
    fn interleavings(actors: &mut [&[Event]], order: &mut Vec<Event>, check: &impl Fn(&[Event])) {
        if actors.iter().all(|actor| actor.is_empty()) {
            return check(order);
        }
        for at in 0..actors.len() {
            let Some((next, rest)) = actors[at].split_first() else { continue };
            let before = std::mem::replace(&mut actors[at], rest);
            order.push(*next);
            interleavings(actors, order, check);
            order.pop();
            actors[at] = before;
        }
    }

    /// Plays one order. After the tier has heard of a write, it must never serve an older value.
    fn play(order: &[Event], hear: impl Fn(&Tier)) {
        let tier = tier(100, 1 << 20);
        let (stored, heard) = (Cell::new(1), Cell::new(0));
        let mut readers = [(None, 0), (None, 0)];
        for event in order {
            match *event {
                Event::Watch(reader) => readers[reader].0 = Some(watched(&tier, KEY)),
                Event::Read(reader) => readers[reader].1 = stored.get(),
                Event::Keep(reader) => {
                    let (watched, value) = (readers[reader].0.take().unwrap(), readers[reader].1);
                    tier.keep(asked(b"1").keep(), slot(&tier, value, 1, watched));
                }
                Event::Write => stored.set(stored.get() + 1),
                Event::Hear => {
                    hear(&tier);
                    heard.set(heard.get() + 1);
                }
            }
            // The tier hears of a write after it happened. A served value may be newer than that
            // write.
            let served = found(&tier, b"1");
            assert!(served.is_none_or(|value| value > heard.get()), "{served:?} in {order:?}");
        }
    }

    #[test]
    fn what_was_read_before_a_push_is_not_kept_after_it() {
        let hears: [fn(&Tier); 5] = [
            |tier| tier.changed(KEY.as_bytes()),
            |tier| tier.all_changed(),
            |tier| tier.forget(KEY),
            |tier| tier.outdate("shop:rows:*"),
            |tier| tier.outdate("*ows:5*"),
        ];
        let reader = |n| [Event::Watch(n), Event::Read(n), Event::Keep(n)];
        let (first, second) = (reader(0), reader(1));
        let writer = [Event::Write, Event::Hear, Event::Write, Event::Hear];
        for hear in hears {
            let actors: &mut [&[Event]] = &mut [&first, &second, &writer];
            interleavings(actors, &mut Vec::new(), &|order| play(order, hear));
        }
    }

    #[test]
    fn a_value_is_served_while_its_promises_are_kept() {
        let tier = tier(100, 1 << 20);
        let line = Validity::new();
        let watched = Watched { validities: tier.promises_for(KEY), line: line.clone() };
        tier.keep(asked(b"1").keep(), slot(&tier, 7, 1, watched));
        tier.changed(b"shop:rows:60");
        tier.outdate("shop:row:*");
        tier.outdate("shop:columns:*");
        assert_eq!(found(&tier, b"1"), Some(7));
        assert_eq!(found(&tier, b"2"), None);
        line.revoke();
        assert_eq!(found(&tier, b"1"), None, "nobody would tell");
    }

    #[test]
    fn a_value_is_not_served_past_its_time() {
        let tier = tier(100, 1 << 20);
        let mut slot = slot(&tier, 7, 1, watched(&tier, KEY));
        slot.until = Moment::now();
        tier.slots.insert(asked(b"1").keep(), Arc::new(slot));
        assert_eq!(found(&tier, b"1"), None);
    }

    #[test]
    fn entries_and_bytes_are_bounded() {
        for (tier, most) in [(tier(10, 1 << 20), 10), (tier(1000, 20_000), 20_000 / 1512)] {
            for n in 0..200u32 {
                let key = format!("shop:rows:{n}");
                let slot = slot(&tier, n, 1000, watched(&tier, &key));
                tier.keep(asked(&n.to_ne_bytes()).keep(), slot);
            }
            assert!((1..=most).contains(&tier.slots.len()), "{} of {most}", tier.slots.len());
            assert!(tier.index.len() <= most + 2, "promises leave with their values");
        }
    }

    #[test]
    fn nothing_is_left_of_what_has_changed() {
        let tier = tier(100, 1 << 20);
        tier.keep(asked(b"1").keep(), slot(&tier, 7, 1, watched(&tier, KEY)));
        assert_eq!((tier.slots.len(), tier.index.len()), (1, 3));
        tier.all_changed();
        assert_eq!(tier.slots.len(), 0);
        let is_gone = || tier.index.len() == 0;
        eventually_blocking(Duration::from_secs(20), is_gone, "the promises have gone, too");
    }
}
