//! Tries whether a function's values come back as they were stored.
//!
//! `Serialize` and `Deserialize` of a type may disagree. A value can then be written and not read,
//! or a skipped field comes back as its default. Only reading back shows this, so that the first
//! three values of each function are read back.

use std::fmt::{self, Debug, Write as _};
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

/// The number of a function's values that are read back when they are stored.
const TRIED_VALUES: u8 = 3;

/// The largest text of a value that is compared, in bytes.
const MAX_TEXT: usize = 256 << 10;

/// The mark for a function of which every value is read back.
const ALL: u8 = u8::MAX;

/// The number of a function's values that are still to be read back.
#[derive(Debug)]
pub(crate) struct Trial(AtomicU8);

impl Default for Trial {
    fn default() -> Self {
        Self(AtomicU8::new(TRIED_VALUES))
    }
}

impl Trial {
    /// Tells whether the next value is to be read back. Two concurrent callers may both read back
    /// the last value.
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

    /// Restarts the trial, because an entry of the function could not be read. A program with
    /// another type may have written the entry, or this program.
    pub(crate) fn begin_again(&self) {
        _ = self.0.compare_exchange(0, TRIED_VALUES, Relaxed, Relaxed);
    }

    /// Notes that a value did not come back. From now on, every value is read back before it is
    /// stored.
    pub(crate) fn fail(&self) {
        self.0.store(ALL, Relaxed);
    }
}

/// A value as it was loaded, and as it came back from its encoded form.
#[derive(Debug)]
pub struct Brought<'a, T> {
    pub(crate) loaded: &'a T,
    pub(crate) back: &'a T,
}

/// A way to tell whether values of a type differ.
pub trait Compare<T> {
    /// Returns whether the two values are known to differ.
    fn differ(brought: Brought<'_, T>) -> bool;
}

/// Compares values by `PartialEq`.
#[derive(Debug)]
pub enum ByEq {}

impl<T: PartialEq> Compare<T> for ByEq {
    #[expect(clippy::eq_op, reason = "a NaN differs from itself and proves nothing")]
    fn differ(Brought { loaded, back }: Brought<'_, T>) -> bool {
        loaded != back && loaded == loaded
    }
}

/// Compares the `Debug` texts of values.
#[derive(Debug)]
pub enum ByDebug {}

impl<T: Debug> Compare<T> for ByDebug {
    /// Returns `false` for values that are too long to be compared.
    fn differ(Brought { loaded, back }: Brought<'_, T>) -> bool {
        let mut bytes = Bytes::default();
        bytes.add(loaded, 1) && bytes.add(back, -1) && bytes.differ()
    }
}

/// The difference of two values' texts: for each byte, how much more often it occurs in one text
/// than in the other.
///
/// Maps and sets show their elements in any order, so that only the number of each byte counts. No
/// text is kept, because a value may be large and its caller waits.
struct Bytes {
    counts: [i64; 256],
    step: i64,
    left: usize,
    is_full: bool,
}

impl Default for Bytes {
    fn default() -> Self {
        Self { counts: [0; 256], step: 0, left: 0, is_full: false }
    }
}

impl Bytes {
    /// Counts the bytes of a value's text, `step` times each. Returns whether the text was seen as
    /// a whole.
    ///
    /// An error of the `Debug` implementation is ignored. Both texts then end at the same place, or
    /// look different once.
    fn add(&mut self, value: &impl Debug, step: i64) -> bool {
        (self.step, self.left) = (step, MAX_TEXT);
        _ = write!(self, "{value:?}");
        !self.is_full
    }

    fn differ(&self) -> bool {
        self.counts.iter().any(|count| *count != 0)
    }
}

impl fmt::Write for Bytes {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // mutant: a value is shown whole to be compared
        self.is_full |= text.len() > self.left;
        if self.is_full {
            return Err(fmt::Error);
        }
        self.left -= text.len();
        text.bytes().for_each(|byte| self.counts[usize::from(byte)] += self.step);
        Ok(())
    }
}

/// Runs code of the value's type. Returns `None` if it panicked. The value is loaded already, so
/// that the caller must not see the panic.
pub(crate) fn caught<R>(run: impl FnOnce() -> R) -> Option<R> {
    // mutant: a panic while a value is read back is its caller's
    panic::catch_unwind(AssertUnwindSafe(run)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::collections::HashSet;

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

    fn differ<T: Debug>(loaded: &T, back: &T) -> bool {
        ByDebug::differ(Brought { loaded, back })
    }

    #[test]
    fn texts_are_compared_in_any_order() {
        let set = |numbers: std::ops::Range<u32>| numbers.collect::<HashSet<_>>();
        assert!(!differ(&set(0..100), &set(0..100)));
        assert!(differ(&set(0..100), &set(1..101)));
        assert!(differ(&"", &"a"));
    }

    /// A value with a text of many parts, which ends in a letter of its own.
    struct Long<'a> {
        parts: usize,
        end: char,
        shown: &'a Cell<usize>,
    }

    const PART: &str = "0123456789abcdef";

    impl Debug for Long<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            for _ in 0..self.parts {
                self.shown.set(self.shown.get() + PART.len());
                f.write_str(PART)?;
            }
            write!(f, "{}", self.end)
        }
    }

    #[test]
    fn a_text_is_compared_up_to_a_length() {
        let shown = Cell::new(0);
        let long = |parts, end| Long { parts, end, shown: &shown };
        let most = MAX_TEXT / PART.len() - 1;
        assert!(differ(&long(most, 'x'), &long(most, 'y')));
        shown.set(0);
        assert!(!differ(&long(most * 9, 'x'), &long(0, 'y')), "taken for equal");
        assert!(!differ(&long(0, 'x'), &long(most * 9, 'y')), "taken for equal");
        assert!(shown.get() <= 2 * (MAX_TEXT + PART.len()), "{} bytes were shown", shown.get());
    }
}
