//! Generated input that can be generated again.

use std::hash::{BuildHasher, RandomState};
use std::thread;

/// The environment variable that names the seed of a run to repeat.
const VARIABLE: &str = "CACHE_TEST_SEED";

/// Numbers that look random, the same ones for the same seed (`SplitMix64`).
///
/// Every run takes a new seed. A test that panics while it holds one prints how to repeat it.
#[derive(Debug)]
pub struct Random {
    seed: u64,
    state: u64,
}

impl Random {
    /// Starts with a new seed, or with the one in the environment variable `CACHE_TEST_SEED`.
    ///
    /// # Panics
    ///
    /// When the variable holds something else than a number.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "two of them differ")]
    pub fn new() -> Self {
        let seed = std::env::var(VARIABLE).map_or_else(
            |_| RandomState::new().hash_one(thread::current().id()),
            |seed| seed.parse().unwrap_or_else(|_| panic!("{VARIABLE} is no number: {seed}")),
        );
        Self { seed, state: seed }
    }

    /// Returns the next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number below `end`.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).expect("a usize has at most 64 bits");
        usize::try_from(self.bits() % end).expect("it is below a usize")
    }

    /// Returns one of `items`.
    ///
    /// # Panics
    ///
    /// When there are none.
    pub fn pick<T: Clone>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())].clone()
    }
}

impl Drop for Random {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("to repeat this run: {VARIABLE}={}", self.seed);
        }
    }
}
