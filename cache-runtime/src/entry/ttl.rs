//! Expresses the time that an entry lives.

use std::time::Duration;

/// The longest TTL that is sent to a store: a hundred years. Redis refuses times that overflow its
/// clock.
const MAX_TTL: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// The time that an entry is fresh: a duration, or without end.
///
/// A TTL is made from a [`Duration`], from seconds (`u64`), or from an `Option<Duration>`, where
/// `None` means without end. With a TTL of zero, the value is not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ttl {
    /// The entry expires after this time, counted from when it was stored.
    After(Duration),
    /// The entry stays until it is invalidated or evicted.
    Never,
}

impl Ttl {
    /// Returns the TTL as stores take it: from 1 ms to a hundred years, or `None` for no end.
    pub(crate) fn bounded(self) -> Option<Duration> {
        match self {
            Self::After(time) => Some(time.clamp(Duration::from_millis(1), MAX_TTL)),
            Self::Never => None,
        }
    }

    /// Tells whether the TTL is zero, so that the value is not stored.
    pub(crate) fn is_zero(self) -> bool {
        self == Self::After(Duration::ZERO)
    }
}

/// The two times of an entry. `None` means without end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Life {
    /// The time that the entry is fresh.
    pub(crate) fresh: Option<Duration>,
    /// The time that the store keeps the entry.
    pub(crate) kept: Option<Duration>,
}

impl Life {
    /// Returns the times of an entry that the store keeps for `grace` after it has expired.
    pub(crate) fn of(expiry: Ttl, grace: Duration) -> Self {
        let fresh = expiry.bounded();
        // mutant: the store forgets a value when it expires
        Self { fresh, kept: fresh.map(|time| time.saturating_add(grace).min(MAX_TTL)) }
    }
}

impl From<Duration> for Ttl {
    fn from(time: Duration) -> Self {
        Self::After(time)
    }
}

impl From<u64> for Ttl {
    fn from(seconds: u64) -> Self {
        Self::After(Duration::from_secs(seconds))
    }
}

impl From<Option<Duration>> for Ttl {
    fn from(time: Option<Duration>) -> Self {
        time.map_or(Self::Never, Self::After)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stores_never_see_zero_or_overflow() {
        let shortest = Ttl::After(Duration::from_nanos(1)).bounded();
        assert_eq!(shortest, Some(Duration::from_millis(1)));
        assert_eq!(Ttl::After(Duration::MAX).bounded(), Some(MAX_TTL));
        assert_eq!(Ttl::Never.bounded(), None);
    }
}
