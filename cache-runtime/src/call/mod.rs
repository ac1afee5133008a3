//! A call of a cached function before its answer: its handle, its key, and its TTL.

pub(crate) mod begin;
#[cfg(feature = "sqlx")]
pub(crate) mod connection;
pub(crate) mod drive;
pub(crate) mod each;
pub(crate) mod lent;
pub(crate) mod load;
pub(crate) mod named;
pub(crate) mod opening;
pub(crate) mod record;
pub(crate) mod session;
pub(crate) mod typed;

use crate::cache::Cache;
use crate::cache::context::current;
use crate::entry::ttl::Ttl;
use crate::error::{Error, Result};
use crate::function::identity::Identity;
use crate::function::outcome::Outcome;
use crate::function::refused::Refused;
use crate::function::site::{Compress, Site};
use crate::function::stats::Function;
use crate::key::local_key::{LocalKey, OwnedLocalKey};
use crate::key::{Key, KeyBuilder};
use std::borrow::Cow;
use std::mem;
use std::sync::Arc;

/// A call of a cached function.
#[derive(Debug)]
pub struct Call {
    state: State,
}

/// Adds the parts of a call's key. Generated code hands over a closure.
///
/// The trait replaces `dyn Fn`, for which rustc compiles two more shims in every function.
pub(crate) trait AddParts {
    /// Adds the parts of the key, in the form that the builder makes.
    fn add_to(&self, key: &mut KeyBuilder);
}

impl<F: Fn(&mut KeyBuilder)> AddParts for F {
    fn add_to(&self, key: &mut KeyBuilder) {
        self(key);
    }
}

/// The parts of a call's key.
pub(crate) type Parts<'a> = &'a dyn AddParts;

#[derive(Debug)]
enum State {
    /// No cache is installed: the function runs without one.
    Idle,
    /// The call's key is known, or the reason why the call has none.
    Made(Box<Made>),
}

/// The parts of a call that is being made. The parts are boxed, because a call is moved at each
/// step.
#[derive(Debug)]
struct Made {
    /// The handle of the call. `None` for a call that is named and not made.
    cache: Option<Cache>,
    key: KeyBuilder,
    expiry: Option<Ttl>,
    /// The key of the call in the tier. `None` if the function has no tier.
    asked: Option<OwnedLocalKey>,
}

/// A call that can be looked up.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) identity: Identity,
    pub(crate) function: Arc<Function>,
    pub(crate) cache: Cache,
    pub(crate) key: String,
    pub(crate) expiry: Option<Ttl>,
    /// The key under which the tier stores the value. `None` if the function has no tier.
    pub(crate) asked: Option<OwnedLocalKey>,
}

impl Ready {
    pub(crate) fn site(&self) -> &'static Site {
        self.identity.site
    }

    /// Returns the size in bytes from which a value is stored compressed. Returns `None` if values
    /// are never compressed.
    pub(crate) fn compresses_from(&self) -> Option<usize> {
        match self.site().compress {
            Compress::AsTheHandle => self.cache.compresses_from(),
            Compress::From(bytes) => Some(bytes),
            Compress::Never => None,
        }
    }

    /// Returns the TTL of a value. The most particular rule wins: `none_ttl`, then the TTL that the
    /// value itself gives, then the call's, then the function's, then the handle's.
    pub(crate) fn expiry_of<O: Outcome>(&self, value: &O::Value, from_value: Option<Ttl>) -> Ttl {
        // mutant: none_ttl is ignored
        let for_none = self.site().none_ttl.filter(|_| O::is_none(value)).map(Ttl::After);
        for_none
            // mutant: ttl from the value is ignored
            .or(from_value)
            .or(self.expiry)
            .or(self.site().ttl.map(Ttl::After))
            .or_else(|| self.site().ttl_name.map(|name| self.cache.named_ttl(name, self.site())))
            .unwrap_or(self.cache.default_expiry())
    }
}

impl Call {
    /// Returns a call without a handle: the function runs without a cache.
    pub(crate) fn idle() -> Self {
        Self { state: State::Idle }
    }

    /// Makes the key of a call. Without a handle, the call is named and not made. `asked` is the
    /// key under which the tier was already asked.
    pub(crate) fn make(
        identity: Identity,
        cache: Option<Cache>,
        asked: Option<OwnedLocalKey>,
        parts: Parts<'_>,
    ) -> Self {
        let mut key = KeyBuilder::new(identity);
        parts.add_to(&mut key);
        // The value found under the key is stored in the tier under `asked`. Both keys have to come
        // from equal arguments.
        if let (Some(cache), Some(first)) = (&cache, &asked)
            && !ask(identity, cache, parts, |again| {
                again.is_some_and(|again| again == first.local_key())
            })
        {
            // mutant: an argument may be written differently each time
            key.refuse(Refused::Unsteady);
        }
        Self { state: State::Made(Box::new(Made { cache, key, expiry: None, asked })) }
    }

