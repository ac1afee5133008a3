//! A call that is named and not made: `key!`, `invalidate!`, `prime!`, and the calls in
//! `#[invalidates(…)]`.

use crate::cache::context::current;
use crate::cache::context::pending;
use crate::cache::invalidation::Invalidated;
use crate::call::{Call, Ready};
#[cfg(feature = "msgpack")]
use crate::entry::codec::MessagePack;
use crate::entry::codec::form::Encoding;
use crate::entry::codec::{Codec, Json, Payload, Unstorable, compression};
use crate::entry::envelope::{self, Header};
use crate::entry::freshness;
use crate::entry::ttl::Life;
use crate::error::{Error, Result};
use crate::function::kind::Probe;
use crate::function::outcome::{self, CacheValue, Outcome};
use crate::function::stats::Function;
use crate::key::Key;
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

const NOT_CACHED: &str = "the named call is not of a `#[cached]` method, and its body has begun to run; annotate the method or name another";

const NO_HANDLE: &str = "the function's handle comes from its arguments, which are not known here; run this in the scope of that handle: `handle.scope(…)`";

const NOT_ONE: &str =
    "the call names a list of elements; name one of them, as in `get_users(&[id])`";

/// A call of a cached function that returns `R`. `By` is [`Known`], or the type that says which
/// fact about the function its name alone does not give.
#[derive(Debug)]
#[must_use = "it names a call and makes none"]
pub struct NamedCall<R, By = Known> {
    /// The named call, or one call for each element of a list. `None` if the call turned out not to
    /// be cached.
    calls: Option<Vec<Call>>,
    /// `true` if the function's handle comes from the arguments of the call. Such a handle has to
    /// be in scope.
    is_on_another: bool,
    returned: PhantomData<fn() -> (R, By)>,
}

/// All facts about the call are known.
#[derive(Debug)]
pub enum Known {}

/// The function's return type cannot be written down.
#[derive(Debug)]
pub enum ValueUnknown {}

/// The function's TTL comes from its value.
#[derive(Debug)]
pub enum TtlUnknown {}

/// The function's handle comes from the arguments of the call.
#[derive(Debug)]
pub enum HandleUnknown {}

impl<R, By: Knowledge> NamedCall<R, By> {
    pub(crate) fn new(calls: Option<Vec<Call>>) -> Self {
        Self { calls, is_on_another: By::IS_ON_ANOTHER, returned: PhantomData }
    }
}

impl<R, By> NamedCall<R, By> {
    /// Checks that the function's handle is known or in scope. The installed handle may be another
    /// one.
    ///
    /// # Errors
    ///
    /// Fails if the handle is neither known nor in scope.
    fn check_handle(&self) -> Result<()> {
        let is_lost = self.is_on_another && !current::is_scoped();
        if is_lost { Err(Error::config(NO_HANDLE)) } else { Ok(()) }
    }

    /// Returns the calls. Returns `None` if the calls are not cached: the body may have begun to
    /// run then.
    pub(crate) fn into_calls(self) -> Option<Vec<Call>> {
        self.calls
    }

    /// Returns the call that is named.
    ///
    /// # Errors
    ///
    /// Fails if the call is not cached, or if the name stands for several elements.
    fn into_call(self) -> Result<Call> {
        let calls = self.calls.ok_or_else(|| Error::config(NOT_CACHED))?;
        let [call] = <[Call; 1]>::try_from(calls).map_err(|_| Error::config(NOT_ONE))?;
        Ok(call)
    }
}

impl Call {
    /// Names the call instead of making it.
    pub fn named<R, By: Knowledge>(self) -> NamedCall<R, By> {
        NamedCall::new(Some(vec![self]))
    }
}

