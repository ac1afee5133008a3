//! What is done to Redis.

use std::time::Duration;
use testkit::RedisServer;
use tokio::task::block_in_place;
use tokio::time::sleep;

/// One way to disturb a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// All connections are closed.
    Disconnect,
    /// Killed, away for a time, and empty when it is back.
    Restart,
    /// Killed, and back with a snapshot of some time before.
    Past,
    /// Stopped with `SIGSTOP` for a time.
    Freeze,
    /// Takes no values for a time.
    Full,
}

impl Fault {
    pub(crate) const ALL: [Self; 5] =
        [Self::Disconnect, Self::Restart, Self::Past, Self::Freeze, Self::Full];

    /// Disturbs the server for a time, and leaves it well.
    pub(crate) async fn strike(self, redis: &RedisServer, time: Duration) {
        match self {
            Self::Disconnect => drop(redis.command(&["CLIENT", "KILL", "TYPE", "normal"])),
            Self::Restart => {
                // An earlier fault may have left a snapshot to come back with.
                redis.flush();
                redis.command(&["SAVE"]);
                redis.kill();
                sleep(time).await;
                block_in_place(|| redis.restart());
            }
            Self::Past => {
                redis.command(&["SAVE"]);
                sleep(time).await;
                block_in_place(|| redis.restart());
            }
            Self::Freeze => {
                redis.freeze();
                sleep(time).await;
                redis.thaw();
            }
            Self::Full => {
                redis.command(&["CONFIG", "SET", "maxmemory", "1"]);
                sleep(time).await;
                redis.command(&["CONFIG", "SET", "maxmemory", "0"]);
            }
        }
    }
}
