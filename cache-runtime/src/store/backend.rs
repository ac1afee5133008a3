//! Access to the entries: direct calls of the embedded store, or calls of another store within a
//! budget. Every write also makes the in-process tier forget the key.

use crate::error::{Error, Result};
use crate::key::scope::{self, EpochKeys, Epochs};
use crate::store::budget::Budget;
use crate::store::fleet::Fleet;
use crate::store::memory::MemoryStore;
use crate::store::redis::greeting::Mark;
use crate::store::tier::Tier;
use crate::store::{
    ChangeListener, Condition, Page, Remaining, Store, Track, Tracked, Validity, Watch,
};
use bytes::Bytes;
use std::iter;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Number of keys in one round trip. Each batch has a budget of its own.
const BATCH: usize = 1000;

/// A store, with the tier in front of it and the fleet beside it.
#[derive(Debug)]
pub(crate) struct Backend {
    store: Kind,
    tier: Option<Arc<Tier>>,
    /// `true` if the epoch of the scope invalidates a prefix pattern.
    is_scoped: bool,
    /// Length of the handle's prefix in bytes. Scopes begin there.
    prefix: usize,
    /// The other handles of the prefix. `None` with the embedded store, which no other handle
    /// shares.
    fleet: Option<Arc<Fleet>>,
    /// Validity of the embedded store. The store stands for as long as its handle.
    here: Validity,
    /// Error with which the store refused the last value. `None` if the store took that value.
    refusal: Mutex<Option<Error>>,
    /// `true` if `refusal` holds an error. Read without the lock.
    has_refused: AtomicBool,
}

/// Bytes of a look at a key.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) value: Option<Bytes>,
    pub(crate) epochs: Epochs,
    /// Validity that is revoked when the value changes. `None` if the caller did not ask for
    /// tracking, or the store has none.
    pub(crate) validity: Option<Validity>,
}

impl Fetched {
    fn alone(value: Option<Bytes>) -> Self {
        Self { value, epochs: Epochs::Unused, validity: None }
    }
}

/// Returns the answer of a store if it has one value for each of `keys`. An answer of another
/// length cannot be assigned to the keys.
fn whole<T>(answer: Vec<T>, keys: usize) -> Result<Vec<T>> {
    if answer.len() == keys {
        return Ok(answer);
    }
    Err(Error::server(format!("the store answered for {keys} keys with {} values", answer.len())))
}

/// Kind of a handle's store.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// The embedded store: no await, no timeout, no runtime needed.
    Memory(Arc<MemoryStore>),
    /// A store behind the trait: Redis, or the application's own.
    Remote(Arc<dyn Store>),
    /// No store: the body of every function runs.
    Disabled,
}

impl Kind {
    /// Returns the embedded store. Returns `None` for the other kinds.
    fn memory(&self) -> Option<&MemoryStore> {
        match self {
            Self::Memory(store) => Some(store),
            Self::Remote(_) | Self::Disabled => None,
        }
    }

    /// Returns the store behind the trait. Returns `None` for the other kinds.
    fn remote(&self) -> Option<&dyn Store> {
        match self {
            Self::Remote(store) => Some(&**store),
            Self::Memory(_) | Self::Disabled => None,
        }
    }
}

/// The duty to make the in-process tier forget what is written. The duty is also done if the writer
/// is dropped, because the write may have happened.
#[must_use = "dropped, it is fulfilled"]
pub(crate) struct Writing<'a> {
    tier: Option<&'a Tier>,
    written: Written<'a>,
}

enum Written<'a> {
    Key(&'a str),
    Patterns(&'a [String]),
    Batch(Vec<String>),
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        // mutant: what this process writes stays in its tier
        let Some(tier) = self.tier else { return };
        match &self.written {
            Written::Key(key) => tier.forget(key),
            Written::Patterns(patterns) => patterns.iter().for_each(|each| tier.outdate(each)),
            Written::Batch(keys) => keys.iter().for_each(|key| tier.forget(key)),
        }
    }
}

impl Backend {
    pub(crate) fn new(store: Kind, tier: Option<Tier>) -> Self {
        Self {
            store,
            tier: tier.map(Arc::new),
            is_scoped: false,
            prefix: 0,
            fleet: None,
            here: Validity::new(),
            refusal: Mutex::default(),
            has_refused: AtomicBool::new(false),
        }
    }

