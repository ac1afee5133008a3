//! How long an entry lives.

use std::time::Duration;

/// The longest TTL that is sent to a store: a hundred years. Redis refuses times that overflow its clock.
const MAX_TTL: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// How long an entry is fresh: for a time, or without end.
///
/// Made from a [`Duration`], from seconds (`u64`), or from an `Option<Duration>` where `None` means
/// without end. Zero means: do not store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ttl {
    /// The entry expires after this time, counted from when it was stored.
    After(Duration),
    /// The entry stays until it is invalidated or evicted.
    Never,
}

impl Ttl {
    /// The time to live in the form that stores take: `None` is without end, never zero, never out of range.
    pub(crate) fn bounded(self) -> Option<Duration> {
        match self {
            Self::After(time) => Some(time.clamp(Duration::from_millis(1), MAX_TTL)),
            Self::Never => None,
        }
    }

    /// Whether this asks for no storing at all.
    pub(crate) fn is_zero(self) -> bool {
        self == Self::After(Duration::ZERO)
    }
}

/// The two times of an entry; `None`: without end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Life {
    /// How long it is fresh.
    pub(crate) fresh: Option<Duration>,
    /// How long the store keeps it.
    pub(crate) kept: Option<Duration>,
}

impl Life {
    /// The times of an entry that is kept for a while after it has expired.
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
