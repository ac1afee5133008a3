//! Holds a local key while it is written, in memory of one size. Nothing grows during a hit in the
//! tier, and a call whose local key does not fit skips the tier.

use serde::ser;
use std::fmt;

/// The longest local key, in bytes.
pub(super) const MAX_LOCAL_KEY: usize = 4096;

/// The memory of one local key.
pub(super) type Memory = Box<[u8; MAX_LOCAL_KEY]>;

/// The reason why a value cannot be written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Unfit {
    /// The value is a collection without an order, and has to be sorted.
    Unordered,
    /// The value has no place in a key, or is too long.
    Refused,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the value is not written plainly")
    }
}

impl std::error::Error for Unfit {}

impl ser::Error for Unfit {
    fn custom<T: fmt::Display>(_may_hold_the_value: T) -> Self {
        Self::Refused
    }
}

/// The bytes of values, one behind the other.
pub(super) struct Out {
    memory: Memory,
    length: usize,
    /// The first reason why a value was not written. The reason is kept, because a `Serialize` may
    /// ignore an error and leave bytes that look complete.
    unfit: Option<Unfit>,
}

/// Shows the length alone, because the memory holds arguments, of earlier calls as well.
impl fmt::Debug for Out {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Out").field("length", &self.length).finish_non_exhaustive()
    }
}

impl Out {
    /// Returns an empty buffer in this memory, and overwrites its content. Without memory, 4096 new
    /// bytes are used.
    pub(super) fn within(memory: Option<Memory>) -> Self {
        let memory = memory.unwrap_or_else(|| Box::new([0; MAX_LOCAL_KEY]));
        Self { memory, length: 0, unfit: None }
    }

    /// Writes bytes if there is room for them. Otherwise the value is unfit.
    #[inline]
    pub(super) fn put(&mut self, bytes: &[u8]) -> Result<(), Unfit> {
        let end = self.length + bytes.len();
        let Some(place) = self.memory.get_mut(self.length..end) else {
            return Err(self.fail(Unfit::Refused));
        };
        place.copy_from_slice(bytes);
        self.length = end;
        Ok(())
    }

    /// Notes the reason why a value is not written. The first reason counts.
    #[cold]
    pub(super) fn fail(&mut self, reason: Unfit) -> Unfit {
        *self.unfit.get_or_insert(reason)
    }

    /// Ends a value. If any part of the value was unfit, the result is an error, even if `written`
    /// is not.
    pub(super) fn end(&mut self, written: Result<(), Unfit>) -> Result<(), Unfit> {
        match self.unfit.take() {
            // mutant: an error that a Serialize passes over is forgotten
            Some(reason) => Err(reason),
            None => written,
        }
    }

    /// Returns the number of bytes that are written.
    pub(super) fn len(&self) -> usize {
        self.length
    }

    /// Keeps the first `length` bytes alone.
    pub(super) fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
    }

    /// Returns the bytes that are written.
    pub(super) fn bytes(&self) -> &[u8] {
        // The length is the end of the last piece that had room.
        &self.memory[..self.length]
    }

    /// Returns the memory, for the next local key.
    pub(super) fn into_memory(self) -> Memory {
        self.memory
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_exactly_is_written_and_nothing_more() {
        let mut out = Out::within(None);
        assert!(out.put(&[1; MAX_LOCAL_KEY - 1]).is_ok());
        assert!(out.put(&[2; 2]).is_err());
        assert!(out.put(&[3]).is_ok());
        assert!(out.put(&[4]).is_err());
        assert_eq!(out.bytes(), [&[1; MAX_LOCAL_KEY - 1][..], &[3]].concat());
        assert!(matches!(out.end(Ok(())), Err(Unfit::Refused)));
    }

    #[test]
    fn what_was_written_before_is_not_seen() {
        let mut out = Out::within(None);
        assert!(out.put(&[1; MAX_LOCAL_KEY]).is_ok());
        let mut out = Out::within(Some(out.into_memory()));
        assert_eq!(out.bytes(), b"");
        assert!(out.put(b"ab").is_ok());
        out.truncate(1);
        assert_eq!(out.bytes(), b"a");
        assert!(!format!("{out:?}").contains("[1, 1"));
    }
}
