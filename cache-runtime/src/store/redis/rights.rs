//! The rights that a Redis user needs, checked on each new connection before callers have it.
//!
//! If a user could take leases and not release them, every caller of a key would wait. If a user
//! could store and not delete, stale entries would stay.

use super::failure;
use super::guard::{self, Deletion, Way};
use crate::error::{Error, Result};
use redis::aio::MultiplexedConnection;
use redis::{Pipeline, RedisResult, Script, Value};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

/// Commands that are checked outside of scripts.
const COMMANDS: [&str; 3] = ["GET", "SET", "UNLINK"];

/// Results of the check of a connection's rights.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Found {
    pub(super) way: Way,
    /// Number of refusals that the check takes into account.
    pub(super) refusals: u64,
    /// `true` if a right was missing at the last check.
    is_refused: bool,
}

/// Checks a server for the rights that the cache needs.
#[derive(Debug)]
pub(super) struct Rights {
    /// A key under the prefix that never exists.
    key: String,
    script: Script,
    /// Number of times that a connection was refused a needed right.
    refusals: AtomicU64,
}

impl Rights {
    pub(super) fn new(key: String) -> Self {
        let script = Script::new(include_str!("rights.lua"));
        Self { key, script, refusals: AtomicU64::new(0) }
    }

    /// Returns how often any connection of the store was refused a right so far.
    pub(super) fn refusals(&self) -> u64 {
        self.refusals.load(Relaxed)
    }

    /// Notes that a connection was refused a right, so that the other connections check again.
    pub(super) fn note_refusal(&self) {
        self.refusals.fetch_add(1, Relaxed);
    }

    /// Checks the user's rights on a new connection, and notes the result in `found`. If a right is
    /// missing, the other connections are told once.
    ///
    /// # Errors
    ///
    /// Fails if the user lacks a right that the cache needs.
    pub(super) async fn check(
        &self,
        connection: &MultiplexedConnection,
        found: &Mutex<Found>,
    ) -> Result<()> {
        let refusals = self.refusals();
        let asked = self.way(connection).await;
        let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
        if asked.is_err() && !found.is_refused {
            self.note_refusal();
        }
        found.is_refused = asked.is_err();
        found.way = asked?;
        found.refusals = refusals;
        Ok(())
    }

    /// Tries each command on a key that does not exist, and creates none. Returns the means by
    /// which this user may compare and act in one step.
    ///
    /// # Errors
    ///
    /// Fails if the user may not run one of the commands. Any other error is temporary, and shows
    /// when the connection is used.
    async fn way(&self, connection: &MultiplexedConnection) -> Result<Way> {
        let mut connection = connection.clone();
        let answers: RedisResult<Answers> = self.commands().query_async(&mut connection).await;
        let answers = answers.unwrap_or_default();
        let refused = answers.iter().zip(COMMANDS);
        let mut refused = refused.filter(|(answer, _)| is_refused(answer));
        if let Some((_, command)) = refused.next() {
            return Err(lacking(command));
        }
        let scripts = self.scripts(connection).await;
        way(scripts, answers.get(COMMANDS.len()..).unwrap_or_default())
    }

    async fn scripts(&self, mut connection: MultiplexedConnection) -> Result<()> {
        match self.script.key(&self.key).invoke_async::<String>(&mut connection).await {
            Ok(refused) if refused.is_empty() => Ok(()),
            Ok(refused) => Err(lacking(&format!("{refused} in a script"))),
            Err(error) if failure::is_about_scripts(&error) => {
                Err(lacking("EVALSHA, or SCRIPT LOAD"))
            }
            Err(_) => Ok(()),
        }
    }

    fn commands(&self) -> Pipeline {
        let mut commands = Pipeline::with_capacity(COMMANDS.len() + 1 + Deletion::ALL.len());
        commands.ignore_errors();
        commands.cmd("GET").arg(&self.key);
        commands.cmd("SET").arg(&self.key).arg("").arg("XX").arg("PX").arg(1);
        commands.cmd("UNLINK").arg(&self.key);
        // Every server without these commands answers with an error.
        let mut set = redis::cmd("SET");
        set.arg(&self.key).arg("").arg("PX").arg(1);
        commands.add_command(guard::comparing(set, b""));
        for deletion in Deletion::ALL {
            commands.add_command(deletion.command(&self.key, b""));
        }
        commands
    }
}

type Answers = Vec<RedisResult<Value>>;

fn is_refused(answer: &RedisResult<Value>) -> bool {
    answer.as_ref().is_err_and(failure::is_about_rights)
}

/// Chooses the means by which to compare and act. `compares` are the answers to `SET … IFEQ` and
/// to each [`Deletion`]. On the missing key, a command that exists changes nothing and answers
/// so.
fn way(scripts: Result<()>, compares: &[RedisResult<Value>]) -> Result<Way> {
    let sets = matches!(compares, [Ok(Value::Nil), ..]);
    let mut deletions = compares.iter().skip(1).zip(Deletion::ALL);
    let deletion = deletions.find(|(answer, _)| matches!(answer, Ok(Value::Int(0))));
    match (scripts, sets, deletion) {
        (Ok(()), true, Some((_, deletion))) => Ok(Way::Both(deletion)),
        (Ok(()), true, None) => Ok(Way::Sets),
        (Ok(()), false, _) => Ok(Way::Scripts),
        (Err(_), true, Some((_, deletion))) => Ok(Way::Commands(deletion)),
        (Err(lacking), ..) => Err(lacking),
    }
}

fn lacking(command: &str) -> Error {
    Error::unreachable(format!(
        "the Redis user may not run {command} on keys of this prefix, or the server does not know it: without it nothing could be stored safely; see the list of rights"
    ))
}
