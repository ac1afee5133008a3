//! What `#[cached]` does: look the call up, else run the load and store its value.

use crate::bridge;
use crate::budget::Budget;
use crate::call::{Call, Ready};
use crate::capture;
use crate::entry::{self, Header};
use crate::expiry::Expiry;
use crate::key::identity;
use crate::outcome::{CacheValue, Outcome, Unstorable, is_hidden_result};
use crate::site::Site;
use crate::stats::Function;
use crate::store::Condition;
use bytes::Bytes;
use std::future::{self, Future};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Answers a call of an async function from the cache, or by its load.
///
/// The load comes as a closure, and this is no `async fn`: its arguments would stand in the future twice, and nested
/// cached functions would double at every level.
///
/// # Cancellation
///
/// Dropping the future drops the load. A value is stored whole or not at all.
#[expect(clippy::manual_async_fn, reason = "an async fn holds its arguments twice")]
pub fn read_through<O, L, F, How>(
    call: Call,
    outcome: O,
    load: L,
) -> impl Future<Output = F::Output>
where
    L: FnOnce() -> F,
    F: Future,
    O: Outcome<Return = F::Output>,
    O::Value: CacheValue<How>,
{
    async move {
        if capture::is_on() {
            capture::leave(call.key());
            return future::pending().await;
        }
        let session = match look_up::<O, How>(call).await {
            LookUp::Hit(value) => return O::restore(value),
            LookUp::Miss(session) => session,
        };
        let started = Instant::now();
        let value = match O::split(load().await) {
            Ok(value) => value,
            Err(error) => {
                note_load(session);
                return error;
            }
        };
        let fill = session.and_then(|session| Fill::new(session, &outcome, &value, started));
        if let Some(fill) = fill {
            bridge::drive(fill.needs_tokio(), fill.run()).await;
        }
        O::restore(value)
    }
}

/// The same for a blocking function: only the store's part runs elsewhere.
#[expect(clippy::needless_pass_by_value, reason = "generated code hands it over")]
pub fn read_through_blocking<O, R, F, How>(call: Call, outcome: O, load: F) -> R
where
    O: Outcome<Return = R>,
    O::Value: CacheValue<How>,
    F: FnOnce() -> R,
{
    let session = match look_up_blocking::<O, How>(call) {
        LookUp::Hit(value) => return O::restore(value),
        LookUp::Miss(session) => session,
    };
    let started = Instant::now();
    let value = match O::split(load()) {
        Ok(value) => value,
        Err(error) => {
            note_load(session);
            return error;
        }
    };
    let fill = session.and_then(|session| Fill::new(session, &outcome, &value, started));
    if let Some(fill) = fill {
        bridge::drive_blocking(fill.needs_tokio(), fill.run());
    }
    O::restore(value)
}

/// Counts a load that failed.
fn note_load(session: Option<Session>) {
    if let Some(session) = session {
        session.function.counters.loads.increment();
    }
}

/// What a look-up ends with; a miss without a session runs without the cache.
enum LookUp<V> {
    Hit(V),
    Miss(Option<Session>),
}

async fn look_up<O: Outcome, How>(call: Call) -> LookUp<O::Value>
where
    O::Value: CacheValue<How>,
{
    let Some(session) = Session::begin(call) else {
        return LookUp::Miss(None);
    };
    let needs_tokio = session.needs_tokio();
    let found = bridge::drive(needs_tokio, session.find()).await;
    match Opened::of(found) {
        Opened::Hit(value) => LookUp::Hit(value),
        Opened::Miss(session) => LookUp::Miss(session),
        Opened::Broken(session, entry) => {
            LookUp::Miss(bridge::drive(needs_tokio, session.repair(entry)).await)
        }
    }
}

fn look_up_blocking<O: Outcome, How>(call: Call) -> LookUp<O::Value>
where
    O::Value: CacheValue<How>,
{
    let Some(session) = Session::begin(call) else {
        return LookUp::Miss(None);
    };
    let needs_tokio = session.needs_tokio();
    let found = bridge::drive_blocking(needs_tokio, session.find());
    match Opened::of(found) {
        Opened::Hit(value) => LookUp::Hit(value),
        Opened::Miss(session) => LookUp::Miss(session),
        Opened::Broken(session, entry) => {
            LookUp::Miss(bridge::drive_blocking(needs_tokio, session.repair(entry)))
        }
    }
}

/// One call that is being answered. It owns all it needs, so that its store calls can run on another thread.
struct Session {
    call: Ready,
    function: Arc<Function>,
    budget: Budget,
}

/// An entry whose envelope is whole.
struct Found {
    entry: Bytes,
    /// Where the payload begins.
    payload: usize,
}

impl Session {
    fn begin(call: Call) -> Option<Self> {
        let call = call.ready()?;
        let identity = || Some(identity(call.site, call.path));
        let function = call.cache.function(call.site, identity);
        if function.is_ambiguous {
            function.counters.uncached.increment();
            return None;
        }
        let budget = call.cache.budget();
        Some(Self { call, function, budget })
    }

