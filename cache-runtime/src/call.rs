//! One call of a cached function, before it is answered: its handle, its key, its TTL.

use crate::cache::{Cache, ambient};
use crate::error::{Error, Result};
use crate::expiry::Expiry;
use crate::key::canonical::{Order, Refused};
use crate::key::identity::Identity;
use crate::key::path::Spelled;
use crate::key::question::{Asked, Question};
use crate::key::{Key, KeyBuilder};
use crate::outcome::{ByNothing, BySerde, Never, Outcome};
use crate::site::{Compress, Site};
use serde::Serialize;
use std::any::type_name;
use std::borrow::Cow;
use std::fmt::Display;
use std::mem;

/// An argument that can be part of a key.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a cache key",
    label = "this argument cannot be part of a cache key",
    note = "leave it out with `skip(...)`, or derive `serde::Serialize` for its type"
)]
pub trait KeyArg<How> {
    /// Hashes the argument under its name, `,"name":`.
    #[doc(hidden)]
    fn add_argument(&self, key: &mut KeyBuilder, name: &str, order: Order) -> Result<(), Refused>;

    /// Writes the argument as a placeholder's value.
    #[doc(hidden)]
    fn write_segment(&self, text: &mut String) -> Result<(), Refused>;

    /// Fills the key's next placeholder.
    #[doc(hidden)]
    fn fill_next(&self, key: &mut KeyBuilder) -> Result<(), Refused>;
}

impl<T: Serialize + ?Sized> KeyArg<BySerde> for T {
    fn add_argument(&self, key: &mut KeyBuilder, name: &str, order: Order) -> Result<(), Refused> {
        key.add_argument(name, order, self)
    }

    fn write_segment(&self, text: &mut String) -> Result<(), Refused> {
        crate::key::segment::push(text, self)
    }

    fn fill_next(&self, key: &mut KeyBuilder) -> Result<(), Refused> {
        key.fill(self)
    }
}

impl<T: Never + ?Sized> KeyArg<ByNothing> for T {
    fn add_argument(
        &self,
        _key: &mut KeyBuilder,
        _name: &str,
        _order: Order,
    ) -> Result<(), Refused> {
        Err(Refused::Custom)
    }

    fn write_segment(&self, _text: &mut String) -> Result<(), Refused> {
        Err(Refused::Custom)
    }

    fn fill_next(&self, _key: &mut KeyBuilder) -> Result<(), Refused> {
        Err(Refused::Custom)
    }
}

/// A call of a cached function.
#[derive(Debug)]
pub struct Call {
    state: State,
}

/// The handle of a call: the installed one is not even counted.
pub(crate) type Handle = Cow<'static, Cache>;

#[derive(Debug)]
enum State {
    /// No cache is installed: the function simply runs.
    Idle,
    /// The key is being built.
    Building { cache: Option<Handle>, key: KeyBuilder, expiry: Option<Expiry> },
    /// An argument has no place in a key: the function runs without the cache.
    Refused { cache: Option<Handle>, identity: Identity, reason: Refused },
}

/// A call that can be looked up.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) identity: Identity,
    pub(crate) cache: Cache,
    pub(crate) key: String,
    pub(crate) expiry: Option<Expiry>,
    /// Under what the in-process tier keeps the value, if it does.
    pub(crate) asked: Option<Asked>,
}

impl Ready {
    pub(crate) fn site(&self) -> &'static Site {
        self.identity.site
    }

    /// From how many bytes on a value is stored compressed; `None`: never.
    pub(crate) fn shrinks_from(&self) -> Option<usize> {
        match self.site().compress {
            Compress::AsTheHandle => self.cache.shrinks_from(),
            Compress::From(bytes) => Some(bytes),
            Compress::Never => None,
        }
    }

    /// How long to keep a value. The most particular rule wins: `none_ttl`, then what the value itself says, then the
    /// call's, then the function's, then the handle's.
    pub(crate) fn expiry_of<O: Outcome>(
        &self,
        value: &O::Value,
        from_value: Option<Expiry>,
    ) -> Expiry {
        let for_none = self.site().none_ttl.filter(|_| O::is_none(value)).map(Expiry::After);
        for_none
            .or(from_value)
            .or(self.expiry)
            .or(self.site().ttl.map(Expiry::After))
            .or_else(|| self.site().ttl_name.map(|name| self.cache.named_ttl(name)))
            .unwrap_or(self.cache.default_expiry())
    }
}

impl Call {
    /// A call without a handle: the function simply runs.
    pub(crate) fn idle() -> Self {
        Self { state: State::Idle }
    }

    /// Begins to build the key of a call; without a handle, of one that is named.
    pub(crate) fn begin(site: &'static Site, path: Spelled, cache: Option<Handle>) -> Self {
        let key = KeyBuilder::new(Identity { site, path });
        Self { state: State::Building { cache, key, expiry: None } }
    }

