//! A session: one call on its way through look-up, queue, wait and fill. This module knows nothing
//! of the value's type.

mod batch;
mod lookup;
mod stale;

pub(crate) use batch::{TOGETHER, open_all};
pub(crate) use lookup::FoundEntry;

use crate::cache::Cache;
use crate::cache::context::mode::{self, Mode, Source};
use crate::cache::context::pending;
use crate::call::record;
use crate::call::{Call, Ready};
use crate::entry::envelope;
use crate::entry::kept::Kept;
use crate::error::Result;
use crate::function::site::{Local, Site};
use crate::function::stats::{Counters, Function};
use crate::key::scope::{self, Epochs};
use crate::protocol::ancestry::{self, Ancestry};
use crate::protocol::epochs;
use crate::protocol::flight::{self, Member};
use crate::protocol::lease::Place;
use crate::protocol::permit::{Permit, land_with_nothing};
use crate::rt::backoff::Backoff;
use crate::rt::clock::Moment;
use crate::rt::timer::FOREVER;
use crate::rt::yielding::{Recall, let_others_go, unless_called};
use crate::store::backend::Fetched;
use crate::store::budget::Budget;
use crate::store::tier::{Content, Slot, Tier, Validities, Watched};
use crate::store::{Remaining, Track, Watch};
use bytes::Bytes;
use lookup::Lookup;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// The first pause between two looks at another process' lease. Pauses are for changes that the
/// store does not tell of.
const FIRST_PAUSE: Duration = Duration::from_millis(10);

/// The longest pause between two looks at another process' lease.
const MAX_PAUSE: Duration = Duration::from_millis(160);

/// The number of times that a refresh tries to take a key that changes at the same time.
const SEIZURES: usize = 3;

/// A call that is being answered. A session owns all it needs, so that its store calls can run on
/// another thread. A session is boxed, because each step hands it on to the next.
pub(crate) struct Session {
    call: Ready,
    function: Arc<Function>,
    budget: Budget,
    mode: Mode,
    /// `true` if the call belongs to a transaction. The flag is set at the start, because the
    /// thread on which the store's calls may run cannot tell.
    in_transaction: bool,
    /// The time until which the call waits for other callers. `None` until the call first waits.
    deadline: Option<Instant>,
    /// The signal that ends the wait early, if the call is one of many.
    recall: Option<Recall>,
    /// `true` if the call may load beside others when its wait is over.
    may_load_beside: bool,
    /// The epochs of the key's scopes, as of the last read.
    epochs: Epochs,
    /// `true` if the call has seen an entry that would be served if the load failed.
    has_fallback: bool,
    /// The time that the load of the fallback took.
    fallback_cost: Duration,
    /// The validities of the entry that was read last. `None` if the tier does not store the entry.
    watched: Option<Watched>,
}

/// The next step of a call.
pub(crate) enum Step {
    /// Read the value from the entry that was found.
    Found(Box<Session>, FoundEntry),
    /// Wait for the load of another caller in this process.
    Wait(Box<Session>, Member),
    /// Wait for the load of another process.
    Queue(Box<Session>, Member),
    /// Take the value that another caller has loaded.
    Landed(Box<Session>, Member),
    /// Load.
    Load(Box<Session>, Permit),
}

/// Returns the time until which the tier may serve an entry: as long as the entry is fresh, and no
/// longer than the cap. Returns `None` if the tier may not serve the entry at all.
fn kept_until(local: Local, cap: Duration, fresh_until: Option<u64>) -> Option<Moment> {
    let cap = match local {
        Local::AsTheHandle => cap,
        Local::UpTo(time) => time,
        Local::Never => return None,
    };
    let left = fresh_until.map(|until| until.saturating_sub(envelope::unix_ms()));
    let time = left.map_or(cap, |left| cap.min(Duration::from_millis(left)));
    Some(Moment::within(time))
}

/// Tells whether the store is asked to track what is read.
fn track(validities: Option<&Validities>) -> Track {
    if validities.is_some() { Track::Yes } else { Track::No }
}

