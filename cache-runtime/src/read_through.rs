//! What `#[cached]` does: look the call up, else run the load and store its value.

use crate::bridge;
use crate::call::{Call, Ready};
use crate::capture;
use crate::entry::Header;
use crate::expiry::Expiry;
use crate::flight::{Landed, Seat};
use crate::grant::Grant;
use crate::loading::{Loaded, Loading};
use crate::mode::{self, Source};
use crate::outcome::{self, CacheValue, Outcome, Unstorable};
use crate::session::{self, Found, Session, Step};
use crate::tier::Held;
use std::future::{self, Future};
use std::pin::Pin;
use std::sync::PoisonError;
use std::task::{Context, Poll, ready};
use std::time::Duration;

/// Answers a call of an async function from the cache, or by its load.
///
/// The load comes as a closure, and this is no `async fn`: its arguments would stand in the future twice, and nested
/// cached functions would double at every level.
///
/// # Cancellation
///
/// Dropping the future drops the load. A value is stored whole or not at all. Whoever waits for the load goes on at once:
/// one of them loads.
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
        let loading = match look_up::<O, How>(call).await {
            LookUp::Return(returned) => return returned,
            LookUp::Load(loading) => loading,
        };
        let arrived = match arrived::<O, How>(load().await, loading, &outcome) {
            Ok(arrived) => arrived,
            Err(returned) => return returned,
        };
        arrived.finish().await
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
    let loading = match look_up_blocking::<O, How>(call) {
        LookUp::Return(returned) => return returned,
        LookUp::Load(loading) => loading,
    };
    match arrived::<O, How>(load(), loading, &outcome) {
        Ok(arrived) => arrived.finish_blocking(),
        Err(returned) => returned,
    }
}

/// What a look-up ends with; without a load of the cache's, the function simply runs.
enum LookUp<R> {
    Return(R),
    /// Boxed, so that it does not stand in the future of a hit.
    Load(Option<Box<Loading>>),
}

/// Answers a call from what this process keeps.
fn here<O: Outcome, How>(call: &mut Call) -> Option<O::Return>
where
    O::Value: CacheValue<How>,
{
    let (cache, question) = call.question()?;
    let slot = session::here(cache, &question)?;
    let value = match &slot.held {
        Held::Value(copied) => O::recall(copied)?,
        Held::Payload(payload) => O::Value::decode(payload)?,
    };
    session::answered_here(&slot);
    Some(O::restore(value))
}

/// A value that was loaded, and what is to be done before its caller has it.
struct Arrived<O: Outcome> {
    value: O::Value,
    loading: Box<Loading>,
    loaded: Loaded,
}

/// Judges what was loaded; an error, and what is loaded without the cache, is for its caller at once.
///
/// No part of `read_through`, which is compiled again for every function: this is for every type.
fn arrived<O: Outcome, How>(
    returned: O::Return,
    loading: Option<Box<Loading>>,
    outcome: &O,
) -> Result<Arrived<O>, O::Return>
where
    O::Value: CacheValue<How>,
{
    mode::note(if loading.is_some() { Source::Miss } else { Source::Bypass });
    let Some(loading) = loading else { return Err(returned) };
    match O::split(returned) {
        Ok(value) => {
            let loaded = loaded(&loading, outcome, &value);
            Ok(Arrived { value, loading, loaded })
        }
        Err(error) => {
            fail::<O>(loading, &error);
            Err(error)
        }
    }
}

impl<O: Outcome> Arrived<O> {
    fn finish(self) -> Finishing<O> {
        let Self { value, loading, loaded } = self;
        Finishing { work: Box::pin(finish(loading, loaded)), value: Some(value) }
    }

    fn finish_blocking(self) -> O::Return {
        let Self { value, loading, loaded } = self;
        bridge::drive_blocking(loading.session().needs_tokio(), loading.finish(loaded));
        O::restore(value)
    }
}

async fn finish(loading: Box<Loading>, loaded: Loaded) {
    let needs_tokio = loading.session().needs_tokio();
    bridge::drive(needs_tokio, || loading.finish(loaded)).await;
}

/// Gives a value to its caller when the store is done with it.
struct Finishing<O: Outcome> {
    /// Boxed, as is all that hits do without.
    work: Pin<Box<dyn Future<Output = ()> + Send>>,
    value: Option<O::Value>,
}

/// The value is never pinned.
impl<O: Outcome> Unpin for Finishing<O> {}

impl<O: Outcome> Future for Finishing<O> {
    type Output = O::Return;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<O::Return> {
        ready!(self.work.as_mut().poll(context));
        let value = self.value.take().expect("a future is not polled after its end");
        Poll::Ready(O::restore(value))
    }
}

async fn look_up<O: Outcome, How>(mut call: Call) -> LookUp<O::Return>
where
    O::Value: CacheValue<How>,
{
    if capture::is_on() {
        capture::leave(call);
        return future::pending().await;
    }
    if let Some(returned) = here::<O, How>(&mut call) {
        call.end();
        return LookUp::Return(returned);
    }
    let Some(session) = Session::begin(call) else { return uncached() };
    let mut step = bridge::drive(session.needs_tokio(), || session.open()).await;
    loop {
        // The answer may hold an error that is not `Send`: it must be gone before the await.
        let (needs_tokio, work) = match next::<O, How>(step) {
            Next::Done(ended) => return ended,
            Next::Go { needs_tokio, work } => (needs_tokio, work),
        };
        step = bridge::drive(needs_tokio, || work).await;
    }
}