    fn with_key(mut self, build: impl FnOnce(&mut KeyBuilder) -> Result<(), Refused>) -> Self {
        if let State::Building { cache, key, .. } = &mut self.state
            && let Err(reason) = build(key)
        {
            let (cache, identity) = (cache.take(), key.identity());
            self.state = State::Refused { cache, identity, reason };
        }
        self
    }

    /// Adds a type parameter to the key.
    #[must_use]
    pub fn of<T: ?Sized>(self) -> Self {
        self.with_key(|key| {
            key.add_type(type_name::<T>());
            Ok(())
        })
    }

    /// Adds the type of an `impl Trait` argument to the key.
    #[must_use]
    pub fn of_val<T: ?Sized>(self, _argument: &T) -> Self {
        self.of::<T>()
    }

    /// Adds a const parameter to the key.
    #[must_use]
    pub fn of_const(self, value: impl Display) -> Self {
        self.with_key(|key| {
            key.add_type(&value.to_string());
            Ok(())
        })
    }

    /// Fills the next placeholder of the key's readable part.
    #[must_use]
    pub fn fill<How, T: KeyArg<How> + ?Sized>(self, value: &T) -> Self {
        self.with_key(|key| value.fill_next(key))
    }

    /// Adds an argument to the key; its name as it is hashed, `,"name":`.
    #[must_use]
    pub fn arg<How, T: KeyArg<How> + ?Sized>(self, name: &str, order: Order, value: &T) -> Self {
        self.with_key(|key| value.add_argument(key, name, order))
    }

    /// Puts the shape of the value's type behind the key.
    #[must_use]
    pub fn shaped(self, shape: u64) -> Self {
        self.with_key(|key| {
            key.set_shape(shape);
            Ok(())
        })
    }

    /// Sets the TTL of this call.
    #[must_use]
    pub fn ttl(mut self, ttl: impl Into<Expiry>) -> Self {
        if let State::Building { expiry, .. } = &mut self.state {
            *expiry = Some(ttl.into());
        }
        self
    }

    /// Another call of the same function on the same handle, for the same time. Its key is not begun.
    pub(crate) fn twin(&self) -> Self {
        let State::Building { cache, key, expiry } = &self.state else { return Self::idle() };
        let (cache, key, expiry) = (cache.clone(), KeyBuilder::new(key.identity()), *expiry);
        Self { state: State::Building { cache, key, expiry } }
    }

    /// Whether the call could be looked up.
    pub(crate) fn has_cache(&self) -> bool {
        matches!(&self.state, State::Building { cache: Some(_), .. })
    }

    /// The function's own handle, else the one in scope or installed.
    pub(crate) fn handle(&self) -> Option<Cache> {
        match &self.state {
            State::Building { cache: Some(cache), .. } => Some(Cache::clone(cache)),
            State::Idle | State::Building { .. } | State::Refused { .. } => {
                ambient::current().map(Cow::into_owned)
            }
        }
    }

    /// The call's key without the handle's prefix, or `None` when it has none.
    pub(crate) fn key(self) -> Option<Key> {
        match self.state {
            State::Building { key, .. } => Some(key.finish("")),
            State::Idle | State::Refused { .. } => None,
        }
    }

    /// The call, ready to be given its value; `None` where nothing is cached.
    ///
    /// # Errors
    ///
    /// An argument has no place in a key.
    pub(crate) fn ready_by_hand(self) -> Result<Option<Ready>> {
        let Some(cache) = self.handle().filter(Cache::is_enabled) else { return Ok(None) };
        match self.state {
            State::Building { key, expiry, .. } => {
                let identity = key.identity();
                let key = key.finish(cache.key_prefix()).into_string();
                Ok(Some(Ready { identity, cache, key, expiry, asked: None }))
            }
            State::Refused { reason, .. } => Err(Error::key(reason.to_string())),
            State::Idle => Ok(None),
        }
    }

    /// What the in-process tier is asked for, if there is one for this function.
    pub(crate) fn question(&self) -> Option<(&Cache, Question<'_>)> {
        let State::Building { cache: Some(cache), key, .. } = &self.state else { return None };
        cache.tier_of(key.identity().site)?;
        Some((cache, key.question(cache.space())?))
    }

    /// Ends a call that has its answer.
    pub(crate) fn end(&mut self) {
        if let State::Building { key, .. } = mem::replace(&mut self.state, State::Idle) {
            key.leave();
        }
    }

    /// The call, ready to be looked up; `None` when the function runs without the cache.
    pub(crate) fn ready(self) -> Option<Ready> {
        match self.state {
            State::Building { cache: Some(cache), key, expiry } if cache.is_enabled() => {
                let identity = key.identity();
                let asked = cache.tier_of(identity.site).and_then(|_| key.question(cache.space()));
                let asked = asked.map(Question::keep);
                let key = key.finish(cache.key_prefix()).into_string();
                Some(Ready { identity, cache: cache.into_owned(), key, expiry, asked })
            }
            State::Refused { cache: Some(cache), identity, reason } => {
                cache.note_refused(identity, reason);
                None
            }
            State::Idle | State::Building { .. } | State::Refused { .. } => None,
        }
    }
}