/// Returns the tier if this call may be answered from it. Returns `None` if the function or the
/// handle has no tier, or in `refresh` or `bypass`. Returns `None` while an invalidation is pending
/// or overdue, and while a call is recorded.
pub(crate) fn tier_now<'a>(cache: &'a Cache, site: &Site) -> Option<&'a Tier> {
    let tier = cache.tier_of(site)?;
    // mutant: modes do not pass the tier by
    let may_be_near = mode::current() == Mode::Normal
        // mutant: a write reads in process what it will delete
        && !pending::is_any()
        && !cache.overdue().is_any()
        // mutant: a call that is named is answered from this process
        && !record::is_on();
    may_be_near.then_some(tier)
}

/// Notes that a call has its value from the tier.
pub(crate) fn answered_here(slot: &Slot) {
    let function = &slot.function;
    function.counters.local_hits.increment();
    mode::note(Source::Hit);
    tracing::debug!(target: "cache_runtime", function = function.site.name, "{}", Source::Hit);
}

impl Session {
    /// Begins to answer a call. Returns `None` if the function runs without the cache.
    pub(crate) fn begin(call: Call) -> Option<Box<Self>> {
        let call = call.ready()?;
        let mode = mode::current();
        if mode == Mode::Bypass {
            return None;
        }
        let function = Arc::clone(&call.function);
        // mutant: functions with one identity share entries
        if function.is_ambiguous() || call.cache.is_outdated(&call.key) {
            function.counters.uncached.increment();
            return None;
        }
        if let Some(around) = ancestry::current() {
            call.cache.note_nesting(around.depth());
        }
        let budget = call.cache.budget();
        // mutant: a transaction stores what it loads
        let in_transaction = pending::in_transaction();
        let (deadline, recall, watched, has_fallback) = (None, None, None, false);
        // The epochs of a scoped store are not read yet.
        let is_scoped = call.cache.backend().is_scoped();
        let epochs = if is_scoped { Epochs::Unknown } else { Epochs::Unused };
        Some(Box::new(Self {
            call,
            function,
            budget,
            mode,
            in_transaction,
            deadline,
            recall,
            may_load_beside: true,
            epochs,
            has_fallback,
            fallback_cost: Duration::ZERO,
            watched,
        }))
    }

    pub(crate) fn call(&self) -> &Ready {
        &self.call
    }

