//! Computes the freshness of an entry: whether the entry is served, and whether a caller is to
//! refresh it.

use crate::entry::envelope::Header;
use crate::entry::ttl::{Life, Ttl};
use std::time::Duration;

/// The options for values near the end of their time and after it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Grace {
    /// The time that an expired value is served while one caller revalidates it.
    pub(crate) stale: Option<Duration>,
    /// The time that an expired value is served to callers whose load fails.
    pub(crate) stale_if_error: Option<Duration>,
    /// The eagerness to revalidate a value before it expires. Zero turns this off.
    pub(crate) early: f64,
    /// The largest part by which a TTL is shortened.
    pub(crate) jitter: f64,
}

impl Grace {
    /// Tells whether an entry's own time has to be checked.
    pub(crate) fn is_any(&self) -> bool {
        self.stale.is_some() || self.stale_if_error.is_some() || self.early > 0.0
    }

    /// Returns the time that the store keeps an expired value.
    pub(crate) fn time(&self) -> Duration {
        self.stale.max(self.stale_if_error).unwrap_or_default()
    }
}

/// The relation of an entry to its own time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// The entry is served.
    Fresh,
    /// The entry is served, and one caller revalidates it before it expires (`XFetch`: Vattani et
    /// al., "Optimal Probabilistic Cache Stampede Prevention", VLDB 2015).
    Early,
    /// The entry has expired, and is served while one caller revalidates it
    /// (`stale-while-revalidate`: RFC 5861).
    Stale,
    /// The entry has expired, and is served to callers whose load fails (`stale-if-error`: RFC
    /// 5861).
    Fallback,
    /// The entry has expired, and is of no use.
    Over,
}

impl Freshness {
    /// Returns the freshness of an entry at a time, in milliseconds since the Unix epoch.
    ///
    /// Without the options of `grace`, the entry is fresh as long as the store has it. The store's
    /// clock alone then decides.
    pub(crate) fn at(now: u64, header: &Header, grace: &Grace) -> Self {
        let Some(until) = header.fresh_until.filter(|_| grace.is_any()) else { return Self::Fresh };
        let late = Duration::from_millis(now.saturating_sub(until));
        if now < until {
            let left = Duration::from_millis(until - now);
            // mutant: nothing is loaded early
            let is_early = grace.early > 0.0 && lead(header.cost, grace.early) >= left;
            return if is_early { Self::Early } else { Self::Fresh };
        }
        match (grace.stale, grace.stale_if_error) {
            (Some(stale), _) if late < stale => Self::Stale,
            (_, Some(fallback)) if late < fallback => Self::Fallback,
            _ => Self::Over,
        }
    }

    /// Tells whether the entry is served while another caller revalidates it.
    pub(crate) fn is_served(self) -> bool {
        matches!(self, Self::Fresh | Self::Early | Self::Stale)
    }

    pub(crate) fn has_expired(self) -> bool {
        matches!(self, Self::Stale | Self::Fallback | Self::Over)
    }
}

/// Returns the time before an entry's end at which this caller revalidates it. The time grows with
/// the cost of a load. The time is random, so that one of many callers is the first.
fn lead(cost: Duration, beta: f64) -> Duration {
    // The chance is in (0, 1], so that the logarithm is finite.
    let chance = 1.0 - fastrand::f64();
    let seconds = cost.as_secs_f64() * beta * -chance.ln();
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

/// Returns the times of an entry under a function's options.
pub(crate) fn life(expiry: Ttl, grace: &Grace) -> Life {
    // mutant: jitter is forgotten
    Life::of(shortened(expiry, grace.jitter), grace.time())
}

/// Shortens a time at random, by `jitter` of it at most.
fn shortened(expiry: Ttl, jitter: f64) -> Ttl {
    match expiry {
        Ttl::After(time) if jitter > 0.0 && !time.is_zero() => {
            let shorter = time.mul_f64(1.0 - jitter.min(1.0) * fastrand::f64());
            Ttl::After(shorter.max(Duration::from_millis(1)))
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::codec::form::Form;

    const NONE: Grace = Grace { stale: None, stale_if_error: None, early: 0.0, jitter: 0.0 };
    const MINUTE: Option<Duration> = Some(Duration::from_secs(60));
    const HOUR: Option<Duration> = Some(Duration::from_secs(3600));

    /// Returns the freshness at a time of an entry that is fresh until a thousand seconds after the
    /// epoch, and took ten to load.
    fn at(seconds: u64, grace: Grace) -> Freshness {
        let mut header = Header::new(Form::JSON, None, Duration::from_secs(10), 0);
        header.fresh_until = Some(1_000_000);
        Freshness::at(seconds * 1000, &header, &grace)
    }

    #[test]
    fn an_entry_goes_through_its_ages() {
        let both = Grace { stale: MINUTE, stale_if_error: HOUR, ..NONE };
        assert_eq!(at(999, both), Freshness::Fresh);
        assert_eq!(at(1000, both), Freshness::Stale);
        assert_eq!(at(1059, both), Freshness::Stale);
        assert_eq!(at(1060, both), Freshness::Fallback);
        assert_eq!(at(4600, both), Freshness::Over);
        assert_eq!(at(1060, Grace { stale: MINUTE, ..NONE }), Freshness::Over);
        assert_eq!(at(1001, Grace { stale_if_error: HOUR, ..NONE }), Freshness::Fallback);
        assert_eq!(at(9999, NONE), Freshness::Fresh, "the store's clock decides");
    }

    #[test]
    fn an_early_refresh_is_likelier_the_nearer_the_end_is() {
        let early = Grace { early: 1.0, ..NONE };
        let often = |seconds| (0..1000).filter(|_| at(seconds, early) == Freshness::Early).count();
        // The chance is exp(-left / cost): 0.90 a second before the end, and 0.000045 a hundred
        // seconds before.
        assert!((850..950).contains(&often(999)), "{}", often(999));
        assert!(often(900) < 10);
        assert_eq!(at(1000, early), Freshness::Over);
    }

    #[test]
    fn jitter_shortens_by_its_part_at_most() {
        let minute = Ttl::from(60);
        let times: Vec<_> = (0..1000).map(|_| shortened(minute, 0.1)).collect();
        let is_within = |expiry: &Ttl| matches!(expiry, Ttl::After(time) if (54.0..=60.0).contains(&time.as_secs_f64()));
        assert!(times.iter().all(is_within));
        assert!(times.iter().any(|expiry| *expiry != times[0]));
        assert_eq!(shortened(Ttl::Never, 0.5), Ttl::Never);
        assert_eq!(shortened(minute, 0.0), minute);
        let shortest = Ttl::from(Duration::from_millis(1));
        assert_eq!(shortened(shortest, 1.0), shortest);
    }
}
