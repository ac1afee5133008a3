//! Choices that can be made again.

use fastrand::Rng;
use std::ops::Range;
use std::time::Duration;

/// The choices of one place in a run, told apart from all others by `path`: the process, its task, and so on.
pub(crate) fn stream(seed: u64, path: &[u32]) -> Rng {
    let step = |seed: u64, part: &u32| Rng::with_seed(seed ^ (u64::from(*part) + 1)).u64(..);
    Rng::with_seed(path.iter().fold(seed, step))
}

/// A time within the range, in milliseconds.
pub(crate) fn between(choices: &mut Rng, range: Range<u64>) -> Duration {
    Duration::from_micros(choices.u64(range.start * 1000..range.end * 1000))
}

/// One of `items`; nothing when there are none.
pub(crate) fn pick<T: Copy>(choices: &mut Rng, items: &[T]) -> Option<T> {
    choices.choice(items).copied()
}

#[cfg(test)]
mod tests {
    use super::stream;
    use std::collections::BTreeSet;

    #[test]
    fn a_seed_repeats_its_choices_and_places_differ() {
        assert_eq!(stream(7, &[1, 2]).u64(..), stream(7, &[1, 2]).u64(..));
        let paths: [&[u32]; 6] = [&[], &[0], &[0, 0], &[0, 1], &[1, 0], &[1]];
        let first: BTreeSet<u64> = paths.iter().map(|path| stream(7, path).u64(..)).collect();
        assert_eq!(first.len(), paths.len());
    }
}
