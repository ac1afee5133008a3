//! Questions to a store, in the words of a complaint.

use crate::error::Result;
use crate::store::{Condition, Remaining};
use std::collections::BTreeSet;
use std::fmt::{self, Debug, Display, Formatter};
use std::time::Duration;

/// Value at a key before a question: it begins like a lease, and has bytes that no text holds.
pub(super) const OLD: &[u8] = b"lease:1 \0 and \xff after";

/// Value that is written over the earlier one.
pub(super) const NEW: &[u8] = b"new \xfe value \0";

/// Conditions of every kind. Their beginnings have every relation to the earlier value.
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

/// States of a key before a question.
pub(super) const STATES: [Before; 4] =
    [Before::Nothing, Before::Expired, Before::Value(Life::Endless), Before::Value(Life::Minute)];

/// State of a key before a question.
#[derive(Clone, Copy, Debug)]
pub(super) enum Before {
    Nothing,
    /// A value that has expired, whether or not the store has noticed.
    Expired,
    Value(Life),
}

impl Before {
    /// Returns the value and the expiry that readers see.
    pub(super) fn shown(self) -> (Option<&'static [u8]>, Life) {
        match self {
            Self::Nothing | Self::Expired => (None, Life::Endless),
            Self::Value(life) => (Some(OLD), life),
        }
    }

    /// Tells whether a condition holds in this state.
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

/// Expiry of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    Endless,
    Minute,
    Hour,
    /// An expiry so short that it is over before the question.
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

    /// Tells whether a value written a moment ago with this expiry may have `left` remaining. A
    /// store may count in seconds.
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
    /// Makes a question from a method and its circumstances.
    pub(super) fn of(method: &str, how: impl Display) -> Self {
        Self(format!("`{method}`{how}"))
    }

    /// Makes a question from a method, its condition, and the state of the key.
    pub(super) fn on(
        method: &str,
        condition: Condition<'_>,
        how: impl Display,
        over: Before,
    ) -> Self {
        Self::of(method, format!(", {}{how}, {over}", told(condition)))
    }

    /// Compares a result with the expected one.
    pub(super) fn expect<T: Debug + PartialEq>(&self, what: &str, seen: &Result<T>, expected: &T) {
        let seen = match seen {
            Ok(seen) if seen == expected => return,
            Ok(seen) => format!("{seen:?}"),
            Err(error) => format!("the error `{error}`"),
        };
        self.complain(what, format!("{expected:?}"), seen);
    }

    /// Compares a value with the expected one.
    pub(super) fn expect_value(&self, what: &str, seen: Option<&[u8]>, expected: Option<&[u8]>) {
        if seen != expected {
            self.complain(what, show(expected), show(seen));
        }
    }

    /// Compares keys with the expected ones. A complaint names up to five missing and five
    /// additional keys.
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

    /// Ends the suite with a panic.
    pub(super) fn complain(&self, what: &str, expected: impl Display, seen: impl Display) -> ! {
        panic!("{}: {what}: expected {expected}, saw {seen}", self.0)
    }

    /// Returns the answer of a method. An error ends the suite.
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

/// Returns bytes as a complaint shows them.
pub(super) fn show(value: Option<&[u8]>) -> String {
    let Some(value) = value else { return "nothing".to_owned() };
    match value.get(..40) {
        Some(start) => format!("`{}…` ({} bytes)", start.escape_ascii(), value.len()),
        None => format!("`{}`", value.escape_ascii()),
    }
}
