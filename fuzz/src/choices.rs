//! The random choices of a run, which its seed repeats.

use fastrand::Rng;

/// Texts that look like something else in a key: numbers, names, and what keys are written with.
const TEXTS: [&str; 26] = [
    "", "a", "b", "A", "B", "C", "1", "0", "-1", "1e0", "true", "null", "~", "_", "+null", "+",
    "\"", "\\", "'", "a:b", "*", "[1,2]", "x\"00\"", "é", "\u{1}\n", "a,b",
];

const CHARS: [char; 10] = ['a', 'b', 'A', '1', '"', '\'', '\\', 'é', '\u{1}', '~'];

/// Makes the choices of one run.
#[derive(Debug)]
pub struct Choices {
    rng: Rng,
    /// How many more parts a value may get.
    budget: usize,
}

impl Choices {
    /// Repeats the choices of a seed.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        Self { rng: Rng::with_seed(seed), budget: 0 }
    }

    /// Begins a value.
    pub fn begin(&mut self) {
        self.budget = 60;
    }

    /// Returns a number below `end`, which is not zero.
    pub fn below(&mut self, end: usize) -> usize {
        self.rng.usize(..end)
    }

    /// Returns `true` once in `times`.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// Returns one of several.
    pub fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    /// Returns 64 random bits: often few of them are set.
    pub fn bits(&mut self) -> u64 {
        match self.below(4) {
            0 => self.rng.u64(..),
            1 => u64::MAX - self.rng.u64(..3),
            _ => self.rng.u64(..4),
        }
    }

    /// Returns the length of a list: short, and nothing once the value is large.
    pub fn length(&mut self) -> usize {
        let length = self.below(5).min(self.budget);
        self.budget -= length;
        length
    }

    /// Returns a text.
    pub fn text(&mut self) -> String {
        if self.once_in(50) {
            return "long:".repeat(self.below(40));
        }
        self.pick(&TEXTS).to_owned()
    }

    /// Returns a character.
    pub fn char(&mut self) -> char {
        self.pick(&CHARS)
    }

    /// Returns a float: seldom one that is not finite.
    pub fn float(&mut self) -> f64 {
        match self.below(12) {
            0 => f64::from_bits(self.rng.u64(..)),
            1 if self.once_in(8) => self.pick(&[f64::NAN, f64::INFINITY, f64::NEG_INFINITY]),
            _ => self.pick(&[0.0, -0.0, 1.0, 0.1, -1.5, 1e21, 0.1 + 0.2, 16_777_217.0]),
        }
    }
}