    /// Makes epochs invalidate prefix patterns. Scopes begin after `prefix` bytes of a key. The
    /// embedded store ignores this setting, because it gains nothing from epochs.
    pub(crate) fn scoped(self, prefix: usize) -> Self {
        Self { is_scoped: self.needs_tokio(), prefix, ..self }
    }

    /// Makes this handle tell the other handles of its prefix about itself, and hear of them. The
    /// embedded store ignores this setting.
    pub(crate) fn in_fleet(self, fleet: Arc<Fleet>) -> Self {
        Self { fleet: self.needs_tokio().then_some(fleet), ..self }
    }

    pub(crate) fn fleet(&self) -> Option<&Arc<Fleet>> {
        self.fleet.as_ref()
    }

    /// Tells whether handles of the prefix use different strategies.
    ///
    /// A handle with scopes asks the store after its write. A handle that scans leaves its mark
    /// before it stores anything, so the mark is there. If the store does not answer, the result is
    /// `true`.
    pub(crate) async fn is_mixed(&self, budget: &mut Budget) -> bool {
        let (Some(fleet), Some(store)) = (&self.fleet, self.store.remote()) else { return false };
        if fleet.has_to_look() {
            let others = fleet.other_key();
            match budget.spend(store, store.get(&others)).await {
                Ok(mark) => fleet.saw_others(mark.is_some()),
                Err(_) => return true,
            }
        }
        fleet.is_mixed()
    }

    /// Reads the marks, and writes those that are missing or have less than half of their time
    /// left.
    pub(crate) async fn renew_marks(&self, budget: impl Fn() -> Budget) -> Result<()> {
        let Some(fleet) = &self.fleet else { return Ok(()) };
        let marks = self.get_many(&fleet.keys(), &budget).await?;
        let is_there = |at: usize| marks.get(at).is_some_and(Option::is_some);
        fleet.saw_others(is_there(1));
        if !is_there(0) || fleet.is_half_over() {
            self.mark_for_all(&mut budget()).await?;
        }
        match fleet.server_mark().filter(|_| !is_there(2)) {
            Some(mark) => self.write_mark(&mark, &mut budget()).await,
            None => Ok(()),
        }
    }

    /// Writes the mark of the server whose entries are known to be current, if a server is.
    pub(crate) async fn vouch_for_server(&self, budget: &mut Budget) -> Result<()> {
        match self.fleet.as_ref().and_then(|fleet| fleet.server_mark()) {
            Some(mark) => self.write_mark(&mark, budget).await,
            None => Ok(()),
        }
    }

    /// Writes the mark of this handle.
    async fn mark_for_all(&self, budget: &mut Budget) -> Result<()> {
        let Some(fleet) = &self.fleet else { return Ok(()) };
        let (mark, sent) = (fleet.own_mark(), Instant::now());
        self.write_mark(&mark, budget).await?;
        fleet.marked(&mark, sent);
        Ok(())
    }

    async fn write_mark(&self, mark: &Mark, budget: &mut Budget) -> Result<()> {
        let Some(store) = self.store.remote() else { return Ok(()) };
        let value = Bytes::copy_from_slice(mark.value.as_bytes());
        let set = store.set(&mark.key, value, Some(mark.life), Condition::Always);
        budget.spend(store, set).await.map(|_| ())
    }

    /// Writes the mark of this handle if it would end before an entry of this `ttl` does.
    async fn announce(&self, ttl: Option<Duration>, budget: &mut Budget) -> Result<()> {
        match &self.fleet {
            // mutant: the fleet: a handle that scans leaves its mark for an hour
            Some(fleet) if !fleet.is_marked_for(ttl) => self.mark_for_all(budget).await,
            _ => Ok(()),
        }
    }

    /// Returns the keys of the epochs of a key's scopes.
    pub(crate) fn epoch_keys(&self, key: &str) -> Vec<String> {
        scope::epoch_keys(key, self.prefix)
    }

    /// Returns the keys of the epochs of several keys' scopes, each once.
    pub(crate) fn epoch_keys_of(&self, keys: &[String]) -> EpochKeys {
        EpochKeys::of(keys, self.prefix)
    }

    pub(crate) fn is_scoped(&self) -> bool {
        self.is_scoped
    }

