//! What is hashed of a call.

use super::canonical::Sink;
use super::identity::Identity;
use sha2::{Digest, Sha256};

/// How many bytes are gathered before they are hashed, so that large arguments take no memory.
const LONG: usize = 4096;

/// What is hashed, `["identity<types>",version,{"name":value,…}]`, as far as calls differ in it: the types, then `,"name":value` for each argument.
/// The rest is added when it is needed. It comes in small pieces: to hash it in one costs half of what each on its own would.
#[derive(Debug)]
pub(super) struct Preimage {
    pub(super) identity: Identity,
    /// What is not hashed yet.
    bytes: Vec<u8>,
    /// Where the arguments begin, if they do.
    arguments: Option<usize>,
    /// What was written first, and hashed already. Boxed, because few calls are that long.
    spilled: Option<Box<Spilled>>,
}

#[derive(Debug)]
struct Spilled {
    hashed: Sha256,
    /// The first bytes, where short arguments stand.
    first: Vec<u8>,
}

impl Preimage {
    pub(super) fn new(identity: Identity) -> Self {
        Self { identity, bytes: Vec::with_capacity(192), arguments: None, spilled: None }
    }

    /// Begins anew, in the same memory.
    pub(super) fn restart(&mut self, identity: Identity) {
        self.identity = identity;
        self.bytes.clear();
        self.arguments = None;
        self.spilled = None;
    }

    /// How much memory it holds, in bytes.
    pub(super) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// Begins the arguments; no type comes behind them.
    pub(super) fn begin_arguments(&mut self) {
        if self.arguments.is_none() {
            self.arguments = Some(self.bytes.len());
        }
    }

    /// Whether there is a type already.
    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty() && self.spilled.is_none()
    }

    /// Where the next byte will stand; `None` when it will not be kept.
    pub(super) fn position(&self) -> Option<usize> {
        self.spilled.is_none().then_some(self.bytes.len())
    }

    /// What was written between two positions.
    pub(super) fn written(&self, start: usize, end: usize) -> &[u8] {
        let first = self.spilled.as_ref().map_or(&self.bytes, |spilled| &spilled.first);
        &first[start..end]
    }

    /// The first 128 bits of the hash; nothing may be written after it.
    pub(super) fn digest(&mut self) -> [u8; 16] {
        self.begin_arguments();
        let hashed = match self.spilled.take() {
            None => Sha256::new_with_prefix(self.whole(b"}]")),
            Some(spilled) => spilled.hashed.chain_update(&self.bytes).chain_update(b"}]"),
        };
        let mut first = [0; 16];
        first.copy_from_slice(&hashed.finalize()[..16]);
        first
    }

    /// What was written so far, with what stands around it.
    fn whole(&self, end: &[u8]) -> Vec<u8> {
        let mut whole = Vec::with_capacity(128 + self.bytes.len());
        let (types, arguments) = self.bytes.split_at(self.arguments.unwrap_or(self.bytes.len()));
        whole.extend_from_slice(b"[\"");
        self.identity.write(&mut whole);
        whole.extend_from_slice(types);
        if self.arguments.is_some() {
            whole.extend_from_slice(if types.is_empty() { b"\"," } else { b">\"," });
            let version = self.identity.site.version;
            whole.extend_from_slice(itoa::Buffer::new().format(version).as_bytes());
            whole.extend_from_slice(b",{");
            // Each argument begins with a comma.
            whole.extend_from_slice(arguments.get(1..).unwrap_or_default());
        }
        whole.extend_from_slice(end);
        whole
    }

    /// Hashes what there is, and keeps the beginning.
    #[cold]
    fn spill(&mut self) {
        // A function has no types of thousands of bytes; if it had, they would count as its first argument does.
        self.begin_arguments();
        if let Some(spilled) = &mut self.spilled {
            spilled.hashed.update(&self.bytes);
            self.bytes.clear();
        } else {
            let hashed = Sha256::new_with_prefix(self.whole(b""));
            let first = std::mem::take(&mut self.bytes);
            self.spilled = Some(Box::new(Spilled { hashed, first }));
        }
    }
}

impl Preimage {
    /// Writes what stands before an argument's value: `,"name":`. A name is a path of Rust's identifiers: nothing in it has to be
    /// escaped.
    pub(super) fn put_name(&mut self, quoted: &str) {
        self.begin_arguments();
        self.bytes.extend_from_slice(quoted.as_bytes());
    }
}

impl Sink for Preimage {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() > LONG && self.arguments.is_some() {
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
    use super::super::path::Spelled;
    use super::*;
    use crate::site::Site;

    static SITE: Site = Site::cached("shop", "rows", "shop.rs", 1, 1);

    #[test]
    fn what_is_hashed_does_not_depend_on_the_pieces() {
        let identity = Identity { site: &SITE, path: Spelled("shop::rows") };
        let whole: Vec<u8> = (0..=255).cycle().take(3 * LONG + 7).collect();
        for length in [0, 1, LONG - 10, LONG - 5, LONG - 4, LONG, whole.len()] {
            let expected = Sha256::new_with_prefix(b"[\"shop::rows<u8>\",0,{\"a\":")
                .chain_update(&whole[..length])
                .chain_update(b"}]");
            let expected = expected.finalize();
            for piece in [1, 100, LONG, whole.len()] {
                let mut preimage = Preimage::new(identity);
                preimage.put(b"of the call before");
                preimage.restart(identity);
                preimage.put(b"<u8");
                preimage.put_name(",\"a\":");
                let start = preimage.position().expect("nothing is hashed yet");
                whole[..length].chunks(piece).for_each(|piece| preimage.put(piece));
                let end = preimage.position();
                assert_eq!(end.is_some(), length + 8 <= LONG);
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

    /// Short arguments in front of long ones can be part of a key.
    #[test]
    fn the_beginning_is_kept() {
        let identity = Identity { site: &SITE, path: Spelled("shop::rows") };
        let mut preimage = Preimage::new(identity);
        preimage.put_name(",\"a\":");
        let start = preimage.position().expect("nothing is hashed yet");
        preimage.put(b"17");
        let end = preimage.position().expect("nothing is hashed yet");
        preimage.put_name(",\"b\":");
        preimage.put(&[b'x'; 3 * LONG]);
        assert_eq!(preimage.position(), None);
        assert_eq!(preimage.written(start, end), b"17");
    }
}