fn look_up_blocking<O: Outcome, How>(mut call: Call) -> LookUp<O::Return>
where
    O::Value: CacheValue<How>,
{
    if let Some(returned) = here::<O, How>(&mut call) {
        call.end();
        return LookUp::Return(returned);
    }
    let Some(session) = Session::begin(call) else { return uncached() };
    let mut step = bridge::drive_blocking(session.needs_tokio(), session.open());
    loop {
        match next::<O, How>(step) {
            Next::Done(ended) => return ended,
            Next::Go { needs_tokio, work } => step = bridge::drive_blocking(needs_tokio, work),
        }
    }
}

/// A call that runs without the cache.
fn uncached<R>() -> LookUp<R> {
    LookUp::Load(None)
}

/// What follows a step.
enum Next<R> {
    Done(LookUp<R>),
    /// Work for the driver. It is boxed: hits do without it.
    Go {
        needs_tokio: bool,
        work: Pin<Box<dyn Future<Output = Step> + Send>>,
    },
}

impl<R> Next<R> {
    fn go(needs_tokio: bool, work: impl Future<Output = Step> + Send + 'static) -> Self {
        Self::Go { needs_tokio, work: Box::pin(work) }
    }

    fn load(session: Session, grant: Grant) -> Self {
        Self::Done(LookUp::Load(Some(Box::new(Loading::begin(session, grant)))))
    }
}

/// Decides what follows a step: what needs the value's type happens here.
fn next<O: Outcome, How>(step: Option<Step>) -> Next<O::Return>
where
    O::Value: CacheValue<How>,
{
    match step {
        // There is no thread for the cache.
        None => Next::Done(uncached()),
        Some(Step::Load(session, grant)) => Next::load(session, grant),
        Some(Step::Found(session, found)) => open::<O, How>(session, found),
        Some(Step::Landed(session, seat)) => take::<O, How>(session, &seat),
        // Waiting needs a clock.
        Some(Step::Wait(session, seat)) => Next::go(true, session.wait(seat)),
        Some(Step::Queue(session, seat)) => Next::go(true, session.queue(seat)),
    }
}

/// Reads the value from an entry.
fn open<O: Outcome, How>(mut session: Session, found: Found) -> Next<O::Return>
where
    O::Value: CacheValue<How>,
{
    let Some(value) = O::Value::decode(&found.entry[found.payload..]) else {
        return Next::go(session.needs_tokio(), session.discard(found.entry));
    };
    session.answered();
    session.keep_here(&found, || O::copy(&value));
    Next::Done(LookUp::Return(O::restore(value)))
}

/// Takes what another caller loaded.
fn take<O: Outcome, How>(session: Session, seat: &Seat) -> Next<O::Return>
where
    O::Value: CacheValue<How>,
{
    let returned = match seat.landed() {
        Landed::Value(payload) => O::Value::decode(payload).map(O::restore),
        Landed::Error(shared) => O::unshare(&shared.lock().unwrap_or_else(PoisonError::into_inner)),
        Landed::Nothing => return Next::go(session.needs_tokio(), session.again()),
    };
    let Some(returned) = returned else { return Next::load(session, Grant::Alone(None)) };
    session.answered();
    Next::Done(LookUp::Return(returned))
}

/// Hands a failed load on.
fn fail<O: Outcome>(loading: Box<Loading>, error: &O::Return) {
    loading.session().counters().loads.increment();
    let shared = if loading.has_company() { O::share(error) } else { None };
    loading.fail(shared);
}

/// Decides what becomes of a loaded value, and encodes it.
fn loaded<O: Outcome, How>(loading: &Loading, outcome: &O, value: &O::Value) -> Loaded
where
    O::Value: CacheValue<How>,
{
    let cost = loading.cost();
    let session = loading.session();
    session.counters().loads.increment();
    let kept = if loading.may_store() { expiry(session.call(), outcome, value) } else { None };
    if loading.may_store() && kept.is_none() {
        session.counters().skipped.increment();
    }
    if kept.is_none() && !loading.has_company() {
        return Loaded::Own;
    }
    match outcome::stored_form(value, session.cache().largest()) {
        Ok(payload) => wrap(loading, payload, kept, cost),
        Err(reason) => {
            note_unstorable(session, reason);
            Loaded::Own
        }
    }
}

/// Makes an entry of a payload that is to be kept.
fn wrap(loading: &Loading, payload: Vec<u8>, kept: Option<Expiry>, cost: Duration) -> Loaded {
    let (Some(expiry), Some(scopes)) = (kept, loading.session().scopes()) else {
        return Loaded::Share(payload.into());
    };
    let time_to_live = expiry.time_to_live();
    let header = Header::new(time_to_live, cost, loading.token()).within(scopes);
    let entry = header.encode(&payload);
    let payload = entry.slice(entry.len() - payload.len()..);
    Loaded::Keep { entry, payload, time_to_live }
}

fn note_unstorable(session: &Session, reason: Unstorable) {
    session.counters().skipped.increment();
    if session.cache().may_warn() {
        tracing::warn!(target: "cache_runtime", function = session.site().label(), reason = reason.reason(), "the value is not stored");
    }
}

/// How long to keep a value; `None`: not at all.
fn expiry<O: Outcome>(call: &Ready, outcome: &O, value: &O::Value) -> Option<Expiry> {
    let verdict = outcome.verdict(value);
    let expiry = call.expiry_of::<O>(value, verdict.expiry);
    (verdict.keep && !expiry.is_zero()).then_some(expiry)
}