    pub(crate) fn site(&self) -> &'static Site {
        self.call.site()
    }

    pub(crate) fn cache(&self) -> &Cache {
        &self.call.cache
    }

    pub(crate) fn key(&self) -> &str {
        &self.call.key
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.function.counters
    }

    pub(crate) fn function(&self) -> &Function {
        &self.function
    }

    /// Tells whether the call loads whatever the store holds.
    pub(crate) fn is_refresh(&self) -> bool {
        self.mode == Mode::Refresh
    }

    /// Tells whether the load is to replace an entry that others could read. If the loaded value is
    /// not stored, such an entry is deleted.
    pub(crate) fn replaces(&self) -> bool {
        self.is_refresh() || self.has_fallback
    }

    /// Tells whether an invalidation of the key is overdue. If so, nothing may be stored.
    pub(crate) fn is_overdue(&self) -> bool {
        self.call.cache.overdue().covers(&self.call.key)
    }

    pub(crate) fn needs_tokio(&self) -> bool {
        self.call.cache.needs_tokio()
    }

    /// Returns the budget that is left for store calls.
    pub(crate) fn budget(&mut self) -> &mut Budget {
        &mut self.budget
    }

    /// Begins a new budget. A call that is one of many could not share one budget with all.
    pub(crate) fn renew_budget(&mut self) {
        self.budget = self.call.cache.budget();
    }

    /// Notes that the call has its value from an entry of the store.
    pub(crate) fn answered_with(&self, found: &FoundEntry) {
        match found.source() {
            Source::Hit => self.answered(),
            source => self.note(source),
        }
    }

    /// Notes that the call has the fallback of another caller's load.
    pub(crate) fn answered_with_fallback(&self) {
        self.note(Source::Stale);
    }

    /// Notes that the call has its value, at once or after a wait.
    pub(crate) fn answered(&self) {
        let has_waited = self.deadline.is_some();
        self.note(if has_waited { Source::Wait } else { Source::Hit });
    }

    fn note(&self, source: Source) {
        let counters = self.counters();
        let counter = match source {
            Source::Stale => &counters.stale_hits,
            Source::Wait => &counters.waits,
            _ => &counters.hits,
        };
        counter.increment();
        mode::note(source);
        tracing::debug!(target: "cache_runtime", function = self.site().name, "{source}");
    }

    /// Looks the call up, and lines up for the load if the store has no usable entry.
    pub(crate) async fn open(mut self: Box<Self>) -> Step {
        if self.is_refresh() {
            return Box::pin(self.refresh()).await;
        }
        match self.look().await {
            Lookup::Entry(found) if found.is_for_all() => Step::Found(self, found),
            // Boxed, so that the code that few calls need does not stand in the future of each
            // call.
            seen => Box::pin(self.line_up(seen)).await,
        }
    }

    /// Looks again, after a load of others that was not for this caller.
    pub(crate) async fn again(self: Box<Self>) -> Step {
        self.open().await
    }

    /// Looks at the store. If an invalidation of the key waits for the store by now, the answer may
    /// be what it is to delete, and counts as none: the call may have begun before there was one.
    async fn look(&mut self) -> Lookup {
        let was_overdue = self.is_overdue();
        let read = self.read().await;
        // mutant: a call under way reads what could not be deleted
        if was_overdue || self.is_overdue() {
            return Lookup::Away;
        }
        self.judge(read).await
    }

    async fn read(&mut self) -> Result<Option<Bytes>> {
        let validities = self.validities();
        let track = track(validities.as_ref());
        let Ready { cache, key, .. } = &self.call;
        let looked = cache.backend().look(key, track, &mut self.budget).await?;
        Ok(self.saw(looked, validities))
    }

    /// Returns the validities that a value of the tier would depend on. Call this before the read:
    /// changes after the call revoke the validities.
    fn validities(&self) -> Option<Validities> {
        let Ready { cache, key, asked, .. } = &self.call;
        let tier = cache.backend().tier().filter(|_| asked.is_some());
        tier.map(|tier| tier.promises_for(key))
    }

    /// Notes the epochs and the validity that a look at the store has shown beside the value.
    /// Returns the value.
    fn saw(&mut self, looked: Fetched, validities: Option<Validities>) -> Option<Bytes> {
        self.epochs = looked.epochs;
        // mutant: promises are taken after the reading
        let watched = validities.zip(looked.validity);
        self.watched = watched.map(|(validities, line)| Watched { validities, line });
        looked.value
    }

    /// Returns the epochs of the key's scopes. Epochs that are missing are made, for a load that
    /// begins now.
    async fn epochs_now(&self, budget: &mut Budget) -> Result<Epochs> {
        let (backend, load) = (self.cache().backend(), self.lease_time());
        epochs::settle(backend, self.key(), load, budget).await
    }

    /// Reads the epochs of the key's scopes if they are unknown. A load begins only after that. An
    /// error has already been counted.
    async fn settle_epochs(&mut self) -> Result<()> {
        if self.epochs != Epochs::Unknown {
            return Ok(());
        }
        let mut budget = self.budget;
        let settled = self.epochs_now(&mut budget).await;
        self.budget = budget;
        let Ready { cache, .. } = &self.call;
        self.epochs = settled.inspect_err(|error| cache.note_fault(&self.function, error))?;
        Ok(())
    }

    /// Returns the number that an entry carries for its key's scopes. Returns `None` if no reader
    /// would trust the entry.
    pub(crate) fn scopes(&self) -> Option<u128> {
        self.epochs.number()
    }

    /// Tells whether the key's scopes are unchanged since before the load. The fill of the entry
    /// does not check that.
    pub(crate) async fn is_within_its_scopes(&self, ttl: Option<Duration>) -> bool {
        let Ready { cache, key, .. } = &self.call;
        let mut budget = self.budget;
        let life = scope::life(ttl, self.lease_time());
        let now = cache.backend().prolong_epochs(key, life, &mut budget).await;
        // Epochs that were unknown before the load count as changed.
        self.epochs != Epochs::Unknown && now.is_ok_and(|now| now == self.epochs)
    }

    /// Stores a found value in the tier, if this call has a tier.
    pub(crate) fn keep_here(&mut self, found: FoundEntry, copy: &dyn Fn() -> Option<Kept>) {
        let Self { call, watched, in_transaction: false, .. } = self else { return };
        if found.freshness.has_expired() {
            return;
        }
        let Ready { cache, asked, identity, .. } = call;
        let (Some(tier), Some(watched), Some(asked)) =
            (cache.backend().tier(), watched.take(), asked.take())
        else {
            return;
        };
        let (size, fresh_until) = (found.payload().bytes.len(), found.fresh_until);
        let held = copy().map_or_else(|| Content::Payload(found.into_payload()), Content::Value);
        let function = Arc::clone(&self.function);
        if let Some(until) = kept_until(identity.site.local, tier.cap(), fresh_until) {
            tier.keep(asked, Slot::new(held, size, function, watched, until));
        }
    }

    /// Finds out which caller loads.
    async fn line_up(self: Box<Self>, seen: Lookup) -> Step {
        if self.in_transaction {
            return match seen {
                Lookup::Entry(found) if found.freshness.is_served() => Step::Found(self, found),
                // A transaction may see its own past for as long as it runs, so its loads are not
                // for others.
                _ => Step::Load(self, Permit::Private(None)),
            };
        }
        // mutant: callers do not line up
        let member = self.site().single_flight.then(|| self.join());
        match (member, seen) {
            (Some(member), Lookup::Entry(found))
                if !member.has_turn() && found.freshness.is_served() =>
            {
                Step::Found(self, found)
            }
            (Some(member), _) if !member.has_turn() => Step::Wait(self, member),
            (member, seen) => self.lead(member, seen).await,
        }
    }

    fn join(&self) -> Member {
        self.call.cache.flights().join(&self.shared_key())
    }

    fn shared_key(&self) -> Arc<str> {
        Arc::from(&*self.call.key)
    }

    /// Takes the lease for a caller who has the turn, or finds out why the caller cannot.
    async fn lead(mut self: Box<Self>, member: Option<Member>, seen: Lookup) -> Step {
        let taken = match seen {
            Lookup::Entry(found) if found.is_for_all() => {
                land_with_nothing(member);
                return Step::Found(self, found);
            }
            Lookup::Entry(found) if found.freshness.is_served() => {
                return self.lead_anew(member, found).await;
            }
            Lookup::Entry(found) if found.is_claimed => Ok(None),
            Lookup::Entry(FoundEntry { entry, .. }) => {
                self.place().borrow(&entry, &mut self.budget).await
            }
            Lookup::Leased(_) => Ok(None),
            Lookup::Away => return self.load_without_store(member).await,
            _ if self.settle_epochs().await.is_err() => {
                return self.load_without_store(member).await;
            }
            Lookup::Absent => self.place().acquire(&mut self.budget).await,
            Lookup::Unreadable(held) => self.place().seize_from(&held, &mut self.budget).await,
            Lookup::Outdated(held) => self.place().succeed(&held, &mut self.budget).await,
        };
        match (taken, member) {
            (Ok(Some(lease)), member) => Step::Load(self, Permit::leased(member, lease)),
            (Ok(None), Some(member)) => self.go_on_behind(member),
            (Ok(None), None) => {
                // mutant: what reads that go together cannot see is not looked for
                self.repair_what_was_hidden().await;
                Step::Load(self, Permit::Private(None))
            }
            (Err(error), member) => {
                self.call.cache.note_fault(&self.function, &error);
                self.load_without_store(member).await
            }
        }
    }

    /// Goes on if the key is leased already. The holder is another process or, after a failure, a
    /// turn of this flight. A turn of this flight may have left its lease with the flight.
    // mutant: a lease that was left is passed by
    fn go_on_behind(self: Box<Self>, member: Member) -> Step {
        if let Some(lease) = member.take_lease() {
            return Step::Load(self, Permit::leased(Some(member), lease));
        }
        if member.is_after_failure() {
            return Step::Load(self, Permit::Private(Some(member)));
        }
        Step::Queue(self, member)
    }

    /// Loads for those who have joined the flight by now. Without the store, nobody can say whether
    /// a load that has begun is still sound for a caller who comes later. Later callers wait for
    /// the next load.
    async fn load_without_store(self: Box<Self>, member: Option<Member>) -> Step {
        // Callers who came at the same time join first. Calls that read together hear one turn
        // later that the store is away.
        for _ in 0..2 {
            let_others_go().await;
        }
        // mutant: who reaches the store shares a load without it
        let joined_before = member.as_ref().map_or(0, Member::joined_before);
        Step::Load(self, Permit::ShareOnly { member, joined_before })
    }

    fn lease_time(&self) -> Duration {
        self.site().lease.unwrap_or(self.cache().lease())
    }

    fn place(&self) -> Place {
        let cache = self.cache();
        Place {
            backend: Arc::clone(cache.backend()),
            key: self.shared_key(),
            time: self.lease_time(),
            claim: self.claim(),
            budget: cache.budget_time(),
            renewals: Arc::clone(cache.renewals()),
            scopes: self.scopes().unwrap_or(0),
        }
    }

    /// Waits in the flight, for its result or for the turn.
    pub(crate) async fn wait(mut self: Box<Self>, mut member: Member) -> Step {
        loop {
            let deadline = self.deadline();
            let waited =
                unless_called(self.recall.as_ref(), timeout_at(deadline, member.wait())).await;
            match waited {
                None => return self.called_back(member),
                Some(Ok(flight::Call::Landed)) => return Step::Landed(self, member),
                Some(Ok(flight::Call::Turn)) => return self.take_turn(member).await,
                Some(Err(_)) => match self.stop_waiting(member).await {
                    ControlFlow::Break(step) => return step,
                    ControlFlow::Continue(on) => (self, member) = on,
                },
            }
        }
    }

    /// Leaves the turn to others while the caller loads something else.
    fn called_back(self: Box<Self>, mut member: Member) -> Step {
        member.put_down();
        Step::Wait(self, member)
    }

    /// Takes the turn after the caller before could not finish.
    async fn take_turn(mut self: Box<Self>, member: Member) -> Step {
        if let Some(lease) = member.take_lease() {
            // Epochs that were read before the wait may be outdated. If the epochs cannot be read
            // now, the loaded value is not stored.
            self.epochs = self.epochs.forgotten();
            _ = self.settle_epochs().await;
            return Step::Load(self, Permit::leased(Some(member), lease));
        }
        let seen = self.look().await;
        self.lead(Some(member), seen).await
    }

    /// Waits until another process has ended its load. If the lease is held on another handle of
    /// this process, its load may be around this call.
    pub(crate) async fn queue(
        mut self: Box<Self>,
        mut member: Member,
        around: Option<Ancestry>,
    ) -> Step {
        // Reads in the queue are not tracked.
        self.watched = None;
        let mut backoff = Backoff::new(FIRST_PAUSE, MAX_PAUSE);
        loop {
            let deadline = self.deadline();
            let (seen, watch) = self.look_in_queue().await;
            let lease = match (seen.waits(), watch) {
                // mutant: a call waits for the lease of a load around it
                (Ok(lease), _) if around.as_ref().is_some_and(|around| around.holds(&lease)) => {
                    return Step::Load(self, Permit::Private(None));
                }
                (Ok(lease), Some(watch)) => {
                    // mutant: who waits does not look again
                    let until = deadline.min(Instant::now() + backoff.pause());
                    // mutant: who waits is not woken
                    let changed = timeout_at(until, watch.changed());
                    if unless_called(self.recall.as_ref(), changed).await.is_none() {
                        return self.called_back(member);
                    }
                    lease
                }
                (Ok(lease), None) => return self.lead(Some(member), Lookup::Leased(lease)).await,
                // If the store has nothing at the key and takes no lease, a further wait would
                // never end.
                (Err(Lookup::Absent), _) if Instant::now() >= deadline => {
                    return Step::Load(self, Permit::Private(None));
                }
                (Err(seen), _) => {
                    let_others_go().await;
                    return self.lead(Some(member), seen).await;
                }
            };
            if Instant::now() >= deadline {
                self.end_endless(&lease).await;
                match self.stop_waiting(member).await {
                    ControlFlow::Break(step) => return step,
                    ControlFlow::Continue(on) => (self, member) = on,
                }
            }
        }
    }

    /// Looks at the store while the call waits. Returns the verdict, and the watch that tells of
    /// the next change. Each look has a budget of its own, because waiting is not the store's time.
    async fn look_in_queue(&mut self) -> (Lookup, Option<Watch>) {
        let was_overdue = self.is_overdue();
        let mut budget = self.call.cache.budget();
        let watched = self.call.cache.backend().watch(&self.call.key, &mut budget).await;
        let (mut read, watch) = match watched {
            Ok((read, watch)) => (Ok(read), Some(watch)),
            Err(error) => (Err(error), None),
        };
        match self.epochs_now(&mut budget).await {
            Ok(epochs) => self.epochs = epochs,
            Err(error) => read = Err(error),
        }
        if was_overdue || self.is_overdue() {
            return (Lookup::Away, watch);
        }
        (self.judge(read).await, watch)
    }

    /// Deletes a lease without expiry. This crate writes none where others read it, and such a
    /// lease would block its key for ever. On the embedded store every lease is without expiry, and
    /// its holder is alive.
    async fn end_endless(&mut self, lease: &[u8]) {
        if !self.needs_tokio() {
            return;
        }
        let (backend, key) = (self.call.cache.backend(), &self.call.key);
        let left = backend.remaining(key, &mut self.budget).await;
        if matches!(left, Ok(Remaining::Endless)) {
            self.repair(lease).await;
        }
    }

    /// Sets the time until which the call waits, and the signal that calls it back. If the call may
    /// not load beside others, it loads by itself at that time.
    pub(crate) fn wait_until(&mut self, deadline: Instant, recall: Recall, may_load_beside: bool) {
        (self.deadline, self.recall) = (Some(deadline), Some(recall));
        self.may_load_beside = may_load_beside;
    }

    /// Returns the time until which the call waits for other callers. The wait begins now if it has
    /// not begun yet.
    pub(crate) fn deadline(&mut self) -> Instant {
        let wait = self.wait_time();
        *self.deadline.get_or_insert_with(|| Instant::now() + wait)
    }

    fn wait_time(&self) -> Duration {
        // mutant: waiting has no end
        let wait = self.site().wait.unwrap_or(self.call.cache.wait());
        wait.min(FOREVER)
    }

    /// Takes the key for a load that begins now, whatever the key holds.
    async fn refresh(mut self: Box<Self>) -> Step {
        if self.in_transaction {
            return Step::Load(self, Permit::Private(None));
        }
        if self.settle_epochs().await.is_err() {
            return Step::Load(self, Permit::Private(None));
        }
        let flights = self.call.cache.flights();
        let member = self.site().single_flight.then(|| flights.open(&self.shared_key()));
        let place = self.place();
        for _ in 0..SEIZURES {
            match place.seize(&mut self.budget).await {
                Ok(Some(lease)) => return Step::Load(self, Permit::leased(member, lease)),
                Ok(None) => {}
                Err(error) => {
                    if let Lookup::Away = self.judge(Err(error)).await {
                        return self.load_without_store(member).await;
                    }
                }
            }
        }
        Step::Load(self, Permit::Private(member))
    }
}
