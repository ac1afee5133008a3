//! Where a question is written: memory of one size, so that nothing grows while a hit in process writes, and what does not fit is not asked.

use serde::ser;
use std::fmt;

/// The longest local key, in bytes.
pub(super) const MAX_LOCAL_KEY: usize = 4096;

/// What one question is written in.
pub(super) type Memory = Box<[u8; MAX_LOCAL_KEY]>;

/// Why a value cannot be written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Unfit {
    /// Its order means nothing: it has to be sorted.
    Unordered,
    /// It has no place in a key, or is too long.
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

/// Where values are written, one behind the other.
pub(super) struct Out {
    memory: Memory,
    length: usize,
    /// The first thing that was not written. It stays: a `Serialize` may pass over an error, and what is left looks whole.
    unfit: Option<Unfit>,
}

/// It holds arguments, of earlier calls as well.
impl fmt::Debug for Out {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Out").field("length", &self.length).finish_non_exhaustive()
    }
}

impl Out {
    /// Writes into this memory, whatever it holds; into new one where there is none.
    pub(super) fn within(memory: Option<Memory>) -> Self {
        let memory = memory.unwrap_or_else(|| Box::new([0; MAX_LOCAL_KEY]));
        Self { memory, length: 0, unfit: None }
    }

    /// Writes bytes, if there is room for them.
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

    /// Notes why a value is not written; the first reason counts.
    #[cold]
    pub(super) fn fail(&mut self, reason: Unfit) -> Unfit {
        *self.unfit.get_or_insert(reason)
    }

    /// Ends a value: it is written if nothing in it was unfit, whatever it says of itself.
    pub(super) fn end(&mut self, written: Result<(), Unfit>) -> Result<(), Unfit> {
        match self.unfit.take() {
            // mutant: an error that a Serialize passes over is forgotten
            Some(reason) => Err(reason),
            None => written,
        }
    }

    /// How many bytes are written.
    pub(super) fn len(&self) -> usize {
        self.length
    }

    /// Takes back all but the first bytes.
    pub(super) fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
    }

    /// What is written.
    pub(super) fn bytes(&self) -> &[u8] {
        // Its length is where the last piece ended that had room.
        &self.memory[..self.length]
    }

    /// The memory, for the next question.
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
