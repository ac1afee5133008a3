//! The server that is never disturbed: the database, and the judge's memory.

use crate::ids::Row;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, FromRedisValue, RedisResult, Script};

/// A connection to it.
#[derive(Clone, Debug)]
pub(crate) struct Truth {
    connection: MultiplexedConnection,
    raise: Script,
}

impl Truth {
    pub(crate) async fn connect(url: &str) -> RedisResult<Self> {
        // A worker that is stopped for a second must not take its own pause for a failure of this server.
        let patient =
            AsyncConnectionConfig::new().set_response_timeout(None).set_connection_timeout(None);
        let client = Client::open(url)?;
        let connection = client.get_multiplexed_async_connection_with_config(&patient).await?;
        // Writers finish in any order.
        let raise = Script::new(
            "if tonumber(redis.call('GET', KEYS[1]) or 0) < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], ARGV[1]) end",
        );
        Ok(Self { connection, raise })
    }

    /// The row's version; zero before the first write.
    pub(crate) async fn version(&self, row: Row) -> RedisResult<u64> {
        self.number(redis::cmd("GET").arg(format!("row:{row}"))).await
    }

    /// Writes the row, and returns its new version.
    pub(crate) async fn commit(&self, row: Row) -> RedisResult<u64> {
        self.number(redis::cmd("INCR").arg(format!("row:{row}"))).await
    }

    /// The version that a read which begins now must see, or a newer one.
    pub(crate) async fn floor(&self, row: Row) -> RedisResult<u64> {
        self.number(redis::cmd("GET").arg(floor_key(row))).await
    }

    /// Hears that the write of this version has returned and is invalidated.
    pub(crate) async fn raise_floor(&self, row: Row, version: u64) -> RedisResult<()> {
        let mut connection = self.connection.clone();
        self.raise.key(floor_key(row)).arg(version).invoke_async(&mut connection).await
    }

    async fn number(&self, command: &Cmd) -> RedisResult<u64> {
        let number: Option<u64> = self.query(command).await?;
        Ok(number.unwrap_or(0))
    }

    async fn query<T: FromRedisValue>(&self, command: &Cmd) -> RedisResult<T> {
        command.query_async(&mut self.connection.clone()).await
    }
}

fn floor_key(row: Row) -> String {
    format!("floor:{row}")
}
