//! Writing and deleting a key if it holds what is expected, in one step.
//!
//! A script does it on every server. `SET … IFEQ` and a conditional delete do the same where the
//! whole expected value is known, and need no right to run scripts.

use super::set_command;
use crate::entry;
use crate::store::Condition;
use redis::{Cmd, Script, ScriptInvocation, Value};
use std::time::Duration;

/// By which means a connection compares and acts in one step. [`Rights`](super::rights::Rights)
/// finds it out when the connection is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Way {
    /// A script for everything.
    #[default]
    Scripts,
    /// `SET … IFEQ` writes if the whole expected value is known, and a script does the rest.
    /// Valkey 8.1 has no conditional delete.
    Sets,
    /// `SET … IFEQ` writes and this command deletes if the whole expected value is known, and a
    /// script does the rest.
    Both(Deletion),
    /// Commands alone, for a user who may not run scripts. If only the beginning of the expected
    /// value is known, the value is read first.
    Commands(Deletion),
}

/// A command that deletes a key if it holds one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deletion {
    /// `DELIFEQ key value`, since Valkey 9.0.
    DelIfEq,
    /// `DELEX key IFEQ value`, since Redis 8.4.
    DelEx,
}

impl Deletion {
    /// The order in which servers are asked for them.
    pub(super) const ALL: [Self; 2] = [Self::DelIfEq, Self::DelEx];

    /// Deletes `key` if it holds `expected`: the answer is how many keys were deleted.
    pub(super) fn command(self, key: &str, expected: &[u8]) -> Cmd {
        let mut command = redis::cmd(self.name());
        command.arg(key);
        if self == Self::DelEx {
            command.arg("IFEQ");
        }
        command.arg(expected);
        command
    }

    fn name(self) -> &'static str {
        match self {
            Self::DelIfEq => "DELIFEQ",
            Self::DelEx => "DELEX",
        }
    }
}

impl Way {
    pub(super) fn has_scripts(self) -> bool {
        !matches!(self, Self::Commands(_))
    }

    /// The command that does `action` if `key` holds `expected` and nothing more. `None`: there is
    /// none on this connection.
    pub(super) fn command(self, key: &str, expected: &[u8], action: Action<'_>) -> Option<Cmd> {
        match (self, action) {
            (Self::Scripts, _) | (Self::Sets, Action::Delete) => None,
            (Self::Both(deletion) | Self::Commands(deletion), Action::Delete) => {
                Some(deletion.command(key, expected))
            }
            (_, Action::Set(value, time_to_live)) => {
                Some(comparing(set_command(key, value, time_to_live), expected))
            }
            (_, Action::Stamp(new)) => {
                let value = [new, expected.get(new.len()..)?].concat();
                let mut command = set_command(key, &value, None);
                command.arg("KEEPTTL");
                Some(comparing(command, expected))
            }
        }
    }
}

/// A `SET` that takes place if the key holds `expected`. The answer is nil if it did not.
pub(super) fn comparing(mut set: Cmd, expected: &[u8]) -> Cmd {
    set.arg("IFEQ").arg(expected);
    set
}

/// Whether a command that compares has acted.
pub(super) fn has_acted(answer: &Value) -> bool {
    matches!(answer, Value::Okay | Value::Int(1..))
}

/// What happens to a key if a condition holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Action<'a> {
    Delete,
    /// Overwrites as many first bytes as there are.
    Stamp(&'a [u8]),
    Set(&'a [u8], Option<Duration>),
}

/// The whole value that a condition expects; `None`: it names the beginning of a value, or another
/// kind of value. A lease is all that its key holds; an entry goes on behind its header.
pub(super) fn whole(condition: Condition<'_>) -> Option<&[u8]> {
    match condition {
        Condition::StartsWith(expected) if entry::stands_alone(expected) => Some(expected),
        _ => None,
    }
}

/// Calls `script`, which is `guarded.lua`.
pub(super) fn invocation<'a>(
    script: &'a Script,
    key: &str,
    condition: Condition<'_>,
    action: Action<'_>,
) -> ScriptInvocation<'a> {
    let (mode, prefix): (&str, &[u8]) = match condition {
        Condition::StartsWith(prefix) => ("prefix", prefix),
        _ => ("foreign", b""),
    };
    let mut call = script.key(key);
    call.arg(mode).arg(prefix);
    match action {
        Action::Delete => call.arg("delete"),
        Action::Stamp(new) => call.arg("stamp").arg(new),
        Action::Set(value, time_to_live) => {
            let time = super::milliseconds(time_to_live);
            let expiry = time.map_or_else(String::new, |time| time.to_string());
            call.arg("set").arg(value).arg(expiry)
        }
    };
    call
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: &[u8] = b"cache/1 lease 000000000000000000000000000000ff\n";

    fn said(way: Way, action: Action<'_>) -> Option<String> {
        let packed = way.command("k", LEASE, action)?.get_packed_command();
        Some(String::from_utf8(packed).unwrap())
    }

    /// Turned red by a mutant: without the comparison anyone's lease would be filled.
    #[test]
    fn a_command_acts_for_the_holder_of_the_lease_alone() {
        let ways = [
            Way::Sets,
            Way::Both(Deletion::DelIfEq),
            Way::Both(Deletion::DelEx),
            Way::Commands(Deletion::DelEx),
        ];
        for way in ways {
            let set = said(way, Action::Set(b"v", Some(Duration::from_millis(7)))).unwrap();
            assert!(set.contains("PX\r\n$1\r\n7\r\n$4\r\nIFEQ\r\n$47\r\ncache/1 lease"), "{set}");
            if let Some(deletion) = said(way, Action::Delete) {
                assert!(deletion.contains("$47\r\ncache/1 lease"), "{deletion}");
            }
        }
        assert!(said(Way::Both(Deletion::DelEx), Action::Delete).unwrap().contains("IFEQ"));
        assert_eq!(said(Way::Sets, Action::Delete), None);
        assert_eq!(said(Way::Scripts, Action::Set(b"v", None)), None);
    }

    #[test]
    fn a_value_that_goes_on_is_left_to_scripts() {
        assert_eq!(whole(Condition::StartsWith(LEASE)), Some(LEASE));
        assert_eq!(whole(Condition::StartsWith(&LEASE[..46])), None);
        let header =
            b"cache/1 json 1763718218123 - 843 000000000000000000000000000000ff - 4 25cbfc4f\n";
        assert_eq!(whole(Condition::StartsWith(header)), None);
        assert_eq!(whole(Condition::Foreign), None);
    }
}
