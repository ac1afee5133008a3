//! What is hashed of a call.

use super::canonical::Sink;
use super::identity::Identity;
use sha2::{Digest, Sha256};

/// How many bytes are gathered before they are hashed, so that large arguments take no memory.
const LONG: usize = 4096;

/// The bytes that are hashed, while they are written: `["identity` first, which is added when it is needed, then what the call
/// adds to it. They come in small pieces: to hash them in one costs half of what each on its own would.
#[derive(Debug)]
pub(super) struct Preimage {
    pub(super) identity: Identity,
    /// What is not hashed yet.
    bytes: Vec<u8>,
    /// What went before; boxed, because few calls are that long.
    hashed: Option<Box<Sha256>>,
}

impl Preimage {
    pub(super) fn new(identity: Identity) -> Self {
        Self { identity, bytes: Vec::with_capacity(192), hashed: None }
    }

    /// Begins anew, in the same memory.
    pub(super) fn restart(&mut self, identity: Identity) {
        self.identity = identity;
        self.bytes.clear();
        self.hashed = None;
    }

    /// How much memory it holds, in bytes.
    pub(super) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// All that was written behind the identity; `None` when it was too much to be kept.
    pub(super) fn bytes(&self) -> Option<&[u8]> {
        self.hashed.is_none().then_some(&self.bytes)
    }

    /// The first 128 bits of the hash; nothing may be written after it.
    pub(super) fn digest(&mut self) -> [u8; 16] {
        let digest = match self.hashed.take() {
            None => Sha256::digest(self.whole()),
            Some(hashed) => hashed.chain_update(&self.bytes).finalize(),
        };
        let mut first = [0; 16];
        first.copy_from_slice(&digest[..16]);
        first
    }

    /// What was written so far, with the identity in front.
    fn whole(&self) -> Vec<u8> {
        let mut whole = Vec::with_capacity(128 + self.bytes.len());
        whole.extend_from_slice(b"[\"");
        self.identity.write(&mut whole);
        whole.extend_from_slice(&self.bytes);
        whole
    }

    /// Hashes what there is, and forgets it.
    #[cold]
    fn spill(&mut self) {
        match &mut self.hashed {
            Some(hashed) => hashed.update(&self.bytes),
            None => self.hashed = Some(Box::new(Sha256::new_with_prefix(self.whole()))),
        }
        self.bytes.clear();
    }
}

impl Sink for Preimage {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() > LONG {
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
        for length in [0, 1, LONG, LONG + 1, whole.len()] {
            let expected = Sha256::new_with_prefix(b"[\"shop::rows").chain_update(&whole[..length]);
            let expected = expected.finalize();
            for piece in [1, 100, LONG, whole.len()] {
                let mut preimage = Preimage::new(identity);
                preimage.put(b"of the call before");
                preimage.restart(identity);
                whole[..length].chunks(piece).for_each(|piece| preimage.put(piece));
                assert_eq!(preimage.bytes().is_some(), length <= LONG);
                assert_eq!(
                    preimage.digest(),
                    expected[..16],
                    "{length} bytes in pieces of {piece}"
                );
            }
        }
    }
}
