//! Where entries are: the embedded store called directly, or any other store within a budget. What is written here is
//! forgotten by the in-process tier.

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

/// How many keys one round trip carries; each has a budget of its own.
const BATCH: usize = 1000;

/// A store with what stands before it, as the algorithms use it.
#[derive(Debug)]
pub(crate) struct Backend {
    store: Kind,
    tier: Option<Arc<Tier>>,
    /// Whether prefix patterns are invalidated by their scope's epoch.
    is_scoped: bool,
    /// The length of the handle's prefix, where scopes begin.
    prefix: usize,
    /// The other handles of the prefix, where the store is theirs, too.
    fleet: Option<Arc<Fleet>>,
    /// That the embedded store stands: it does for as long as its handle.
    here: Validity,
    /// Why the store has refused the last value that it was given, if it has.
    refusal: Mutex<Option<Error>>,
    /// Whether it has, to be read without the lock.
    has_refused: AtomicBool,
}

/// What a look at a key has shown.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) value: Option<Bytes>,
    pub(crate) epochs: Epochs,
    /// That the tier hears of changes; `None`: it was not asked for, or cannot be had.
    pub(crate) validity: Option<Validity>,
}

impl Fetched {
    fn alone(value: Option<Bytes>) -> Self {
        Self { value, epochs: Epochs::Unused, validity: None }
    }
}

/// The answer of a store for that many keys. One of another length says of no value whose it is.
fn whole<T>(answer: Vec<T>, keys: usize) -> Result<Vec<T>> {
    if answer.len() == keys {
        return Ok(answer);
    }
    Err(Error::server(format!("the store answered for {keys} keys with {} values", answer.len())))
}

/// Which store it is.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// In this process: no await, no timeout, no runtime needed.
    Memory(Arc<MemoryStore>),
    /// Behind a trait: Redis, or the application's own.
    Remote(Arc<dyn Store>),
    /// Nowhere: every function simply runs.
    Disabled,
}

impl Kind {
    /// Returns the embedded store, if it is this one.
    fn memory(&self) -> Option<&MemoryStore> {
        match self {
            Self::Memory(store) => Some(store),
            Self::Remote(_) | Self::Disabled => None,
        }
    }

    /// Returns the store behind the trait, if it is this one.
    fn remote(&self) -> Option<&dyn Store> {
        match self {
            Self::Remote(store) => Some(&**store),
            Self::Memory(_) | Self::Disabled => None,
        }
    }
}

/// The duty to let the in-process tier forget what is written, also when the writer is dropped: the write may have happened.
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

    /// Invalidates prefix patterns by epochs, within a prefix of this length. In this process
    /// nothing is to be gained by that.
    pub(crate) fn scoped(self, prefix: usize) -> Self {
        Self { is_scoped: self.needs_tokio(), prefix, ..self }
    }

    /// Tells other handles of this one, and hears of them.
    pub(crate) fn in_fleet(self, fleet: Arc<Fleet>) -> Self {
        Self { fleet: self.needs_tokio().then_some(fleet), ..self }
    }

    pub(crate) fn fleet(&self) -> Option<&Arc<Fleet>> {
        self.fleet.as_ref()
    }

    /// Whether handles of the prefix invalidate in different ways. Who has scopes asks the store,
    /// after the write: those who scan have left their mark there before they stored anything.
    /// Without an answer they are taken to be there.
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

    /// Looks whether the marks are as they should be, and writes those that are not.
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

    /// Says which server's entries are of the present, if that is certain.
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

    /// Sees to it that the others know how this handle invalidates, for as long as they could read
    /// what is to be stored.
    async fn announce(&self, ttl: Option<Duration>, budget: &mut Budget) -> Result<()> {
        match &self.fleet {
            // mutant: the fleet: a handle that scans leaves its mark for an hour
            Some(fleet) if !fleet.is_marked_for(ttl) => self.mark_for_all(budget).await,
            _ => Ok(()),
        }
    }

    /// The keys of the epochs of a key's scopes.
    pub(crate) fn epoch_keys(&self, key: &str) -> Vec<String> {
        scope::epoch_keys(key, self.prefix)
    }

    /// The keys of the epochs of several keys' scopes, each once.
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

    /// Whether store calls need a tokio runtime.
    pub(crate) fn needs_tokio(&self) -> bool {
        self.store.remote().is_some()
    }

    /// Why the store has refused the last value that it was given, if it has.
    pub(crate) fn refusal(&self) -> Option<Error> {
        self.lock_refusal().clone()
    }

    /// Notes whether the store has taken a value. One that it did not take for its condition says
    /// nothing.
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

    /// The values in this process, if the handle keeps any.
    pub(crate) fn tier(&self) -> Option<&Tier> {
        self.tier.as_deref()
    }

    /// Whether the store would keep an entry of this size; the embedded one has its bounds.
    pub(crate) fn has_room(&self, key: &str, entry: &Bytes) -> bool {
        self.store.memory().is_none_or(|memory| memory.has_room_for(key, entry))
    }

    /// Asks the store whether it answers. The others always do.
    pub(crate) async fn ping(&self, budget: &mut Budget) -> Result<()> {
        let Some(store) = self.store.remote() else { return Ok(()) };
        budget.spend(store, store.ping()).await
    }

    /// Asks the store for the first time whether it answers, and to tell the tier of changes if there is one.
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

    /// Reads a key from the embedded store.
    fn read_here(&self, key: &str) -> Option<Bytes> {
        self.store.memory().and_then(|memory| memory.read(key))
    }

    /// Reads a key, with the epochs of its scopes where they count.
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

    /// Reads several keys in one round trip for each thousand, each within a budget of its own. A foreign value is absent.
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

    /// Reads several keys, and sees to it that they stay for a while.
    pub(crate) async fn prolong(
        &self,
        keys: &[String],
        life: Duration,
        budget: &mut Budget,
    ) -> Result<Vec<Option<Bytes>>> {
        let Some(store) = self.store.remote() else { return Ok(vec![None; keys.len()]) };
        whole(budget.spend(store, store.prolong(keys, life)).await?, keys.len())
    }

    /// Reads the epochs of a key's scopes once more, and sees to it that they stay for as long as what is stored now.
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

    /// Reads a key so that a value of another kind is an error, as it is not in reads that go together with others.
    pub(crate) async fn read_exactly(
        &self,
        key: &str,
        budget: &mut Budget,
    ) -> Result<Option<Bytes>> {
        Ok(self.watch(key, budget).await?.0)
    }

    /// Reads a key, and tells later when it may have changed.
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

    /// Reads several keys; each thousand within a budget of its own.
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

    /// Reads the first bytes of several keys; each thousand within a budget of its own.
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

    /// Writes a key if `condition` holds, and says whether it did. The embedded store refuses what is too large for it.
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

    /// Writes several keys, each in any case; each thousand within a budget of its own. It fails where the embedded store has no room for
    /// all of them.
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

    /// Replaces the first bytes of a value by others of the same length if they are still the same. What a reader takes
    /// from the value stays.
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

    /// Deletes what a key holds if it is still what `condition` says.
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

    /// Returns the store, for deleting what patterns match, and the duty that goes with it.
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
