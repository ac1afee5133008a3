//! Names a call in the tier without a hash: the function, and all parts of its key, written
//! plainly.
//!
//! Equal bytes mean equal calls, so that there are no collisions. Placeholders are written on their
//! own: a field may stand in the key although its type's `Serialize` leaves it out. Of the handle's
//! prefix, a number stands for the namespace.

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
    /// Memory that the next local key of this thread reuses, so that a hit in the tier allocates
    /// nothing.
    static SPARE: Cell<Option<Memory>> = const { Cell::new(None) };
}

/// The name of a call in the tier. The bytes are borrowed, so that a look-up allocates nothing.
#[derive(Clone, Copy, Debug, Eq)]
pub(crate) struct LocalKey<'a> {
    /// The number of the handle's namespace.
    pub(super) space: u64,
    pub(super) identity: Identity,
    pub(super) bytes: &'a [u8],
}

/// A [`LocalKey`] that owns its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OwnedLocalKey {
    space: u64,
    identity: Identity,
    bytes: Box<[u8]>,
}

impl OwnedLocalKey {
    /// Returns the number of bytes that the key takes beside its own size.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Returns the key in its borrowed form.
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
        // The types that a method stands in are compared and not hashed. Few methods are called
        // with the same arguments on several types.
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

/// Tells whether bytes are equal. Empty slices are compared here: the system's comparison of their
/// dangling addresses costs 80 ns on processors that mask loads.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && (one.is_empty() || one == other)
}

/// A local key while it is written.
#[derive(Debug)]
pub(crate) struct Writing {
    out: Out,
    /// `true` while all parts were written. `false` if the local key is too long, or if a part has
    /// no place in a key.
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

    /// Removes the bytes of an unfit value. A collection without an order is written as canonical
    /// text instead.
    #[cold]
    fn add_otherwise<T: Serialize + ?Sized>(&mut self, start: usize, unfit: Unfit, value: &T) {
        self.out.truncate(start);
        match unfit {
            // mutant: maps are not asked for
            Unfit::Unordered => self.add_canonically(&[], value),
            Unfit::Refused => self.is_whole = false,
        }
    }

    /// Writes the canonical text of a value.
    #[cold]
    fn add_canonically<T: Serialize + ?Sized>(&mut self, unordered: Unordered<'_>, value: &T) {
        self.is_whole = self.is_whole
            && local_encoding::write_canonically(&mut self.out, value, unordered).is_ok();
    }

    /// Returns the local key if all its parts could be written.
    pub(super) fn local_key(&self, space: u64, identity: Identity) -> Option<LocalKey<'_>> {
        self.is_whole.then_some(LocalKey { space, identity, bytes: self.out.bytes() })
    }

    /// Keeps the memory for the next local key of this thread.
    pub(super) fn leave(self) {
        // If the thread is ending, the memory is freed.
        // mutant: a question's memory is not used again
        let _ = SPARE.try_with(|fallback| fallback.set(Some(self.out.into_memory())));
    }
}

#[cfg(test)]
pub(crate) fn local_key(identity: Identity, bytes: &[u8]) -> LocalKey<'_> {
    LocalKey { space: 0, identity, bytes }
}
