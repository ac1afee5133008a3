//! Gathers and hashes the bytes that a call's hash is made of.

use super::escape::write_str;
use super::sink::Sink;
use crate::function::identity::Identity;
use crate::function::path;
use crate::function::refused::Refused;
use sha2::{Digest, Sha256};
use std::mem;

/// The number of bytes that are gathered before they are hashed. The limit bounds the memory of
/// large arguments.
const MAX_GATHERED: usize = 4096;

/// The hashed text: `[identity,["type",…],version,{"name":value,…}]`. The text is gathered
/// first, because hashing it in one piece costs half of hashing its many small pieces.
#[derive(Debug)]
pub(super) struct Preimage {
    pub(super) identity: Identity,
    /// The bytes that are not hashed yet.
    bytes: Vec<u8>,
    last: Last,
    /// The length of the part in front of the arguments. The function differs from others in this
    /// part.
    caller: usize,
    /// The reason why nothing tells the function from others, if so.
    refused: Option<Refused>,
    /// The first bytes, which are hashed already. The field is boxed, because few calls are that
    /// long.
    spilled: Option<Box<Spilled>>,
}

/// The part that was written last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Last {
    Path,
    Types,
    Arguments,
}

#[derive(Debug)]
struct Spilled {
    hashed: Sha256,
    /// The first bytes, in which short arguments stand.
    first: Vec<u8>,
}

impl Preimage {
    pub(super) fn new(identity: Identity) -> Self {
        let bytes = Vec::with_capacity(256);
        Self::begin(identity, bytes)
    }

    /// Begins with another call in the same memory.
    pub(super) fn restart(&mut self, identity: Identity) {
        let mut bytes = mem::take(&mut self.bytes);
        bytes.clear();
        *self = Self::begin(identity, bytes);
    }

    fn begin(identity: Identity, mut bytes: Vec<u8>) -> Self {
        bytes.push(b'[');
        let refused = identity.write(&mut bytes).err();
        bytes.extend_from_slice(b",[");
        Self { identity, bytes, last: Last::Path, caller: 0, refused, spilled: None }
    }

    /// Returns the reason why the function has no keys, if it has none.
    pub(super) fn refused(&self) -> Option<Refused> {
        self.refused
    }

    /// Returns the bytes that tell the function from others: all bytes in front of the arguments.
    pub(super) fn caller(&mut self) -> &[u8] {
        self.begin_arguments();
        self.written(0, self.caller)
    }

    /// Returns the size of the memory that is held, in bytes.
    pub(super) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// Writes one of the function's own types. All types come before the arguments.
    pub(super) fn put_type(&mut self, name: &str) {
        debug_assert_ne!(self.last, Last::Arguments, "types come first");
        if self.last == Last::Types {
            self.bytes.push(b',');
        }
        self.last = Last::Types;
        if path::is_nameless(name) {
            self.refused = self.refused.or(Some(Refused::NamelessType));
        }
        write_str(&mut self.bytes, name);
    }

    /// Writes `,"name":`, which stands before an argument's value. A name is a path of Rust's
    /// identifiers. Nothing in it has to be escaped.
    pub(super) fn put_name(&mut self, name: &str) {
        let is_first = self.last != Last::Arguments;
        self.begin_arguments();
        self.bytes.extend_from_slice(if is_first { b"\"" } else { b",\"" });
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.extend_from_slice(b"\":");
    }

    /// Ends the types, if they are open.
    fn begin_arguments(&mut self) {
        if self.last == Last::Arguments {
            return;
        }
        self.last = Last::Arguments;
        self.bytes.extend_from_slice(b"],");
        let version = self.identity.site.version;
        // mutant: the version is not hashed
        self.bytes.extend_from_slice(itoa::Buffer::new().format(version).as_bytes());
        self.caller = self.bytes.len();
        self.bytes.extend_from_slice(b",{");
    }

    /// Returns the position of the next byte. Returns `None` if bytes are no longer kept.
    pub(super) fn position(&self) -> Option<usize> {
        self.spilled.is_none().then_some(self.bytes.len())
    }

    /// Returns the bytes between two positions.
    pub(super) fn written(&self, start: usize, end: usize) -> &[u8] {
        let first = self.spilled.as_ref().map_or(&self.bytes, |spilled| &spilled.first);
        &first[start..end]
    }

    /// Returns the first 128 bits of the hash. Nothing may be written afterwards.
    pub(super) fn digest(&mut self) -> [u8; 16] {
        self.begin_arguments();
        self.bytes.extend_from_slice(b"}]");
        let hashed = self.spilled.take().map_or_else(Sha256::new, |spilled| spilled.hashed);
        let mut first = [0; 16];
        first.copy_from_slice(&hashed.chain_update(&self.bytes).finalize()[..16]);
        first
    }

    /// Hashes the gathered bytes, and keeps the first of them.
    #[cold]
    fn spill(&mut self) {
        if let Some(spilled) = &mut self.spilled {
            spilled.hashed.update(&self.bytes);
            self.bytes.clear();
        } else {
            let hashed = Sha256::new_with_prefix(&self.bytes);
            let first = mem::take(&mut self.bytes);
            self.spilled = Some(Box::new(Spilled { hashed, first }));
        }
    }
}

impl Sink for Preimage {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() > MAX_GATHERED && self.last == Last::Arguments {
            self.spill();
        }
    }

    #[inline]
    fn put_byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::identity::tests::identity;
    use crate::function::site::Site;

    static SITE: Site = Site::cached("shop", "rows", "shop.rs", 1, 1);

    #[test]
    fn what_is_hashed_does_not_depend_on_the_pieces() {
        let identity = identity(&SITE, "shop::rows");
        let whole: Vec<u8> = (0..=255).cycle().take(3 * MAX_GATHERED + 7).collect();
        for length in [
            0,
            1,
            MAX_GATHERED - 29,
            MAX_GATHERED - 28,
            MAX_GATHERED - 27,
            MAX_GATHERED,
            whole.len(),
        ] {
            let expected = Sha256::new_with_prefix(b"[\"shop::rows\",[\"u8\"],0,{\"a\":")
                .chain_update(&whole[..length])
                .chain_update(b"}]");
            let expected = expected.finalize();
            for piece in [1, 100, MAX_GATHERED, whole.len()] {
                let mut preimage = Preimage::new(identity);
                preimage.put(b"of the call before");
                preimage.restart(identity);
                preimage.put_type("u8");
                preimage.put_name("a");
                let start = preimage.position().expect("nothing is hashed yet");
                whole[..length].chunks(piece).for_each(|piece| preimage.put(piece));
                let end = preimage.position();
                assert_eq!(end.is_some(), length + 28 <= MAX_GATHERED);
                if let Some(end) = end {
                    assert_eq!(preimage.written(start, end), &whole[..length]);
                }
                assert_eq!(
                    preimage.digest(),
                    expected[..16],
                    "{length} bytes in pieces of {piece}"
                );
            }
        }
    }

    /// Short arguments in front of long arguments can be part of a key.
    #[test]
    fn the_beginning_is_kept() {
        let identity = identity(&SITE, "shop::rows");
        let mut preimage = Preimage::new(identity);
        preimage.put_name("a");
        let start = preimage.position().expect("nothing is hashed yet");
        preimage.put(b"17");
        let end = preimage.position().expect("nothing is hashed yet");
        preimage.put_name("b");
        preimage.put(&[b'x'; 3 * MAX_GATHERED]);
        assert_eq!(preimage.position(), None);
        assert_eq!(preimage.written(start, end), b"17");
    }
}
