//! How a call begins: on the function's own handle, else on the one in scope or installed.
//!
//! Generated code hands over a closure that names the parts of the key, and whose type spells the function's path. It is of another type in
//! every function, so that all that can do without it is compiled once.

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

/// A call that begins: nothing is known of it but who makes it.
pub(crate) struct Begun<'a> {
    identity: Identity,
    handle: Handle<'a>,
    parts: Parts<'a>,
    /// What the in-process tier was asked for.
    asked: Option<OwnedLocalKey>,
}

/// The handle that a call finds. Unless it is the one in scope it is not counted as long as nothing has to wait.
enum Handle<'a> {
    /// The function's own.
    Own(&'a Cache),
    /// The one in scope, or the installed one.
    Ambient(Cow<'a, Cache>),
    /// No cache is installed: the function simply runs.
    Nowhere,
}

impl<'a> Begun<'a> {
    /// Inlined: a hit in process is short enough for a call to count.
    #[inline]
    pub(crate) fn new(identity: Identity, own: Option<&'a Cache>, parts: Parts<'a>) -> Self {
        let ambient = || current::current().map_or(Handle::Nowhere, Handle::Ambient);
        let handle = own.map_or_else(ambient, Handle::Own);
        Self { identity, handle, parts, asked: None }
    }

    /// The value that this process keeps, if it does and may be asked now; a call that is only named gets none.
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

    /// Says that the value was of no use: the next one is to take its place.
    pub(crate) fn ask_again(&mut self) {
        if let Some(cache) = self.handle.cache() {
            self.asked = call::asked(self.identity, cache, self.parts);
        }
    }

    /// The call, to be looked up at once.
    pub(crate) fn call(mut self) -> Call {
        let asked = self.asked.take();
        self.make(|identity, cache, parts| Call::make(identity, Some(cache), asked, parts))
    }

    /// The call, to be looked up when its future is polled.
    fn call_later(self) -> Call {
        record::note_begun(self.identity.site);
        self.make(Call::make_to_ask)
    }

    /// Makes a call that this process has no value for: `look_up` on a handle. Whether it is only named is asked here and not before: a hit in
    /// process, which is none, has asked already. Whoever uses the name chooses the handle.
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
