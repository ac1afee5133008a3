//! Steps of a call that need the value's type: reading a value from an entry, and writing a value
//! that was loaded.

use crate::cache::warnings::Kind;
use crate::call::begin::Begun;
use crate::call::load::{Loaded, Loading};
use crate::call::session::{self, FoundEntry, Session, Step};
use crate::call::{Call, Ready};
use crate::entry::codec::{Payload, Unstorable, compression};
use crate::entry::envelope::Header;
use crate::entry::freshness;
use crate::entry::ttl::Ttl;
use crate::function::outcome::{self, Handed, Storable};
use crate::function::trial::{self, Brought};
use crate::protocol::ancestry::{self, Circle};
use crate::protocol::flight::{Landed, Member};
use crate::protocol::permit::Permit;
use crate::store::tier::{Content, Slot};
use bytes::Bytes;
use std::future::{Future, ready};
use std::ops::ControlFlow;
use std::pin::Pin;
use std::time::Duration;

/// Answers a call from the tier, or makes the call.
pub(crate) fn open<O: Storable>(mut begun: Begun<'_>) -> ControlFlow<O::Return, Call> {
    if let Some(slot) = begun.near() {
        if let Some(value) = kept::<O>(&slot) {
            return ControlFlow::Break(O::restore(value));
        }
        begun.ask_again();
    }
    ControlFlow::Continue(begun.call())
}

/// Answers a call that was made earlier from the tier. Returns `None` if the tier has no usable
/// value.
pub(crate) fn here<O: Storable>(call: &mut Call) -> Option<O::Return> {
    let (cache, local_key) = call.local_key()?;
    let slot = session::tier_now(cache, local_key.site())?.find(&local_key)?;
    let value = kept::<O>(&slot)?;
    call.end();
    Some(O::restore(value))
}

fn kept<O: Storable>(slot: &Slot) -> Option<O::Value> {
    let value = match &slot.held {
        Content::Value(copied) => O::recall(copied)?,
        Content::Payload(payload) => O::decode(payload.by_ref())?,
    };
    session::answered_here(slot);
    Some(value)
}

/// The answer of a call, or the work that follows a step.
pub(crate) enum Next<R> {
    Return(R),
    /// Run the function, with the cache or without it.
    Load(Option<(Box<Session>, Permit)>),
    /// Go on with the call, which is not decided yet.
    More(Box<Session>, More),
}

/// Work that comes before the next step.
pub(crate) enum More {
    /// Wait for the load of a caller in this process.
    InFlight(Member),
    /// Wait for the load of another process.
    InQueue(Member),
    /// Delete an entry whose payload is not of this type.
    Discard(Bytes),
    /// Look at the store again.
    Again,
}

pub(crate) type Working = Pin<Box<dyn Future<Output = Step> + Send>>;

impl More {
    pub(crate) fn is_waiting(&self) -> bool {
        matches!(self, Self::InFlight(_) | Self::InQueue(_))
    }

    /// Gives back the turn of a wait that does not begin yet.
    pub(crate) fn put_down(self) -> Self {
        match self {
            Self::InQueue(mut member) => {
                member.put_down();
                Self::InFlight(member)
            }
            more => more,
        }
    }

    /// Begins the work. Returns whether the work needs tokio, and the work itself, which is boxed
    /// because hits do without it.
    pub(crate) fn begin(self, session: Box<Session>) -> (bool, Working) {
        // A wait needs a clock.
        let needs_tokio = session.needs_tokio() || self.is_waiting();
        let work: Working = match self {
            Self::InFlight(member) => wait(session, member),
            Self::InQueue(member) => Box::pin(session.queue(member, ancestry::current())),
            Self::Discard(entry) => Box::pin(session.discard(entry)),
            Self::Again => Box::pin(session.again()),
        };
        (needs_tokio, work)
    }
}

/// Waits in a flight. If the caller would wait for itself, the caller loads at once and for itself
/// alone.
fn wait(session: Box<Session>, member: Member) -> Working {
    match ancestry::wait(member.flight()) {
        Ok(waiting) => Box::pin(async move {
            let _waiting = waiting;
            session.wait(member).await
        }),
        Err(Circle) => Box::pin(ready(Step::Load(session, Permit::Private(None)))),
    }
}

/// Decides what follows a step. All work that needs the value's type happens here.
pub(crate) fn next<O: Storable>(step: Option<Step>) -> Next<O::Return> {
    match step {
        // The bridge has no thread for the cache, so the function runs without it.
        None => Next::Load(None),
        Some(Step::Load(session, permit)) => Next::Load(Some((session, permit))),
        Some(Step::Found(session, found)) => read::<O>(session, found),
        Some(Step::Landed(session, member)) => take::<O>(session, &member),
        Some(Step::Wait(session, member)) => Next::More(session, More::InFlight(member)),
        Some(Step::Queue(session, member)) => Next::More(session, More::InQueue(member)),
    }
}

/// Reads the value from an entry.
fn read<O: Storable>(mut session: Box<Session>, found: FoundEntry) -> Next<O::Return> {
    let Some(value) = O::decode(found.payload()) else {
        return Next::More(session, More::Discard(found.entry));
    };
    session.answered_with(&found);
    session.keep_here(found, &|| O::copy(&value));
    Next::Return(O::restore(value))
}