    pub(crate) fn name(&self) -> &'static str {
        match &self.store {
            Kind::Memory(store) => store.name(),
            Kind::Remote(store) => store.name(),
            Kind::Disabled => "disabled",
        }
    }

    pub(crate) fn is_enabled(&self) -> bool {
        !matches!(self.store, Kind::Disabled)
    }

    /// Tells whether store calls need a tokio runtime.
    pub(crate) fn needs_tokio(&self) -> bool {
        self.store.remote().is_some()
    }

    /// Returns the error with which the store refused the last value. Returns `None` if the store
    /// took it.
    pub(crate) fn refusal(&self) -> Option<Error> {
        self.lock_refusal().clone()
    }

    /// Notes whether the store has taken a value. A write whose condition does not hold changes
    /// nothing here.
    fn note_set(&self, set: &Result<bool>) {
        match set {
            Ok(true) if self.has_refused.load(SeqCst) => self.set_refusal(None),
            // mutant: a full server is well
            Err(error) if error.is_server() => self.set_refusal(Some(error.clone())),
            Ok(_) | Err(_) => {}
        }
    }

    fn set_refusal(&self, refusal: Option<Error>) {
        let mut last = self.lock_refusal();
        self.has_refused.store(refusal.is_some(), SeqCst);
        *last = refusal;
    }

    fn lock_refusal(&self) -> MutexGuard<'_, Option<Error>> {
        self.refusal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the store that its handle has ended.
    pub(crate) fn close(&self) {
        if let Some(store) = self.store.remote() {
            store.close();
        }
    }

    /// Returns the in-process tier, if the handle has one.
    pub(crate) fn tier(&self) -> Option<&Tier> {
        self.tier.as_deref()
    }

    /// Tells whether the store would keep this entry. Only the embedded store has bounds.
    pub(crate) fn has_room(&self, key: &str, entry: &Bytes) -> bool {
        self.store.memory().is_none_or(|memory| memory.has_room_for(key, entry))
    }

    /// Asks a store behind the trait whether it answers. The embedded store always does.
    pub(crate) async fn ping(&self, budget: &mut Budget) -> Result<()> {
        let Some(store) = self.store.remote() else { return Ok(()) };
        budget.spend(store, store.ping()).await
    }

    /// Asks the store for the first time whether it answers. If there is a tier, the store also
    /// begins to tell it of changes.
    pub(crate) async fn first_contact(&self) -> Result<()> {
        let Some(store) = self.store.remote() else { return Ok(()) };
        if let Some(tier) = &self.tier {
            store.listen(Arc::clone(tier) as Arc<dyn ChangeListener>).await?;
        }
        store.ping().await
    }

    pub(crate) async fn get(&self, key: &str, budget: &mut Budget) -> Result<Option<Bytes>> {
        match &self.store {
            Kind::Memory(store) => Ok(store.read(key)),
            Kind::Remote(store) => budget.spend(&**store, store.get(key)).await,
            Kind::Disabled => Ok(None),
        }
    }

    /// Reads a key from the embedded store. Returns `None` with another store.
    fn read_here(&self, key: &str) -> Option<Bytes> {
        self.store.memory().and_then(|memory| memory.read(key))
    }

    /// Reads a key, with the epochs of its scopes if the handle has scopes.
    pub(crate) async fn look(
        &self,
        key: &str,
        track: Track,
        budget: &mut Budget,
    ) -> Result<Fetched> {
        match &self.store {
            Kind::Memory(store) => {
                Ok(Fetched { validity: Some(self.here.clone()), ..Fetched::alone(store.read(key)) })
            }
            Kind::Remote(store) if self.is_scoped => {
                let scopes = self.epoch_keys(key);
                let read = budget.spend(&**store, store.read(key, &scopes, track)).await?;
                let Tracked { value, beside, validity } = read;
                let epochs = Epochs::read(&whole(beside, scopes.len())?);
                Ok(Fetched { value, epochs, validity })
            }
            Kind::Remote(store) if track == Track::Yes => {
                let read = budget.spend(&**store, store.read(key, &[], track)).await?;
                Ok(Fetched { validity: read.validity, ..Fetched::alone(read.value) })
            }
            Kind::Remote(_) | Kind::Disabled => Ok(Fetched::alone(self.get(key, budget).await?)),
        }
    }

    /// Reads several keys, in one round trip for each batch of 1000, each within a budget of its
    /// own. A foreign value is absent.
    pub(crate) async fn look_many(
        &self,
        keys: &[String],
        track: Track,
        budget: impl Fn() -> Budget,
    ) -> Result<Vec<Fetched>> {
        let mut looked = Vec::with_capacity(keys.len());
        let Some(store) = self.store.remote() else {
            for key in keys {
                looked.push(self.look(key, track, &mut budget()).await?);
            }
            return Ok(looked);
        };
        for keys in keys.chunks(BATCH) {
            looked.extend(self.look_together(store, keys, track, budget()).await?);
        }
        Ok(looked)
    }

    async fn look_together(
        &self,
        store: &dyn Store,
        keys: &[String],
        track: Track,
        mut budget: Budget,
    ) -> Result<Vec<Fetched>> {
        let Some((first, others)) = keys.split_first() else { return Ok(Vec::new()) };
        let scopes = self.is_scoped.then(|| self.epoch_keys_of(keys));
        let beside = [others, scopes.as_ref().map_or(&[], EpochKeys::keys)].concat();
        let read = match budget.spend(store, store.read(first, &beside, track)).await {
            Err(error) if error.is_foreign() => return Ok(vec![Fetched::alone(None)]),
            read => read?,
        };
        let Tracked { value, beside: values, validity } = read;
        let mut values = whole(values, beside.len())?.into_iter();
        let found: Vec<_> = iter::once(value).chain(values.by_ref().take(others.len())).collect();
        let epochs = match &scopes {
            Some(scopes) => scopes.read(keys, &values.collect::<Vec<_>>()),
            None => vec![Epochs::Unused; keys.len()],
        };
        let found = found.into_iter().chain(iter::repeat(None)).zip(epochs);
        Ok(found
            .map(|(value, epochs)| Fetched { value, epochs, validity: validity.clone() })
            .collect())
    }

    /// Reads several keys. A key that has less than half of `life` left gets `life` to live.
    pub(crate) async fn prolong(
        &self,
        keys: &[String],
        life: Duration,
        budget: &mut Budget,
    ) -> Result<Vec<Option<Bytes>>> {
        let Some(store) = self.store.remote() else { return Ok(vec![None; keys.len()]) };
        whole(budget.spend(store, store.prolong(keys, life)).await?, keys.len())
    }

    /// Reads the epochs of a key's scopes once more, and keeps them for as long as the entry that
    /// is stored now. An epoch with less than half of `life` left gets `life` to live.
    pub(crate) async fn prolong_epochs(
        &self,
        key: &str,
        life: Duration,
        budget: &mut Budget,
    ) -> Result<Epochs> {
        if !self.is_scoped {
            return Ok(Epochs::Unused);
        }
        Ok(Epochs::read(&self.prolong(&self.epoch_keys(key), life, budget).await?))
    }

    /// Reads a key, with an error for a foreign value. Reads of several keys count a foreign value
    /// as absent.
    pub(crate) async fn read_exactly(
        &self,
        key: &str,
        budget: &mut Budget,
    ) -> Result<Option<Bytes>> {
        Ok(self.watch(key, budget).await?.0)
    }

    /// Reads a key, and returns a watch that tells when the key may have changed.
    pub(crate) async fn watch(
        &self,
        key: &str,
        budget: &mut Budget,
    ) -> Result<(Option<Bytes>, Watch)> {
        match self.store.remote() {
            Some(store) => budget.spend(store, store.watch(key)).await,
            None => Ok((self.read_here(key), Watch::none())),
        }
    }

    /// Reads several keys. Each batch of 1000 has a budget of its own.
    pub(crate) async fn get_many(
        &self,
        keys: &[String],
        budget: impl Fn() -> Budget,
    ) -> Result<Vec<Option<Bytes>>> {
        let Some(store) = self.store.remote() else {
            return Ok(keys.iter().map(|key| self.read_here(key)).collect());
        };
        let mut values = Vec::with_capacity(keys.len());
        for batch in keys.chunks(BATCH) {
            let read = budget().spend(store, store.get_many(batch)).await?;
            values.extend(whole(read, batch.len())?);
        }
        Ok(values)
    }

    /// Reads the first `length` bytes of several keys. Each batch of 1000 has a budget of its own.
    /// The embedded store returns whole values.
    pub(crate) async fn heads(
        &self,
        keys: &[String],
        length: usize,
        budget: impl Fn() -> Budget,
    ) -> Result<Vec<Option<Bytes>>> {
        let Some(store) = self.store.remote() else { return self.get_many(keys, budget).await };
        let mut heads = Vec::with_capacity(keys.len());
        for batch in keys.chunks(BATCH) {
            let read = budget().spend(store, store.heads(batch, length)).await?;
            heads.extend(whole(read, batch.len())?);
        }
        Ok(heads)
    }

    /// Writes a key if `condition` holds. Returns whether it was written. The embedded store
    /// refuses a value that is too large for it.
    pub(crate) async fn set(
        &self,
        key: &str,
        value: Bytes,
        ttl: Option<Duration>,
        condition: Condition<'_>,
        budget: &mut Budget,
    ) -> Result<bool> {
        let _writing = self.writing(Written::Key(key));
        let Some(store) = self.store.remote() else {
            let write = |memory: &MemoryStore| memory.write(key, value, ttl, condition);
            return Ok(self.store.memory().is_some_and(write));
        };
        self.announce(ttl, budget).await?;
        let set = store.set(key, value, ttl, condition);
        let set = budget.spend(store, set).await;
        self.note_set(&set);
        set
    }

    /// Writes several keys unconditionally. Each batch of 1000 has a budget of its own. The write
    /// fails if the embedded store has no room for all of them.
    pub(crate) async fn set_many(
        &self,
        entries: Vec<(String, Bytes)>,
        ttl: Option<Duration>,
        budget: impl Fn() -> Budget,
    ) -> Result<()> {
        let keys = self.tier.iter().flat_map(|_| entries.iter().map(|(key, _)| key.clone()));
        let _writing = self.writing(Written::Batch(keys.collect()));
        let Some(store) = self.store.remote() else {
            let write = |memory: &MemoryStore| memory.write_many(&entries, ttl);
            return self.store.memory().map_or(Ok(()), write);
        };
        self.announce(ttl, &mut budget()).await?;
        for batch in entries.chunks(BATCH) {
            let written = store.set_many(batch.to_vec(), ttl);
            let written = budget().spend(store, written).await;
            self.note_set(&written.clone().map(|()| true));
            written?;
        }
        Ok(())
    }

    /// Replaces the first bytes of a value by others of the same length, if they are still `old`.
    /// The decoded value stays the same, so the tier keeps it.
    pub(crate) async fn restamp(
        &self,
        key: &str,
        old: &[u8],
        new: &[u8],
        budget: &mut Budget,
    ) -> Result<bool> {
        match self.store.remote() {
            Some(store) => budget.spend(store, store.restamp(key, old, new)).await,
            None => Ok(self.store.memory().is_some_and(|memory| memory.stamp(key, old, new))),
        }
    }

    /// Deletes a key if `condition` holds. Returns whether it was deleted.
    pub(crate) async fn remove_if(
        &self,
        key: &str,
        condition: Condition<'_>,
        budget: &mut Budget,
    ) -> Result<bool> {
        let _writing = self.writing(Written::Key(key));
        match self.store.remote() {
            Some(store) => budget.spend(store, store.remove_if(key, condition)).await,
            None => Ok(self.store.memory().is_some_and(|memory| memory.delete_if(key, condition))),
        }
    }

    /// Lists some of the keys that match a pattern.
    pub(crate) async fn scan(
        &self,
        pattern: &str,
        cursor: u64,
        budget: &mut Budget,
    ) -> Result<Page> {
        let Some(store) = self.store.remote() else {
            let keys = self.store.memory().map(|memory| memory.list(pattern));
            return Ok(Page { keys: keys.unwrap_or_default(), next: None });
        };
        budget.spend(store, store.scan(pattern, cursor)).await
    }

    pub(crate) async fn remaining(&self, key: &str, budget: &mut Budget) -> Result<Remaining> {
        match self.store.remote() {
            Some(store) => budget.spend(store, store.remaining(key)).await,
            None => Ok(self.store.memory().map_or(Remaining::Absent, |memory| memory.left(key))),
        }
    }

    /// Returns the store, for deleting what `patterns` match, with the duty to make the tier forget
    /// those keys.
    pub(crate) fn sweeping<'a>(&'a self, patterns: &'a [String]) -> (&'a Kind, Writing<'a>) {
        (&self.store, self.writing(Written::Patterns(patterns)))
    }

    pub(crate) fn kind(&self) -> &Kind {
        &self.store
    }

    fn writing<'a>(&'a self, written: Written<'a>) -> Writing<'a> {
        Writing { tier: self.tier(), written }
    }
}