/// Returns the key of a named call, for `key!`. Returns `None` and logs an error if the call is not
/// cached, or if the name stands for several elements.
#[must_use]
pub fn key<R, By>(named: NamedCall<R, By>) -> Option<Key> {
    match named.into_call() {
        Ok(call) => call.key(),
        Err(error) => {
            tracing::error!(target: "cache_runtime", "`key!`: {error}");
            None
        }
    }
}

/// Deletes the entry of a named call, for `invalidate!`. The handle is chosen when the future is
/// polled, as a function's handle is.
///
/// # Errors
///
/// Fails if the store failed or took longer than the budget, which is 100 ms by default. Fails if
/// the call is not cached, or if its handle is neither known nor in scope.
#[expect(clippy::manual_async_fn, reason = "an async fn holds its arguments twice")]
pub fn invalidate<R, By>(named: NamedCall<R, By>) -> impl Future<Output = Result<Invalidated>> {
    async move {
        named.check_handle()?;
        let calls = named.into_calls().ok_or_else(|| Error::config(NOT_CACHED))?;
        // The calls are of one function, so they have one handle.
        let Some(cache) = calls.first().and_then(Call::handle) else {
            return Ok(Invalidated::default());
        };
        let keys = calls.into_iter().filter_map(Call::key);
        let patterns: Vec<_> = keys.flat_map(|key| key.patterns()).collect();
        if patterns.is_empty() {
            return Ok(Invalidated::default());
        }
        cache.invalidate_all(&patterns).await
    }
}

/// A call whose value can be given by hand.
#[diagnostic::on_unimplemented(
    message = "`prime!` cannot store a value for this call",
    label = "the function cannot be primed: `{Self}`",
    note = "its TTL comes from the value, `ttl = |value| …`, or its return type is borrowed or `impl Trait`; call the function instead"
)]
pub trait Primable {}

impl Primable for Known {}
impl Primable for HandleUnknown {}

/// A call whose function has no handle of its own, or has one that is known.
#[diagnostic::on_unimplemented(
    message = "the handle of this call is not known",
    label = "`cache = …` of the function names an argument, which is not known here",
    note = "add `cache = …` to `#[invalidates(…)]`: the handle that the function would use"
)]
pub trait Reachable {}

impl Reachable for Known {}
impl Reachable for ValueUnknown {}
impl Reachable for TtlUnknown {}

/// The facts that the name of a call gives about its function.
pub trait Knowledge {
    /// `true` if the function's handle comes from the arguments of the call. The default is
    /// `false`.
    const IS_ON_ANOTHER: bool = false;
}

impl Knowledge for Known {}
impl Knowledge for ValueUnknown {}
impl Knowledge for TtlUnknown {}

impl Knowledge for HandleUnknown {
    const IS_ON_ANOTHER: bool = true;
}

/// Makes rustc ask whether a call can be primed, at the place of the call.
pub fn primable<R, By: Primable>(named: NamedCall<R, By>) -> NamedCall<R> {
    NamedCall { calls: named.calls, is_on_another: named.is_on_another, returned: PhantomData }
}

impl<R> NamedCall<R> {
    /// Asks which part of the return value is stored.
    #[must_use]
    pub fn probe(&self) -> Probe<R> {
        Probe::new()
    }
}

/// Expands to a named call and the outcome of its return value.
#[doc(hidden)]
#[macro_export]
macro_rules! __primed {
    ($named:expr) => {{
        let named = $crate::__private::primable($named);
        let outcome = {
            use $crate::__private::Answer as _;
            (&&&named.probe()).__kind()
        };
        (named, outcome)
    }};
}

