//! Conditional writes and deletes: a key changes in one step if it holds what is expected.
//!
//! A script works on every server. If the whole expected value is known, `SET … IFEQ` and a
//! conditional delete replace the script. They need no right to run scripts.

use super::link::{Link, Wire};
use super::{failure, set_command};
use crate::entry::envelope;
use crate::error::{Error, Result};
use crate::store::Condition;
use bytes::Bytes;
use redis::{Cmd, Script, ScriptInvocation, Value};
use std::time::Duration;

/// Message for a user that may not run scripts, when a foreign value stays at its key.
const NEEDS_SCRIPTS: &str = "a key holds another kind of value, such as a list, which only a \
                             script can replace in one step; the Redis user may run none";

/// Means by which a connection compares and acts in one step. [`Rights`](super::rights::Rights)
/// chooses them when the connection is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Way {
    /// A script for everything.
    #[default]
    Scripts,
    /// `SET … IFEQ` writes if the whole expected value is known, and a script does the rest.
    /// Valkey 8.1 has no conditional delete.
    Sets,
    /// If the whole expected value is known, `SET … IFEQ` writes and this command deletes. A
    /// script does the rest.
    Both(Deletion),
    /// Commands without scripts, for a user that may not run scripts. If only the beginning of the
    /// expected value is known, the value is read first.
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
    /// Both commands, in the order in which a server is asked for them.
    pub(super) const ALL: [Self; 2] = [Self::DelIfEq, Self::DelEx];

    /// Returns the command that deletes `key` if it holds `expected`. Its answer is the number of
    /// deleted keys.
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

    /// Returns the command that does `action` if `key` holds `expected` and nothing more. Returns
    /// `None` if this connection has no such command.
    pub(super) fn command(self, key: &str, expected: &[u8], action: Action<'_>) -> Option<Cmd> {
        match (self, action) {
            (Self::Scripts, _) | (Self::Sets, Action::Delete) => None,
            (Self::Both(deletion) | Self::Commands(deletion), Action::Delete) => {
                Some(deletion.command(key, expected))
            }
            (_, Action::Set(value, ttl)) => Some(comparing(set_command(key, value, ttl), expected)),
            (_, Action::Stamp(new)) => {
                let value = [new, expected.get(new.len()..)?].concat();
                let mut command = set_command(key, &value, None);
                command.arg("KEEPTTL");
                Some(comparing(command, expected))
            }
        }
    }
}

/// Makes a `SET` take place only if the key holds `expected`. If the key does not, the answer is
/// nil.
pub(super) fn comparing(mut set: Cmd, expected: &[u8]) -> Cmd {
    // mutant: a command fills whatever stands at the key
    set.arg("IFEQ").arg(expected);
    set
}

/// Tells whether a comparing command has acted.
fn has_acted(answer: &Value) -> bool {
    matches!(answer, Value::Okay | Value::Int(1..))
}

/// Change of a key under a condition.
#[derive(Clone, Copy, Debug)]
pub(super) enum Action<'a> {
    Delete,
    /// Overwrites the first bytes of the value by these.
    Stamp(&'a [u8]),
    Set(&'a [u8], Option<Duration>),
}

/// Does `action` if `condition` holds, in one step. Returns whether it was done. `script` is
/// `guarded.lua`.
pub(super) async fn act(
    link: &Link,
    script: &Script,
    key: &str,
    condition: Condition<'_>,
    action: Action<'_>,
) -> Result<bool> {
    let mut wire = link.wire_by_right().await?;
    let known = whole(condition);
    if let Some(command) = known.and_then(|expected| link.way().command(key, expected, action))
        && let Some(acted) = compare(link, &mut wire, command).await?
    {
        return Ok(acted);
    }
    // For an entry under refresh or a broken entry, only the beginning is known, but commands
    // compare the whole value. A script needs the beginning only, and also recognizes foreign
    // values.
    if link.way().has_scripts() {
        let call = invocation(script, key, condition, action);
        let answer = call.invoke_async(&mut wire.connection).await;
        return answer.map_err(|error| link.blame_right(&wire, &error));
    }
    if let Condition::StartsWith(prefix) = condition {
        return compare_what_is_read((link, &mut wire), key, prefix, action).await;
    }
    match read(link, &mut wire, key).await {
        Err(error) if error.is_foreign() => Err(Error::server(NEEDS_SCRIPTS)),
        held => held.map(|_| false),
    }
}

/// Returns the whole value that a condition expects. Returns `None` if the condition names the
/// beginning of a value, or a foreign value. A lease is the whole value of its key, but an entry
/// goes on behind its header.
fn whole(condition: Condition<'_>) -> Option<&[u8]> {
    match condition {
        Condition::StartsWith(expected) if envelope::stands_alone(expected) => Some(expected),
        _ => None,
    }
}

fn invocation<'a>(
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
        Action::Set(value, ttl) => {
            let time = super::milliseconds(ttl);
            let expiry = time.map_or_else(String::new, |time| time.to_string());
            call.arg("set").arg(value).arg(expiry)
        }
    };
    call
}

/// Runs a comparing command. Returns whether it has acted. If the server refuses the command,
/// nothing was changed. In that case scripts are used from now on, and the result is `None`.
async fn compare(link: &Link, wire: &mut Wire, command: Cmd) -> Result<Option<bool>> {
    let error = match command.query_async(&mut wire.connection).await {
        Ok(answer) => return Ok(Some(has_acted(&answer))),
        Err(error) => error,
    };
    if failure::is_about_rights(&error) && link.way().has_scripts() {
        // mutant: a server that compares no more loses what is stored
        link.go_by(Way::Scripts);
        return Ok(None);
    }
    match link.blame_right(wire, &error) {
        // A foreign value differs from every expected value.
        told if told.is_foreign() => Ok(Some(false)),
        told => Err(told),
    }
}

/// Does `action` on a key if its value begins with `prefix` and is unchanged since it was read. If
/// others change the key in between, the attempt is repeated. The caller's budget bounds the
/// repetitions, 100 ms by default.
async fn compare_what_is_read(
    (link, wire): (&Link, &mut Wire),
    key: &str,
    prefix: &[u8],
    action: Action<'_>,
) -> Result<bool> {
    loop {
        let held = match read(link, wire, key).await {
            Err(error) if error.is_foreign() => return Ok(false),
            held => held?,
        };
        let Some(held) = held.filter(|held| held.starts_with(prefix)) else { return Ok(false) };
        let command = link.way().command(key, &held, action);
        let command = command.ok_or_else(|| Error::unreachable("the connection has changed"))?;
        if compare(link, wire, command).await? == Some(true) {
            return Ok(true);
        }
    }
}

async fn read(link: &Link, wire: &mut Wire, key: &str) -> Result<Option<Bytes>> {
    let answer = redis::cmd("GET").arg(key).query_async(&mut wire.connection).await;
    answer.map_err(|error| link.blame_right(wire, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: &[u8] = b"cache/1 lease 000000000000000000000000000000ff\n";

    fn said(way: Way, action: Action<'_>) -> Option<String> {
        let packed = way.command("k", LEASE, action)?.get_packed_command();
        Some(String::from_utf8(packed).unwrap())
    }

    /// A mutant drops the comparison, and turns this test red: any caller could then fill another
    /// caller's lease.
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
