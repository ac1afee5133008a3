//! What a user has to be allowed: found out on each new connection, before callers have it.
//!
//! A user who may take a lease and not give it back would make every caller of a key wait. One who
//! may store and not delete would keep what a write has made stale.

use super::failure;
use crate::error::{Error, Result};
use redis::aio::MultiplexedConnection;
use redis::{Pipeline, RedisResult, Script, Value};

/// The commands that are asked for outside of scripts.
const COMMANDS: [&str; 3] = ["GET", "SET", "UNLINK"];

/// Asks a server for what the cache cannot do without.
#[derive(Debug)]
pub(super) struct Rights {
    /// A key under the prefix that never exists.
    key: String,
    script: Script,
}

impl Rights {
    pub(super) fn new(key: String) -> Self {
        Self { key, script: Script::new(include_str!("rights.lua")) }
    }

    /// Asks for each command, on a key that does not exist, and makes none.
    ///
    /// # Errors
    ///
    /// The user may not run one of them. Any other fault is about the moment, and shows when the
    /// connection is used.
    pub(super) async fn check(&self, connection: &MultiplexedConnection) -> Result<()> {
        let mut connection = connection.clone();
        let answers: RedisResult<Vec<RedisResult<Value>>> =
            self.commands().query_async(&mut connection).await;
        let refused = answers.iter().flatten().zip(COMMANDS);
        let is_refused =
            |answer: &RedisResult<Value>| answer.as_ref().is_err_and(failure::is_about_rights);
        let mut refused = refused.filter(|(answer, _)| is_refused(answer));
        if let Some((_, command)) = refused.next() {
            return Err(lacking(command));
        }
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
        let mut commands = Pipeline::with_capacity(COMMANDS.len());
        commands.ignore_errors();
        commands.cmd("GET").arg(&self.key);
        commands.cmd("SET").arg(&self.key).arg("").arg("XX").arg("PX").arg(1);
        commands.cmd("UNLINK").arg(&self.key);
        commands
    }
}

fn lacking(command: &str) -> Error {
    Error::unreachable(format!(
        "the Redis user may not run {command} on keys of this prefix, or the server does not know it: without it nothing could be stored safely; see the list of rights"
    ))
}
