//! Begins a call on the function's own handle, or else on the handle in scope, or else on the
//! installed one.
//!
//! Generated code hands over a closure that names the parts of the key. The type of the closure
//! spells the function's path. The closure has another type in every function, so all code that can
//! do without the type is compiled once.

use crate::cache::Cache;
use crate::cache::context::current;
use crate::call::session;
use crate::call::{self, record};
use crate::call::{Call, Parts};
use crate::function::identity::Identity;
use crate::function::site::Site;
use crate::key::KeyBuilder;
use crate::key::local_key::OwnedLocalKey;
use crate::store::tier::Slot;
use std::any::type_name;
use std::borrow::Cow;
use std::sync::Arc;

/// A call that begins: only the function and its handle are known.
pub(crate) struct Begun<'a> {
    identity: Identity,
    handle: Handle<'a>,
    parts: Parts<'a>,
    /// The key under which the tier was asked and had no usable value.
    asked: Option<OwnedLocalKey>,
}

/// The handle that a call finds. Until something has to wait, a handle other than the one in scope
/// is borrowed, so that its reference count stays.
enum Handle<'a> {
    /// The function's own handle.
    Own(&'a Cache),
    /// The handle in scope, or the installed one.
    Ambient(Cow<'a, Cache>),
    /// No cache is installed: the function runs without one.
    Nowhere,
}

impl<'a> Begun<'a> {
    /// Begins a call. The function is inlined, because a hit in the tier is so short that a
    /// function call counts.
    #[inline]
    pub(crate) fn new(identity: Identity, own: Option<&'a Cache>, parts: Parts<'a>) -> Self {
        let ambient = || current::current().map_or(Handle::Nowhere, Handle::Ambient);
        let handle = own.map_or_else(ambient, Handle::Own);
        Self { identity, handle, parts, asked: None }
    }

    /// Returns the value of the tier, if the tier has one and may be asked now. Returns `None` for
    /// a call that is only named.
    pub(crate) fn near(&mut self) -> Option<Arc<Slot>> {
        let cache = self.handle.cache()?;
        let tier = session::tier_now(cache, self.identity.site)?;
        call::ask(self.identity, cache, self.parts, |local_key| {
            let local_key = local_key?;
            let slot = tier.find(&local_key);
            self.asked = slot.is_none().then(|| local_key.keep());
            slot
        })
    }

    /// Notes that the value of the tier was of no use. The next value takes its place.
    pub(crate) fn ask_again(&mut self) {
        if let Some(cache) = self.handle.cache() {
            self.asked = call::asked(self.identity, cache, self.parts);
        }
    }

    /// Returns the call, to be looked up at once.
    pub(crate) fn call(mut self) -> Call {
        let asked = self.asked.take();
        self.make(|identity, cache, parts| Call::make(identity, Some(cache), asked, parts))
    }

    /// Returns the call, to be looked up when its future is polled.
    fn call_later(self) -> Call {
        record::note_begun(self.identity.site);
        self.make(Call::make_to_ask)
    }

    /// Makes a call that the tier has no value for. `look_up` makes the call on a handle.
    ///
    /// The check for a named call stands here, because a hit in the tier has already made that
    /// check. For a named call, the code that uses the name chooses the handle.
    fn make(self, look_up: impl FnOnce(Identity, Cache, Parts<'a>) -> Call) -> Call {
        let Self { identity, handle, parts, .. } = self;
        match handle {
            Handle::Own(cache) => look_up(identity, cache.clone(), parts),
            // mutant: a call that is named is made on the handle that it finds
            Handle::Ambient(_) | Handle::Nowhere if record::is_on() => {
                Call::make(identity, None, None, parts)
            }
            Handle::Ambient(cache) => look_up(identity, cache.into_owned(), parts),
            Handle::Nowhere => Call::idle(),
        }
    }
}

impl Handle<'_> {
    fn cache(&self) -> Option<&Cache> {
        match self {
            Self::Own(cache) => Some(cache),
            Self::Ambient(cache) => Some(cache),
            Self::Nowhere => None,
        }
    }
}

/// Begins a call on the handle in scope, or on the installed one.
pub fn call<F: Fn(&mut KeyBuilder)>(site: &'static Site, parts: F) -> Call {
    Begun::new(Identity::of(site, type_name::<F>(), typeid::of::<F>()), None, &parts).call_later()
}

/// Begins a call on a given handle.
pub fn call_on<F: Fn(&mut KeyBuilder)>(cache: &Cache, site: &'static Site, parts: F) -> Call {
    Begun::new(Identity::of(site, type_name::<F>(), typeid::of::<F>()), Some(cache), &parts)
        .call_later()
}

/// Begins a call that is named and not made.
pub fn call_to_name<F: Fn(&mut KeyBuilder)>(site: &'static Site, parts: F) -> Call {
    Call::make(Identity::of(site, type_name::<F>(), typeid::of::<F>()), None, None, &parts)
}