    /// Makes the key of a call that is looked up later, together with the key for the tier.
    pub(crate) fn make_to_ask(identity: Identity, cache: Cache, parts: Parts<'_>) -> Self {
        let has_tier = cache.tier_of(identity.site).is_some();
        let asked = if has_tier { asked(identity, &cache, parts) } else { None };
        Self::make(identity, Some(cache), asked, parts)
    }

    /// Sets the TTL of this call.
    #[must_use]
    pub fn ttl(mut self, ttl: impl Into<Ttl>) -> Self {
        if let State::Made(made) = &mut self.state {
            made.expiry = Some(ttl.into());
        }
        self
    }

    /// Returns another call of the same function, on the same handle and with the same TTL.
    pub(crate) fn twin(&self, parts: Parts<'_>) -> Self {
        let State::Made(made) = &self.state else { return Self::idle() };
        let identity = made.key.identity();
        let twin = match made.cache.clone() {
            Some(cache) => Self::make_to_ask(identity, cache, parts),
            None => Self::make(identity, None, None, parts),
        };
        match made.expiry {
            Some(expiry) => twin.ttl(expiry),
            None => twin,
        }
    }

    /// Tells whether the call has a handle on which a lookup is possible.
    pub(crate) fn has_cache(&self) -> bool {
        matches!(&self.state, State::Made(made) if made.cache.is_some())
    }

    /// Returns the function's own handle, or else the one in scope, or else the installed one.
    pub(crate) fn handle(&self) -> Option<Cache> {
        let own = self.own_handle().cloned();
        own.or_else(|| current::current().map(Cow::into_owned))
    }

    /// Returns the identity of the called function. Returns `None` if the call has no handle.
    pub(crate) fn identity(&self) -> Option<Identity> {
        match &self.state {
            State::Made(made) => Some(made.key.identity()),
            State::Idle => None,
        }
    }

    /// Returns the function's own handle, if the call knows that handle.
    pub(crate) fn own_handle(&self) -> Option<&Cache> {
        match &self.state {
            State::Made(made) => made.cache.as_ref(),
            State::Idle => None,
        }
    }

    /// Returns the call's key without the handle's prefix. Returns `None` if the call has no key.
    pub(crate) fn key(self) -> Option<Key> {
        match self.state {
            State::Made(made) => made.key.finish("").ok(),
            State::Idle => None,
        }
    }

    /// Returns the call, ready to be given its value by hand. Returns `None` if nothing is cached.
    ///
    /// # Errors
    ///
    /// Fails if an argument has no place in a key.
    pub(crate) fn ready_by_hand(self) -> Result<Option<Ready>> {
        let Some(cache) = self.handle().filter(Cache::is_enabled) else { return Ok(None) };
        let State::Made(made) = self.state else { return Ok(None) };
        let Made { mut key, expiry, .. } = *made;
        let (identity, function) = (key.identity(), cache.function_of(&mut key));
        let key = key.finish(cache.key_prefix());
        let key = key.map_err(|reason| Error::key(reason.to_string()))?.into_string();
        Ok(Some(Ready { identity, function, cache, key, expiry, asked: None }))
    }

    /// Returns the handle and the key of the call in the tier. Returns `None` if the function has
    /// no tier.
    pub(crate) fn local_key(&self) -> Option<(&Cache, LocalKey<'_>)> {
        let State::Made(made) = &self.state else { return None };
        Some((made.cache.as_ref()?, made.asked.as_ref()?.local_key()))
    }

    /// Ends a call that has its answer.
    pub(crate) fn end(&mut self) {
        if let State::Made(made) = mem::replace(&mut self.state, State::Idle) {
            made.key.leave();
        }
    }

    /// Returns the call, ready to be looked up. Returns `None` if the function runs without the
    /// cache.
    pub(crate) fn ready(self) -> Option<Ready> {
        let State::Made(made) = self.state else { return None };
        let Made { cache, mut key, expiry, asked } = *made;
        let cache = cache?;
        let (identity, function) = (key.identity(), cache.function_of(&mut key));
        match key.finish(cache.key_prefix()) {
            Ok(key) if cache.is_enabled() => {
                Some(Ready { identity, function, cache, key: key.into_string(), expiry, asked })
            }
            Ok(_) => None,
            Err(_) if !cache.is_enabled() => None,
            Err(reason) => {
                function.note_refused(reason);
                None
            }
        }
    }
}

/// Makes the key of a call in the tier, and passes the key to `then`. Passes `None` if the key is
/// too long, or if an argument has no place in a key.
pub(crate) fn ask<R>(
    identity: Identity,
    cache: &Cache,
    parts: Parts<'_>,
    then: impl FnOnce(Option<LocalKey<'_>>) -> R,
) -> R {
    let mut asking = KeyBuilder::asking(identity);
    parts.add_to(&mut asking);
    let answer = then(asking.local_key(cache.space()));
    asking.leave();
    answer
}

/// Returns an owned copy of the key of a call in the tier. Returns `None` if the key is too long,
/// or if an argument has no place in a key.
pub(crate) fn asked(identity: Identity, cache: &Cache, parts: Parts<'_>) -> Option<OwnedLocalKey> {
    ask(identity, cache, parts, |local_key| local_key.map(LocalKey::keep))
}
