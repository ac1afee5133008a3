//! One call on its way: look up, line up, wait, fill. Nothing here knows the value's type.

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

/// How often a refresh tries to take a key that changes at the same time.
const SEIZURES: usize = 3;

/// One call that is being answered. It owns all it needs, so that its store calls can run on another thread; and it is boxed, because each
/// step hands it on to the next.
pub(crate) struct Session {
    call: Ready,
    function: Arc<Function>,
    budget: Budget,
    mode: Mode,
    /// Whether the call belongs to a transaction. Kept from the start: the thread that the store's calls may run on cannot tell.
    in_transaction: bool,
    /// Until when it waits for other callers; set when it first does.
    deadline: Option<Instant>,
    /// What ends its waiting early, where it is one of many.
    recall: Option<Recall>,
    /// Whether it may load beside others when it has waited long enough.
    may_load_beside: bool,
    /// The epochs of the key's scopes when it was read last.
    epochs: Epochs,
    /// Whether an entry was seen that would be served if the load failed.
    has_fallback: bool,
    /// How long that one took to load.
    fallback_cost: Duration,
    /// What the entry that was read last depends on, if the in-process tier is to keep it.
    watched: Option<Watched>,
}

/// What a call does next.
pub(crate) enum Step {
    /// Read the value from what was found.
    Found(Box<Session>, FoundEntry),
    /// Wait for the load of another caller in this process.
    Wait(Box<Session>, Member),
    /// Wait for the load of another process.
    Queue(Box<Session>, Member),
    /// Take what another caller has loaded.
    Landed(Box<Session>, Member),
    /// Load.
    Load(Box<Session>, Permit),
}

/// Until when the in-process tier may serve an entry: as long as it is fresh, and no longer than the cap; `None`: not at all.
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

/// Whether changes are to be told of what is read.
fn track(validities: Option<&Validities>) -> Track {
    if validities.is_some() { Track::Yes } else { Track::No }
}

/// What this process keeps of a function's values; `None` where only the store may be asked, now or ever, and while calls are only named.
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

/// Notes that a call has its value from this process.
pub(crate) fn answered_here(slot: &Slot) {
    let function = &slot.function;
    function.counters.local_hits.increment();
    mode::note(Source::Hit);
    tracing::debug!(target: "cache_runtime", function = function.site.name, "{}", Source::Hit);
}

impl Session {
    /// Begins to answer a call; `None` when its function runs without the cache.
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
        // Not read yet.
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

    /// Whether the call loads whatever is stored.
    pub(crate) fn is_refresh(&self) -> bool {
        self.mode == Mode::Refresh
    }

    /// Whether the load is to replace an entry that others could read: if its value is not stored, the entry goes.
    pub(crate) fn replaces(&self) -> bool {
        self.is_refresh() || self.has_fallback
    }

    /// Whether an invalidation of the key has failed and was not made up for: nothing may be stored.
    pub(crate) fn is_overdue(&self) -> bool {
        self.call.cache.overdue().covers(&self.call.key)
    }

    pub(crate) fn needs_tokio(&self) -> bool {
        self.call.cache.needs_tokio()
    }

    /// What is left of the time that store calls may take.
    pub(crate) fn budget(&mut self) -> &mut Budget {
        &mut self.budget
    }

    /// Begins a new budget, where a call is one of many that could not share one.
    pub(crate) fn renew_budget(&mut self) {
        self.budget = self.call.cache.budget();
    }

    /// Notes that the call has its value from what was stored.
    pub(crate) fn answered_with(&self, found: &FoundEntry) {
        match found.source() {
            Source::Hit => self.answered(),
            source => self.note(source),
        }
    }

    /// Notes that the call has what is served in place of another caller's load.
    pub(crate) fn answered_with_fallback(&self) {
        self.note(Source::Stale);
    }

    /// Notes that the call has its value: at once, or after it waited.
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