/// Stores a known value for a named call, for `prime!`. The handle is chosen when the future is
/// polled, as a function's handle is.
///
/// # Errors
///
/// Fails if the value, its TTL or an argument is unusable, or if the call is not cached. Fails if
/// the store failed or took longer than the budget, which is 100 ms by default.
#[expect(clippy::manual_async_fn, reason = "an async fn holds its arguments twice")]
pub fn prime<O, Via>(
    (named, _outcome): (NamedCall<O::Return>, O),
    value: &O::Value,
) -> impl Future<Output = Result<()>>
where
    O: Outcome,
    O::Value: CacheValue<Via>,
{
    async move {
        named.check_handle()?;
        let call = named.into_call()?;
        let Some(ready) = call.ready_by_hand()? else { return Ok(()) };
        // A value of an open transaction is not for others yet. A value that an invalidation is
        // pending or overdue for counts as deleted.
        if pending::in_transaction() || ready.cache.is_outdated(&ready.key) {
            tracing::debug!(target: "cache_runtime", function = ready.site().name, "not primed: a transaction has not ended, or an invalidation is overdue");
            return Ok(());
        }
        let function = primed_function(&ready)?;
        let life = life::<O>(&ready, value)?;
        let payload = payload(&ready, value)?;
        let (form, stored) = compression::compress(&payload, ready.compresses_from());
        // The token belongs to no lease. A refresh puts a token of its own in the place.
        let header = Header::new(form, life.fresh, Duration::ZERO, envelope::load_token()?);
        ready.cache.put(ready.key, header, stored, life.kept).await?;
        function.counters.stores.increment();
        tracing::debug!(target: "cache_runtime", function = function.site.name, ttl = ?life.fresh, "primed");
        Ok(())
    }
}

/// Returns the function of a call.
///
/// # Errors
///
/// Fails if the function's TTL comes from its values, or if another function uses the entry, so
/// that the value would never be read.
fn primed_function(ready: &Ready) -> Result<Arc<Function>> {
    if ready.site().ttl_from_value {
        return Err(Error::config(format!(
            "`prime!` cannot know the TTL of `{}`, which comes from its value; call the function instead",
            ready.site().name
        )));
    }
    let function = Arc::clone(&ready.function);
    if function.is_ambiguous() {
        return Err(Error::config(format!(
            "another function is called `{}` too, and uses the entry; give each an `id`",
            ready.site().label()
        )));
    }
    Ok(function)
}

/// Returns the time for which the function would store the value.
///
/// # Errors
///
/// Fails if the TTL is zero.
fn life<O: Outcome>(ready: &Ready, value: &O::Value) -> Result<Life> {
    let expiry = ready.expiry_of::<O>(value, None);
    if expiry.is_zero() {
        return Err(Error::config(format!(
            "`{}` does not store this value: its TTL is zero; write `invalidate!` to delete the entry",
            ready.site().name
        )));
    }
    Ok(freshness::life(expiry, &ready.site().grace))
}

/// Writes the value as the function would.
///
/// # Errors
///
/// Fails if the function has a codec of its own, or if the value cannot be written and read back.
fn payload<Via, V: CacheValue<Via>>(ready: &Ready, value: &V) -> Result<Payload> {
    let max_entry_size = ready.cache.max_entry_size();
    let payload = match ready.site().codec {
        Some(Encoding::JSON) => written::<Via, Json, V>(value, max_entry_size),
        #[cfg(feature = "msgpack")]
        Some(Encoding::MESSAGE_PACK) => written::<Via, MessagePack, V>(value, max_entry_size),
        // A codec of the application's own may encrypt. Nothing that the function would encrypt is
        // stored in the open.
        _ => {
            return Err(Error::config(format!(
                "`prime!` cannot write as `{}` does, which has a codec of its own; call the function instead",
                ready.site().name
            )));
        }
    };
    payload.map_err(|reason| Error::codec(reason.reason()))
}

/// Writes a value and reads it back. An entry that nobody can read is not stored.
fn written<Via, C: Codec, V: CacheValue<Via>>(
    value: &V,
    max_entry_size: usize,
) -> std::result::Result<Payload, Unstorable> {
    let payload = outcome::written::<Via, C, V>(value, max_entry_size)?;
    outcome::brought_back(|| V::decode::<C>(payload.by_ref())).map(|_| payload)
}
