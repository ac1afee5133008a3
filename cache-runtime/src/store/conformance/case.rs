//! What is asked, in the words of a complaint.

use crate::error::Result;
use crate::store::{Condition, Remaining};
use std::collections::BTreeSet;
use std::fmt::{self, Debug, Display, Formatter};
use std::time::Duration;

/// What stands at a key before it is asked about: a lease, and what no text holds.
pub(super) const OLD: &[u8] = b"lease:1 \0 and \xff after";

/// What is written over it.
pub(super) const NEW: &[u8] = b"new \xfe value \0";

/// Every kind of condition, and of a beginning every relation to what stands there.
pub(super) const CONDITIONS: [Condition<'static>; 9] = [
    Condition::Always,
    Condition::Absent,
    Condition::StartsWith(b"lease:1"),
    Condition::StartsWith(OLD),
    Condition::StartsWith(b""),
    Condition::StartsWith(b"lease:2"),
    Condition::StartsWith(b"lease:1 \0 and \xff afterwards"),
    Condition::StartsWith(b"\xff after"),
    Condition::Foreign,
];

/// Every state that a key may be asked in.
pub(super) const STATES: [Before; 4] =
    [Before::Nothing, Before::Expired, Before::Value(Life::Endless), Before::Value(Life::Minute)];

/// What stands at a key.
#[derive(Clone, Copy, Debug)]
pub(super) enum Before {
    Nothing,
    /// Something that has expired, whether the store has noticed or not.
    Expired,
    Value(Life),
}

impl Before {
    /// What readers see of it.
    pub(super) fn shown(self) -> (Option<&'static [u8]>, Life) {
        match self {
            Self::Nothing | Self::Expired => (None, Life::Endless),
            Self::Value(life) => (Some(OLD), life),
        }
    }

    /// Whether a condition holds for it.
    pub(super) fn meets(self, condition: Condition<'_>) -> bool {
        let (value, _) = self.shown();
        match condition {
            Condition::Always => true,
            Condition::Absent => value.is_none(),
            Condition::StartsWith(start) => value.is_some_and(|value| value.starts_with(start)),
            Condition::Foreign => false,
        }
    }
}

impl Display for Before {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("over nothing"),
            Self::Expired => f.write_str("over an expired value"),
            Self::Value(life) => write!(f, "over {} that was stored {life}", show(Some(OLD))),
        }
    }
}

/// For how long a value is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    Endless,
    Minute,
    Hour,
    /// So short that it is over before anybody asks.
    Brief,
}

impl Life {
    pub(super) fn time(self) -> Option<Duration> {
        match self {
            Self::Endless => None,
            Self::Minute => Some(Duration::from_secs(60)),
            Self::Hour => Some(Duration::from_secs(3600)),
            Self::Brief => Some(Duration::from_millis(1)),
        }
    }

    /// Whether a value that was stored for this time a moment ago may have that left. A store may count in seconds.
    pub(super) fn fits(self, left: Remaining) -> bool {
        let least = match self {
            Self::Endless => return left == Remaining::Endless,
            Self::Brief if left == Remaining::Absent => return true,
            Self::Brief => Duration::ZERO,
            Self::Minute | Self::Hour => {
                self.time().unwrap_or_default().saturating_sub(Duration::from_secs(20))
            }
        };
        let most = self.time().unwrap_or_default() + Duration::from_secs(1);
        matches!(left, Remaining::Left(left) if least <= left && left <= most)
    }
}

impl Display for Life {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Endless => "without expiry",
            Self::Minute => "for a minute",
            Self::Hour => "for an hour",
            Self::Brief => "for a millisecond",
        })
    }
}

/// A question to a store.
#[derive(Clone, Debug)]
pub(super) struct Case(String);

impl Case {
    /// A method, and how it was asked.
    pub(super) fn of(method: &str, how: impl Display) -> Self {
        Self(format!("`{method}`{how}"))
    }

    /// A method that was asked under a condition, over something.
    pub(super) fn on(
        method: &str,
        condition: Condition<'_>,
        how: impl Display,
        over: Before,
    ) -> Self {
        Self::of(method, format!(", {}{how}, {over}", told(condition)))
    }

    /// Compares what was seen with what must be.
    pub(super) fn expect<T: Debug + PartialEq>(&self, what: &str, seen: &Result<T>, expected: &T) {
        let seen = match seen {
            Ok(seen) if seen == expected => return,
            Ok(seen) => format!("{seen:?}"),
            Err(error) => format!("the error `{error}`"),
        };
        self.complain(what, format!("{expected:?}"), seen);
    }

    /// The same for values.
    pub(super) fn expect_value(&self, what: &str, seen: Option<&[u8]>, expected: Option<&[u8]>) {
        if seen != expected {
            self.complain(what, show(expected), show(seen));
        }
    }

    /// The same for keys, of which only those are named that tell the two apart.
    pub(super) fn expect_keys(&self, seen: &BTreeSet<String>, expected: &BTreeSet<String>) {
        if seen == expected {
            return;
        }
        let some = |keys: BTreeSet<String>| keys.into_iter().take(5).collect::<Vec<_>>();
        let (missing, more) = (some(expected - seen), some(seen - expected));
        let expected = format!("{} of them", expected.len());
        let seen = format!("{}, without {missing:?}, and with {more:?}", seen.len());
        self.complain("the keys", expected, seen);
    }

    /// Ends the suite.
    pub(super) fn complain(&self, what: &str, expected: impl Display, seen: impl Display) -> ! {
        panic!("{}: {what}: expected {expected}, saw {seen}", self.0)
    }

    /// What a method answers, whatever that is.
    pub(super) fn answer<T>(&self, what: &str, answer: Result<T>) -> T {
        answer.unwrap_or_else(|error| {
            self.complain(what, "an answer", format!("the error `{error}`"))
        })
    }
}

fn told(condition: Condition<'_>) -> String {
    match condition {
        Condition::Always => "in any case".to_owned(),
        Condition::Absent => "if the key is absent".to_owned(),
        Condition::StartsWith(start) => format!("if it starts with {}", show(Some(start))),
        Condition::Foreign => "if it is foreign".to_owned(),
    }
}

/// Bytes as a complaint shows them.
pub(super) fn show(value: Option<&[u8]>) -> String {
    let Some(value) = value else { return "nothing".to_owned() };
    match value.get(..40) {
        Some(start) => format!("`{}…` ({} bytes)", start.escape_ascii(), value.len()),
        None => format!("`{}`", value.escape_ascii()),
    }
}