    /// Looks the call up, and lines up for the load when nothing is there.
    pub(crate) async fn open(mut self: Box<Self>) -> Step {
        if self.is_refresh() {
            return Box::pin(self.refresh()).await;
        }
        match self.look().await {
            Lookup::Entry(found) if found.is_for_all() => Step::Found(self, found),
            // Boxed, so that what few calls need does not stand in the future of each.
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

    /// What the in-process tier would depend on. To be called before the reading: what changes after it breaks them.
    fn validities(&self) -> Option<Validities> {
        let Ready { cache, key, asked, .. } = &self.call;
        let tier = cache.backend().tier().filter(|_| asked.is_some());
        tier.map(|tier| tier.promises_for(key))
    }

    /// Notes what a look at the store has shown beside the value.
    fn saw(&mut self, looked: Fetched, validities: Option<Validities>) -> Option<Bytes> {
        self.epochs = looked.epochs;
        // mutant: promises are taken after the reading
        let watched = validities.zip(looked.validity);
        self.watched = watched.map(|(validities, line)| Watched { validities, line });
        looked.value
    }

    /// The epochs of the key's scopes. Those that are missing are made, for a load that begins now.
    async fn epochs_now(&self, budget: &mut Budget) -> Result<Epochs> {
        let (backend, load) = (self.cache().backend(), self.lease_time());
        epochs::settle(backend, self.key(), load, budget).await
    }

    /// Sees to it that the epochs of the key's scopes are known before a load begins; an error was counted.
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

    /// What an entry carries of its key's scopes; `None`: nothing that anybody would trust.
    pub(crate) fn scopes(&self) -> Option<u128> {
        self.epochs.number()
    }

    /// Whether the key's scopes are what they were before the load; its fill alone does not say so.
    pub(crate) async fn is_within_its_scopes(&self, ttl: Option<Duration>) -> bool {
        let Ready { cache, key, .. } = &self.call;
        let mut budget = self.budget;
        let life = scope::life(ttl, self.lease_time());
        let now = cache.backend().prolong_epochs(key, life, &mut budget).await;
        // What was not known then cannot be the same now.
        self.epochs != Epochs::Unknown && now.is_ok_and(|now| now == self.epochs)
    }

    /// Keeps what was found in the in-process tier, if there is one for this call.
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

    /// Finds out who loads.
    async fn line_up(self: Box<Self>, seen: Lookup) -> Step {
        if self.in_transaction {
            return match seen {
                Lookup::Entry(found) if found.freshness.is_served() => Step::Found(self, found),
                // A transaction may show its own past for as long as it runs: what it loads is not for others.
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

    /// Takes the lease for a caller who has the turn, or finds out why it cannot.
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

    /// Goes on where the key is leased already: to another process, or after a failure to a turn of this flight, which may
    /// have left the lease there.
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

    /// Loads for those who sit in the flight by now. Without the store nobody can say whether a load that has begun
    /// is still sound for somebody who comes later: they wait for the next one.
    async fn load_without_store(self: Box<Self>, member: Option<Member>) -> Step {
        // Whoever came at the same time sits down first. Those who read together hear one turn later that the store is away.
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

    /// Leaves the turn to others while its caller loads something else.
    fn called_back(self: Box<Self>, mut member: Member) -> Step {
        member.put_down();
        Step::Wait(self, member)
    }

    /// Goes on where the caller before could not.
    async fn take_turn(mut self: Box<Self>, member: Member) -> Step {
        if let Some(lease) = member.take_lease() {
            // Those that were read before the wait may be outdated. Where they cannot be known, what is loaded is not stored.
            self.epochs = self.epochs.forgotten();
            _ = self.settle_epochs().await;
            return Step::Load(self, Permit::leased(Some(member), lease));
        }
        let seen = self.look().await;
        self.lead(Some(member), seen).await
    }

    /// Waits until another process has ended its load. One on another handle of this process may be
    /// the load around this call.
    pub(crate) async fn queue(
        mut self: Box<Self>,
        mut member: Member,
        around: Option<Ancestry>,
    ) -> Step {
        // It will read in another way.
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
                // A store that has nothing there and takes no lease would be asked for ever.
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

    /// What is there while it waits, and what tells when that changes. Each look has a budget of its
    /// own: waiting is not the store's time.
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

    /// Deletes a lease without expiry: nobody of ours writes one where others read it, and it would stand in the way for
    /// ever. On the embedded store every lease is like that, and its holder is alive.
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

    /// Waits until then, and until it is called back; where it may not load beside others, it loads by itself then.
    pub(crate) fn wait_until(&mut self, deadline: Instant, recall: Recall, may_load_beside: bool) {
        (self.deadline, self.recall) = (Some(deadline), Some(recall));
        self.may_load_beside = may_load_beside;
    }

    /// Until when it waits for other callers, from now on if it has not waited yet.
    pub(crate) fn deadline(&mut self) -> Instant {
        let wait = self.wait_time();
        *self.deadline.get_or_insert_with(|| Instant::now() + wait)
    }

    fn wait_time(&self) -> Duration {
        // mutant: waiting has no end
        let wait = self.site().wait.unwrap_or(self.call.cache.wait());
        wait.min(FOREVER)
    }

    /// Takes the key for a load that begins now, whatever it holds.
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