    fn site(&self) -> &'static Site {
        self.call.site
    }

    fn needs_tokio(&self) -> bool {
        self.call.cache.needs_tokio()
    }

    /// Reads the entry, and repairs what is none.
    async fn find(mut self) -> (Self, Option<Found>) {
        match self.call.cache.read(&self.call.key, &mut self.budget).await {
            Ok(None) => (self, None),
            Ok(Some(entry)) => self.check(entry).await,
            Err(error) if error.is_foreign() => {
                self.function.counters.corrupt.increment();
                self.delete_if(Condition::Foreign).await;
                (self, None)
            }
            Err(error) => {
                self.call.cache.note_fault(&self.function.counters, &error);
                (self, None)
            }
        }
    }

    async fn check(self, entry: Bytes) -> (Self, Option<Found>) {
        let payload = match entry::decode(&entry) {
            Ok((_, payload)) if payload.len() > self.call.cache.largest() => None,
            Ok((_, payload)) => Some(entry.len() - payload.len()),
            Err(_) => return (self.repair(entry).await, None),
        };
        (self, payload.map(|payload| Found { entry, payload }))
    }

    /// Deletes a broken entry, unless another one has taken its place.
    async fn repair(mut self, entry: Bytes) -> Self {
        tracing::debug!(target: "cache_runtime", function = self.site().name, "broken entry");
        self.function.counters.corrupt.increment();
        self.delete_if(Condition::StartsWith(entry::fingerprint(&entry))).await;
        self
    }

    async fn delete_if(&mut self, condition: Condition<'_>) {
        let deleted = self.call.cache.repair(&self.call.key, condition, &mut self.budget).await;
        if let Err(error) = deleted {
            self.call.cache.note_fault(&self.function.counters, &error);
        }
    }
}

/// A look-up's result with its value decoded.
enum Opened<V> {
    Hit(V),
    Miss(Option<Session>),
    Broken(Session, Bytes),
}

impl<V> Opened<V> {
    fn of<How>(found: Option<(Session, Option<Found>)>) -> Self
    where
        V: CacheValue<How>,
    {
        let Some((session, found)) = found else {
            return Self::Miss(None);
        };
        let Some(found) = found else {
            return Self::missed(session);
        };
        let Some(value) = V::decode(&found.entry[found.payload..]) else {
            session.function.counters.misses.increment();
            return Self::Broken(session, found.entry);
        };
        session.function.counters.hits.increment();
        tracing::debug!(target: "cache_runtime", function = session.site().name, "hit");
        Self::Hit(value)
    }

    fn missed(session: Session) -> Self {
        session.function.counters.misses.increment();
        tracing::debug!(target: "cache_runtime", function = session.site().name, "miss");
        Self::Miss(Some(session))
    }
}

/// A value on its way into the store.
struct Fill {
    session: Session,
    entry: Bytes,
    time_to_live: Option<Duration>,
}

impl Fill {
    /// Decides whether and for how long to store a loaded value, and encodes it.
    fn new<O: Outcome, How>(
        session: Session,
        outcome: &O,
        value: &O::Value,
        started: Instant,
    ) -> Option<Self>
    where
        O::Value: CacheValue<How>,
    {
        let cost = started.elapsed();
        session.function.counters.loads.increment();
        match encoded(&session.call, outcome, value) {
            Ok(Some(Encoded { time_to_live, payload })) => {
                let entry = Header::new(time_to_live, cost).encode(&payload);
                return Some(Self { session, entry, time_to_live });
            }
            Ok(None) => {}
            Err(reason) => session.note_unstorable(reason),
        }
        session.function.counters.skipped.increment();
        None
    }

    fn needs_tokio(&self) -> bool {
        self.session.needs_tokio()
    }

    async fn run(mut self) {
        let Session { call, function, budget } = &mut self.session;
        let counters = &function.counters;
        match call.cache.write(&call.key, self.entry, self.time_to_live, budget).await {
            Ok(false) => counters.skipped.increment(),
            Ok(true) => {
                counters.stores.increment();
                tracing::debug!(target: "cache_runtime", function = call.site.name, ttl = ?self.time_to_live, "stored");
            }
            Err(error) => call.cache.note_fault(counters, &error),
        }
    }
}

impl Session {
    fn note_unstorable(&self, reason: Unstorable) {
        if self.call.cache.may_warn() {
            tracing::warn!(target: "cache_runtime", function = self.site().label(), reason = reason.reason(), "the value is not stored");
        }
    }
}

/// A value that is to be stored.
struct Encoded {
    time_to_live: Option<Duration>,
    payload: Vec<u8>,
}

/// Encodes a value, if it is to be stored.
fn encoded<O: Outcome, How>(
    call: &Ready,
    outcome: &O,
    value: &O::Value,
) -> Result<Option<Encoded>, Unstorable>
where
    O::Value: CacheValue<How>,
{
    if is_hidden_result::<O::Value>() {
        return Err(Unstorable::MaybeError);
    }
    let Some(expiry) = expiry(call, outcome, value) else { return Ok(None) };
    let payload = value.encode(call.cache.largest())?;
    Ok(Some(Encoded { time_to_live: expiry.time_to_live(), payload }))
}

/// How long to keep a value; `None`: not at all. The most particular rule wins: `none_ttl`, then `ttl` from the value,
/// then the call's, then the handle's.
fn expiry<O: Outcome>(call: &Ready, outcome: &O, value: &O::Value) -> Option<Expiry> {
    let verdict = outcome.verdict(value);
    let site = call.site;
    let for_none = site.none_ttl.filter(|_| O::is_none(value)).map(Expiry::After);
    let expiry = for_none
        .or(verdict.expiry)
        .or(call.expiry)
        .or(site.ttl.map(Expiry::After))
        .unwrap_or(call.cache.default_expiry());
    (verdict.keep && !expiry.is_zero()).then_some(expiry)
}
