//! Takes canonical text.

/// A receiver of canonical text, piece by piece.
pub(crate) trait Sink {
    /// Takes bytes.
    fn put(&mut self, bytes: &[u8]);

    /// Takes one byte.
    fn put_byte(&mut self, byte: u8) {
        self.put(&[byte]);
    }

    /// Takes text that is the whole of a placeholder's value, or a part of it.
    fn put_text(&mut self, text: &str) {
        self.put(text.as_bytes());
    }

    /// Takes a `None` or `()` that is the whole of a placeholder's value.
    fn put_absent(&mut self) {
        self.put(b"null");
    }
}

impl Sink for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }

    fn put_byte(&mut self, byte: u8) {
        self.push(byte);
    }
}
