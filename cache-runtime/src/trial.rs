//! Whether a function's values come back as they were stored.
//!
//! `Serialize` and `Deserialize` of a type may disagree: a value can be written and not read, or
//! a field is skipped and comes back as its default. Both show only when a value is read back, so
//! that the first values of each function are.

use std::fmt::{Debug, Write as _};
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

/// How many values of a function are read back when they are stored.
const FIRST: u8 = 3;

/// Every value is read back.
const ALL: u8 = u8::MAX;

/// How many of a function's values are still to be read back.
#[derive(Debug)]
pub(crate) struct Trial(AtomicU8);

impl Default for Trial {
    fn default() -> Self {
        Self(AtomicU8::new(FIRST))
    }
}

impl Trial {
    /// Tells whether the next value is to be read back. Two callers at once may both read back the last one.
    pub(crate) fn is_due(&self) -> bool {
        match self.0.load(Relaxed) {
            0 => false,
            ALL => true,
            left => {
                self.0.store(left - 1, Relaxed);
                true
            }
        }
    }

    /// Notes that an entry of the function could not be read: a program with another type may have
    /// written it, or this one.
    pub(crate) fn begin_again(&self) {
        _ = self.0.compare_exchange(0, FIRST, Relaxed, Relaxed);
    }

    /// Notes that a value did not come back: none is stored any more without being read back.
    pub(crate) fn fail(&self) {
        self.0.store(ALL, Relaxed);
    }
}

/// A value as it was loaded, and as it came back.
#[derive(Debug)]
pub struct Brought<'a, T> {
    pub(crate) loaded: &'a T,
    pub(crate) back: &'a T,
}

/// Tells whether two values differ: by `PartialEq` where their type has it, else by `Debug`, else not at all.
///
/// Method look-up prefers the impl that needs the fewest steps away from the receiver, `&&&Brought`.
pub trait Compare {
    /// Answers.
    fn __differ(&self) -> bool;
}

impl<T: PartialEq> Compare for &&Brought<'_, T> {
    #[expect(clippy::eq_op, reason = "what differs from itself, as NaN does, says nothing")]
    fn __differ(&self) -> bool {
        self.loaded != self.back && self.loaded == self.loaded
    }
}

impl<T: Debug> Compare for &Brought<'_, T> {
    /// Maps and sets show their elements in any order, so that what counts is which bytes there are.
    fn __differ(&self) -> bool {
        bytes_of(self.loaded) != bytes_of(self.back)
    }
}

impl<T> Compare for Brought<'_, T> {
    fn __differ(&self) -> bool {
        false
    }
}

fn bytes_of<T: Debug>(value: &T) -> Vec<u8> {
    let mut text = String::new();
    // An implementation that fails says nothing: both are cut off at the same place, or look different once.
    _ = write!(text, "{value:?}");
    let mut bytes = text.into_bytes();
    bytes.sort_unstable();
    bytes
}

/// Runs what belongs to the value's type; `None`: it panicked. The value is loaded, and its caller must not hear of that.
pub(crate) fn caught<R>(run: impl FnOnce() -> R) -> Option<R> {
    panic::catch_unwind(AssertUnwindSafe(run)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_values_are_tried_and_all_after_a_failure() {
        let trial = Trial::default();
        assert_eq!([0; 5].map(|_| trial.is_due()), [true, true, true, false, false]);
        trial.begin_again();
        assert_eq!([0; 4].map(|_| trial.is_due()), [true, true, true, false]);
        trial.fail();
        trial.begin_again();
        assert!((0..500).all(|_| trial.is_due()));
    }
}
