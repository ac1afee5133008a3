//! What a call asks for, without a hash: the function, and all that its key is made of, written plainly.
//!
//! Equal bytes are equal calls: there is nothing that could collide. The placeholders count for themselves: a field may stand in the key and be left out by
//! its type's `Serialize`. Of the handle's prefix, what tells its namespaces apart is in it.

use super::buffer::{Memory, Out, Unfit};
use super::local_encoding;
use super::unordered::Unordered;
use crate::function::identity::Identity;
use crate::function::site::Site;
use quick_cache::Equivalent;
use serde::Serialize;
use std::cell::Cell;
use std::hash::{Hash, Hasher};

thread_local! {
    /// Memory that the next question of the same thread uses again: a hit in process allocates nothing.
    static SPARE: Cell<Option<Memory>> = const { Cell::new(None) };
}

/// What a call asks for; borrowed, so that to ask costs no allocation.
#[derive(Clone, Copy, Debug, Eq)]
pub(crate) struct LocalKey<'a> {
    /// The handle's namespace.
    pub(super) space: u64,
    pub(super) identity: Identity,
    pub(super) bytes: &'a [u8],
}

/// The same, kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OwnedLocalKey {
    space: u64,
    identity: Identity,
    bytes: Box<[u8]>,
}

impl OwnedLocalKey {
    /// How many bytes it takes beside its own size.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The question that was asked.
    pub(crate) fn local_key(&self) -> LocalKey<'_> {
        LocalKey { space: self.space, identity: self.identity, bytes: &self.bytes }
    }
}

impl LocalKey<'_> {
    pub(crate) fn site(&self) -> &'static Site {
        self.identity.site
    }

    pub(crate) fn keep(self) -> OwnedLocalKey {
        OwnedLocalKey { space: self.space, identity: self.identity, bytes: self.bytes.into() }
    }
}

impl Hash for LocalKey<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // The types that a method stands in are compared and not hashed: few methods are called with the same arguments on several.
        let site = std::ptr::from_ref(self.identity.site).addr() as u64;
        state.write_u64(site ^ self.space.rotate_left(32));
        state.write(self.bytes);
    }
}

impl Hash for OwnedLocalKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.local_key().hash(state);
    }
}

impl PartialEq for LocalKey<'_> {
    fn eq(&self, other: &Self) -> bool {
        is_same(self.bytes, other.bytes)
            // mutant: functions with the same arguments share what is in process
            && self.space == other.space
            && self.identity == other.identity
    }
}

impl Equivalent<OwnedLocalKey> for LocalKey<'_> {
    fn equivalent(&self, asked: &OwnedLocalKey) -> bool {
        *self == asked.local_key()
    }
}

/// Compares bytes. The system's comparison of nothing at the address that stands for no memory costs 80 ns on processors that mask
/// loads.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && (one.is_empty() || one == other)
}

/// A question while it is written.
#[derive(Debug)]
pub(crate) struct Writing {
    out: Out,
    /// Whether all of it was written; not, where it is too long, or has no place in a key.
    is_whole: bool,
}

impl Writing {
    pub(super) fn begin() -> Self {
        let fallback = SPARE.try_with(Cell::take).unwrap_or_default();
        Self { out: Out::within(fallback), is_whole: true }
    }

    /// Adds an argument.
    pub(super) fn add_argument<T: Serialize + ?Sized>(
        &mut self,
        unordered: Unordered<'_>,
        value: &T,
    ) {
        if unordered.is_empty() { self.add(value) } else { self.add_canonically(unordered, value) }
    }

    /// Adds the value of a placeholder, or an argument.
    pub(super) fn add<T: Serialize + ?Sized>(&mut self, value: &T) {
        if !self.is_whole {
            return;
        }
        let start = self.out.len();
        if let Err(unfit) = local_encoding::write(&mut self.out, value) {
            self.add_otherwise(start, unfit, value);
        }
    }

    /// Takes back what was written of a value, and writes it as it is hashed if that is what it needs.
    #[cold]
    fn add_otherwise<T: Serialize + ?Sized>(&mut self, start: usize, unfit: Unfit, value: &T) {
        self.out.truncate(start);
        match unfit {
            // mutant: maps are not asked for
            Unfit::Unordered => self.add_canonically(&[], value),
            Unfit::Refused => self.is_whole = false,
        }
    }

    /// Writes a value as it is hashed.
    #[cold]
    fn add_canonically<T: Serialize + ?Sized>(&mut self, unordered: Unordered<'_>, value: &T) {
        self.is_whole = self.is_whole
            && local_encoding::write_canonically(&mut self.out, value, unordered).is_ok();
    }

    /// What was asked, if it can be.
    pub(super) fn local_key(&self, space: u64, identity: Identity) -> Option<LocalKey<'_>> {
        self.is_whole.then_some(LocalKey { space, identity, bytes: self.out.bytes() })
    }

    /// Leaves the memory to the next question of this thread.
    pub(super) fn leave(self) {
        // The thread may be ending: the memory is freed then.
        // mutant: a question's memory is not used again
        let _ = SPARE.try_with(|fallback| fallback.set(Some(self.out.into_memory())));
    }
}

#[cfg(test)]
pub(crate) fn local_key(identity: Identity, bytes: &[u8]) -> LocalKey<'_> {
    LocalKey { space: 0, identity, bytes }
}
