//! What is hashed of a call.

use super::canonical::Sink;
use sha2::{Digest, Sha256};

/// How many bytes are gathered before they are hashed, so that large arguments take no memory.
const LONG: usize = 4096;

/// The bytes that are hashed, while they are written. They come in small pieces: to hash them in one costs half of what each on its own
/// would.
#[derive(Debug)]
pub(super) struct Preimage {
    /// What is not hashed yet.
    bytes: Vec<u8>,
    /// What went before; boxed, because few calls are that long.
    hashed: Option<Box<Sha256>>,
}

impl Preimage {
    pub(super) fn new() -> Self {
        Self { bytes: Vec::with_capacity(192), hashed: None }
    }

    /// The first 128 bits of the hash.
    pub(super) fn digest(self) -> [u8; 16] {
        let digest = match self.hashed {
            None => Sha256::digest(&self.bytes),
            Some(hashed) => hashed.chain_update(&self.bytes).finalize(),
        };
        let mut first = [0; 16];
        first.copy_from_slice(&digest[..16]);
        first
    }
}

impl Sink for Preimage {
    fn put(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() > LONG {
            self.hashed.get_or_insert_default().update(&self.bytes);
            self.bytes.clear();
        }
    }

    fn put_byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hashed_does_not_depend_on_the_pieces() {
        let whole: Vec<u8> = (0..=255).cycle().take(3 * LONG + 7).collect();
        for length in [0, 1, LONG, LONG + 1, whole.len()] {
            let expected = Sha256::digest(&whole[..length]);
            for piece in [1, 100, LONG, whole.len()] {
                let mut preimage = Preimage::new();
                whole[..length].chunks(piece).for_each(|piece| preimage.put(piece));
                assert_eq!(
                    preimage.digest(),
                    expected[..16],
                    "{length} bytes in pieces of {piece}"
                );
            }
        }
    }
}
