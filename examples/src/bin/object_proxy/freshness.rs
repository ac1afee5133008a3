//! What `Cache-Control` says of keeping a response (RFC 9111, section 5.2.2), to a cache that many clients share.

use axum::http::HeaderMap;
use axum::http::header::{AGE, CACHE_CONTROL, EXPIRES};
use std::time::Duration;

/// Nobody knows what is true in a year.
const LONGEST: u64 = 365 * 86_400;

/// For how long a response may be served, and whether also after that, where the store cannot be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Freshness {
    /// How old it was when it came, in seconds.
    pub(crate) age: u64,
    /// How old it may become, in seconds.
    pub(crate) lifetime: u64,
    pub(crate) never_stale: bool,
}

impl Freshness {
    /// `None`: it must not be kept, or not for any time.
    pub(crate) fn of(headers: &HeaderMap, otherwise: Duration) -> Option<Self> {
        let lines = headers.get_all(CACHE_CONTROL).iter();
        let text: Vec<_> = lines.map(|line| line.to_str().unwrap_or("no-store")).collect();
        let directives = Directives(text.join(","));
        if ["no-store", "no-cache", "private"].iter().any(|name| directives.has(name)) {
            return None;
        }
        let age = headers.get(AGE).map_or(Some(0), |age| age.to_str().ok()?.parse().ok())?;
        let lifetime = directives.lifetime(headers, otherwise)?;
        let strict = ["must-revalidate", "proxy-revalidate", "s-maxage"];
        let never_stale = strict.iter().any(|name| directives.has(name));
        (lifetime > age).then_some(Self { age, lifetime, never_stale })
    }
}

struct Directives(String);

impl Directives {
    /// How long it is fresh. A number that is none means that it is not; nor is a response kept whose only word on it is a date, because
    /// that would have to be compared with another machine's clock.
    fn lifetime(&self, headers: &HeaderMap, otherwise: Duration) -> Option<u64> {
        for name in ["s-maxage", "max-age"] {
            if self.has(name) {
                return Some(self.value(name)?.parse::<u64>().ok()?.min(LONGEST));
            }
        }
        (!headers.contains_key(EXPIRES)).then(|| otherwise.as_secs().max(1))
    }

    fn has(&self, name: &str) -> bool {
        self.all().any(|(found, _)| found.eq_ignore_ascii_case(name))
    }

    fn value(&self, name: &str) -> Option<&str> {
        let mut named = self.all().filter(|(found, _)| found.eq_ignore_ascii_case(name));
        named.next().map(|(_, value)| value)
    }

    fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        let parts = self.0.split(',').map(|part| part.split_once('=').unwrap_or((part, "")));
        parts.map(|(name, value)| (name.trim(), value.trim().trim_matches('"')))
    }
}
