//! What a call asks for, without a hash: the function and the canonical bytes of its arguments.
//!
//! Equal bytes are equal calls: there is nothing that could collide. The handle's prefix is not in it, nor is the key's readable part: that follows from the
//! function and its arguments.

use super::identity::Identity;
use quick_cache::Equivalent;
use std::hash::{Hash, Hasher};

/// What a call asks for; borrowed, so that to ask costs no allocation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question<'a> {
    pub(super) identity: Identity,
    /// What is hashed behind the identity.
    pub(super) bytes: &'a [u8],
}

/// The same, kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    identity: Identity,
    bytes: Box<[u8]>,
}

impl Asked {
    /// How many bytes it takes beside its own size.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    fn question(&self) -> Question<'_> {
        Question { identity: self.identity, bytes: &self.bytes }
    }
}

impl Question<'_> {
    pub(crate) fn keep(self) -> Asked {
        Asked { identity: self.identity, bytes: self.bytes.into() }
    }
}

impl Hash for Question<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // The types that a method stands in are compared and not hashed: few methods are called with the same arguments on several.
        state.write_u32(self.identity.site.line);
        state.write(self.bytes);
    }
}

impl Hash for Asked {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.question().hash(state);
    }
}

impl Equivalent<Asked> for Question<'_> {
    fn equivalent(&self, asked: &Asked) -> bool {
        self.bytes == &*asked.bytes && self.identity == asked.identity
    }
}

#[cfg(test)]
pub(crate) fn question(identity: Identity, bytes: &[u8]) -> Question<'_> {
    Question { identity, bytes }
}