/// Takes the value or the error that another caller's load ended with.
fn take<O: Storable>(session: Box<Session>, member: &Member) -> Next<O::Return> {
    let returned = match member.landed() {
        Landed::Value(payload) | Landed::Fallback(payload) => {
            O::decode(payload.by_ref()).map(O::restore)
        }
        Landed::Error(error) => O::unshare(error),
        Landed::Nothing => return Next::More(session, More::Again),
    };
    let Some(returned) = returned else {
        return Next::Load(Some((session, Permit::Private(None))));
    };
    match member.landed() {
        Landed::Fallback(_) => session.answered_with_fallback(),
        _ => session.answered(),
    }
    Next::Return(returned)
}

/// Hands the error of a failed load on, if other callers wait for the load.
pub(crate) fn fail<O: Handed>(loading: Box<Loading>, error: &O::Return) {
    let shared = if loading.has_company() { O::share(error) } else { None };
    loading.fail(shared);
}

/// Decides whether a loaded value is stored or shared, and encodes the value.
pub(crate) fn loaded<O: Storable>(loading: &Loading, outcome: &O, value: &O::Value) -> Loaded {
    let cost = loading.cost();
    let session = loading.session();
    let kept = if loading.may_store() { expiry(session.call(), outcome, value) } else { None };
    if loading.may_store() && kept.is_none() {
        session.counters().skipped.increment();
    }
    if kept.is_none() && !loading.has_company() {
        return Loaded::Own;
    }
    // mutant: the size limit is ignored
    let written = O::encode(value, session.cache().max_entry_size());
    let tried = written.and_then(|payload| try_out::<O>(session, value, payload));
    match tried {
        Ok(payload) => wrap(loading, payload, kept, cost),
        Err(reason) => {
            note_unwritten(session, reason);
            Loaded::Own
        }
    }
}

/// Reads a value back, if the function is on trial.
///
/// If the value comes back different, a warning is logged once for the function, and the value is
/// stored. The function may intend the difference.
///
/// # Errors
///
/// Fails if the payload cannot be read, or if the value's type panics.
fn try_out<O: Storable>(
    session: &Session,
    loaded: &O::Value,
    payload: Payload,
) -> Result<Payload, Unstorable> {
    let function = session.function();
    // mutant: a value that cannot be read back is stored
    if !function.trial.is_due() {
        return Ok(payload);
    }
    let tried = outcome::brought_back(|| O::decode(payload.by_ref())).and_then(|back| {
        let differs = trial::caught(move || O::differs(Brought { loaded, back: &back }));
        differs.ok_or(Unstorable::Panicked)
    });
    let differs = tried.inspect_err(|_| function.trial.fail())?;
    // mutant: a value that comes back different is not noticed
    if differs && function.may_warn_once() {
        warn_of_difference(session);
    }
    Ok(payload)
}

fn warn_of_difference(session: &Session) {
    let (function, file, line) = (session.site().label(), session.site().file, session.site().line);
    tracing::warn!(
        target: "cache_runtime", function, file, line,
        "a hit returns another value than the load: what was stored comes back different; look for `#[serde(skip)]` and `#[serde(skip_serializing)]` in its type, and return a type without such fields"
    );
}

/// Makes an entry of a payload that is to be stored.
fn wrap(loading: &Loading, payload: Payload, kept: Option<Ttl>, cost: Duration) -> Loaded {
    let session = loading.session();
    let (Some(expiry), Some(scopes)) = (kept, session.scopes()) else {
        return Loaded::Share(payload);
    };
    let life = freshness::life(expiry, &session.site().grace);
    let (form, stored) = compression::compress(&payload, session.call().compresses_from());
    let header = Header::new(form, life.fresh, cost, loading.token()).within(scopes);
    Loaded::Keep { entry: header.encode(&stored), payload, ttl: life.kept }
}

/// Counts a value that cannot be written. If the function's values hold errors, a warning is logged
/// once for the function, because none of its values will ever be stored.
fn note_unwritten(session: &Session, reason: Unstorable) {
    match reason {
        Unstorable::MaybeError | Unstorable::Unreadable | Unstorable::Panicked => {
            note_skipped(session, reason.reason(), session.function().may_warn_once());
        }
        _ => note_unstored(session, reason.reason()),
    }
}

/// Counts a value that cannot be stored, and logs the reason now and then.
pub(crate) fn note_unstored(session: &Session, reason: &str) {
    let is_said = session.cache().may_warn(Kind::Unstored, Some(session.site()));
    note_skipped(session, reason, is_said);
}

fn note_skipped(session: &Session, reason: &str, is_said: bool) {
    session.counters().skipped.increment();
    if is_said {
        tracing::warn!(target: "cache_runtime", function = session.site().label(), reason, "the value is not stored");
    }
}

/// Returns the TTL of a value. Returns `None` if the value is not stored at all.
fn expiry<O: Handed>(call: &Ready, outcome: &O, value: &O::Value) -> Option<Ttl> {
    let verdict = outcome.verdict(value);
    let expiry = call.expiry_of::<O>(value, verdict.expiry);
    // mutant: a zero TTL is stored
    // mutant: store_if is ignored
    (verdict.keep && !expiry.is_zero()).then_some(expiry)
}
