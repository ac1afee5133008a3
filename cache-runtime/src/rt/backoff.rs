//! Pauses between attempts at something that keeps failing.

use std::time::Duration;

/// Pauses that double from the first one up to the longest one.
#[derive(Debug)]
pub(crate) struct Backoff {
    first: Duration,
    next: Duration,
    longest: Duration,
    jitter: f64,
}

impl Backoff {
    /// Begins with a pause of `first`. That pause is taken even if `first` exceeds `longest`.
    pub(crate) const fn new(first: Duration, longest: Duration) -> Self {
        Self { first, next: first, longest, jitter: 0.0 }
    }

    /// Makes each pause longer or shorter by up to this part of it. Random pauses keep a fleet out
    /// of lock-step. Default: `0.0`.
    pub(crate) const fn jitter(self, jitter: f64) -> Self {
        Self { jitter, ..self }
    }

    /// Returns the next pause.
    pub(crate) fn pause(&mut self) -> Duration {
        let pause = self.next;
        self.next = (pause * 2).min(self.longest);
        if self.jitter == 0.0 {
            return pause;
        }
        pause.mul_f64(1.0 + self.jitter * (2.0 * fastrand::f64() - 1.0))
    }

    /// Tells whether the next pause is the first one.
    pub(crate) fn is_fresh(&self) -> bool {
        self.next == self.first
    }

    /// Begins with the first pause again.
    pub(crate) fn reset(&mut self) {
        self.next = self.first;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Duration = Duration::from_millis(20);
    const LONGEST: Duration = Duration::from_millis(100);

    fn pauses(backoff: &mut Backoff, count: usize) -> Vec<u128> {
        (0..count).map(|_| backoff.pause().as_millis()).collect()
    }

    #[test]
    fn pauses_double_up_to_the_longest() {
        let mut backoff = Backoff::new(FIRST, LONGEST);
        assert_eq!(pauses(&mut backoff, 5), [20, 40, 80, 100, 100]);
    }

    #[test]
    fn a_reset_begins_with_the_first_pause() {
        let mut backoff = Backoff::new(FIRST, LONGEST);
        assert!(backoff.is_fresh());
        assert_eq!(pauses(&mut backoff, 3), [20, 40, 80]);
        assert!(!backoff.is_fresh());
        backoff.reset();
        assert!(backoff.is_fresh());
        assert_eq!(pauses(&mut backoff, 2), [20, 40]);
    }

    #[test]
    fn the_first_pause_may_be_longer_than_the_others() {
        let mut backoff = Backoff::new(FIRST, FIRST / 2);
        assert_eq!(pauses(&mut backoff, 3), [20, 10, 10]);
    }

    #[test]
    fn jitter_stays_within_its_part() {
        let mut backoff = Backoff::new(LONGEST, LONGEST).jitter(0.5);
        let pauses: Vec<_> = (0..1000).map(|_| backoff.pause()).collect();
        let (shortest, longest) = (pauses.iter().min().unwrap(), pauses.iter().max().unwrap());
        assert!(LONGEST / 2 <= *shortest && *shortest < LONGEST.mul_f64(0.6), "{shortest:?}");
        assert!(LONGEST.mul_f64(1.4) < *longest && *longest <= LONGEST * 3 / 2, "{longest:?}");
    }
}
