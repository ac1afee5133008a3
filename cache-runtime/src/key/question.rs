//! What a call asks for, without a hash: the function, the canonical bytes of its arguments, and the values of its key's placeholders.
//!
//! Equal bytes are equal calls: there is nothing that could collide. The placeholders count for themselves: a field may stand in the key and be left out by
//! its type's `Serialize`, or in an order that the hash does not keep. Of the handle's prefix, what tells its namespaces apart is in it.

use super::identity::Identity;
use quick_cache::Equivalent;
use std::hash::{Hash, Hasher};

/// What a call asks for; borrowed, so that to ask costs no allocation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question<'a> {
    /// The handle's namespace.
    pub(super) space: u64,
    pub(super) identity: Identity,
    /// What is hashed behind the identity.
    pub(super) bytes: &'a [u8],
    /// The placeholders' values, one behind the other, and where each ends.
    pub(super) segments: &'a str,
    pub(super) ends: &'a [usize],
}

/// The same, kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    space: u64,
    identity: Identity,
    bytes: Box<[u8]>,
    segments: Box<str>,
    ends: Box<[usize]>,
}

impl Asked {
    /// How many bytes it takes beside its own size.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len() + self.segments.len() + size_of_val(&*self.ends)
    }

    fn question(&self) -> Question<'_> {
        let Self { space, identity, bytes, segments, ends } = self;
        Question { space: *space, identity: *identity, bytes, segments, ends }
    }
}

impl Question<'_> {
    pub(crate) fn keep(self) -> Asked {
        let Self { space, identity, bytes, segments, ends } = self;
        Asked { space, identity, bytes: bytes.into(), segments: segments.into(), ends: ends.into() }
    }
}

impl Hash for Question<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // The types that a method stands in are compared and not hashed: few methods are called with the same arguments on several.
        state.write_u64(u64::from(self.identity.site.line) ^ self.space.rotate_left(32));
        state.write(self.bytes);
        state.write(self.segments.as_bytes());
    }
}

impl Hash for Asked {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.question().hash(state);
    }
}

impl Equivalent<Asked> for Question<'_> {
    fn equivalent(&self, asked: &Asked) -> bool {
        is_same(self.bytes, &asked.bytes)
            && is_same(self.segments.as_bytes(), asked.segments.as_bytes())
            && is_same(self.ends, &asked.ends)
            && self.space == asked.space
            && self.identity == asked.identity
    }
}

/// Compares slices, of which empty ones are the most frequent: the system's comparison of nothing at the address that stands for no
/// memory costs 80 ns on processors that mask loads.
fn is_same<T: PartialEq>(one: &[T], other: &[T]) -> bool {
    one.len() == other.len() && (one.is_empty() || one == other)
}

#[cfg(test)]
pub(crate) fn question(identity: Identity, bytes: &[u8]) -> Question<'_> {
    Question { space: 0, identity, bytes, segments: "", ends: &[] }
}
