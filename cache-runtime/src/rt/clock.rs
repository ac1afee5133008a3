//! A clock for the times that every hit reads. Reading this clock costs a quarter of what `Instant`
//! costs. The clock runs a few milliseconds behind.

use std::sync::LazyLock;
use std::time::Duration;

/// A moment of this clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(Duration);

/// Time that the clock may be behind, as the system states it. Below a virtual machine, the host
/// may hold the clock up for longer.
static LAG: LazyLock<Duration> = LazyLock::new(source::lag);

impl Moment {
    /// Returns this moment, or a moment slightly earlier.
    pub(crate) fn now() -> Self {
        Self(source::now())
    }

    /// Returns a moment that this clock reaches no later than `time` from now. If `time` is less
    /// than the clock can tell, the moment is now.
    pub(crate) fn within(time: Duration) -> Self {
        // On overflow, the end of time stands for every later moment.
        // mutant: the clock of a hit is not allowed to be behind
        Self(source::now().checked_add(time.saturating_sub(*LAG)).unwrap_or(Duration::MAX))
    }
}

/// The kernel keeps the time of its last tick where programs can read it (`clock_gettime(2)`,
/// `CLOCK_MONOTONIC_COARSE`).
#[cfg(target_os = "linux")]
mod source {
    use rustix::time::{ClockId, Timespec, clock_getres, clock_gettime};
    use std::time::Duration;

    pub(super) fn now() -> Duration {
        since_start(clock_gettime(ClockId::MonotonicCoarse))
    }

    pub(super) fn lag() -> Duration {
        since_start(clock_getres(ClockId::MonotonicCoarse))
    }

    /// Returns the time since the system's start. A negative time, which this clock never gives,
    /// becomes zero.
    fn since_start(time: Timespec) -> Duration {
        Duration::try_from(time).unwrap_or_default()
    }
}

#[cfg(not(target_os = "linux"))]
mod source {
    use std::sync::LazyLock;
    use std::time::{Duration, Instant};

    static START: LazyLock<Instant> = LazyLock::new(Instant::now);

    pub(super) fn now() -> Duration {
        START.elapsed()
    }

    pub(super) fn lag() -> Duration {
        Duration::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn a_moment_is_never_reached_too_late() {
        for milliseconds in [0, 1, 4, 20] {
            let time = Duration::from_millis(milliseconds);
            let started = Instant::now();
            let end = Moment::within(time);
            while Moment::now() < end {
                assert!(
                    started.elapsed() < time + Duration::from_secs(10),
                    "the clock stands still"
                );
                std::hint::spin_loop();
                if started.elapsed() > time {
                    // The clock passed the moment between the two looks, or the clock is late.
                    assert!(Moment::now() >= end, "{time:?}");
                }
            }
        }
    }

    #[test]
    fn there_is_no_moment_after_the_end_of_time() {
        assert!(Moment::within(Duration::MAX) > Moment::now());
    }
}
