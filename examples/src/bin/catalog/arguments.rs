//! The command line.

use cache_runtime::config::Time;
use clap::{Parser, value_parser};
use examples::command_line::Failure;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::Error;
use std::time::Duration;
use tracing_subscriber::filter::LevelFilter;

const MORE: &str = "\
Times are seconds, or text such as `250ms`, `5m` and `1h30m`. Without a Redis, or while it is away,
every read goes to the database. `--serve` answers `help` with its commands.";

/// Keeps a catalog of databases and their tables, in `SQLite` or `PostgreSQL`, and reads it through a cache.
///
/// It shows what the cache saves, and what each write deletes or stores anew; with --serve it is one node of several that share
/// a database and a Redis, and does what it is told on standard input.
#[derive(Debug, Parser)]
#[command(name = "catalog", after_help = MORE)]
pub(crate) struct Arguments {
    /// The database, `sqlite:PATH` or `postgres://USER:PASSWORD@HOST/NAME`; without it, a file that is deleted at the end.
    #[arg(long, value_name = "URL", env = "CATALOG_DATABASE", hide_env_values = true)]
    pub(crate) database: Option<String>,

    /// The store, `redis://HOST:PORT`, `unix:PATH`, `memory:` or `off`; without it, a store inside this process.
    #[arg(long, value_name = "URL", env = "CACHE_URL", hide_env_values = true)]
    pub(crate) redis: Option<String>,

    /// What stands before every key.
    #[arg(long, default_value = "rdb", env = "CACHE_PREFIX")]
    pub(crate) prefix: String,

    /// How long entries are kept.
    #[arg(long, value_name = "TIME", default_value = "30m", env = "CACHE_TTL", value_parser = time)]
    pub(crate) ttl: Duration,

    /// What the store may add to one call, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 100, env = "CACHE_BUDGET_MS")]
    #[arg(value_parser = value_parser!(u64).range(1..))]
    pub(crate) budget: u64,

    /// How this node calls itself in its messages.
    #[arg(long, value_name = "NAME", default_value = "node")]
    pub(crate) node: String,

    /// Loads the catalog into the cache at this interval, on one node at a time; below the TTL. Off by default.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) warmup_interval: Option<Duration>,

    /// How long a node that died keeps the others from warming up.
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = time)]
    pub(crate) lock_ttl: Duration,

    /// Keeps running and answers commands, one a line, until standard input ends.
    #[arg(long)]
    pub(crate) serve: bool,

    /// How many tables each connection of the tour gets.
    #[arg(long, default_value_t = 50, allow_negative_numbers = true)]
    #[arg(value_parser = value_parser!(u32).range(1..=10_000))]
    pub(crate) tables: u32,

    /// How often each read of the tour is repeated to time its hits.
    #[arg(long, default_value_t = 20, allow_negative_numbers = true)]
    #[arg(value_parser = value_parser!(u32).range(1..=1_000_000))]
    pub(crate) rounds: u32,

    /// How many reads the tour makes at its end: time to stop and start the Redis meanwhile.
    #[arg(long, default_value_t = 500, allow_negative_numbers = true)]
    #[arg(value_parser = value_parser!(u32).range(0..=1_000_000))]
    pub(crate) reads: u32,

    /// How long it rests between two of these.
    #[arg(long, value_name = "TIME", default_value = "2ms", value_parser = time)]
    pub(crate) pause: Duration,

    /// What the cache tells on standard error: `error`, `warn`, `info`, `debug`, `trace` or `off`.
    #[arg(long, value_name = "LEVEL", default_value = "warn")]
    pub(crate) log: LevelFilter,
}

impl Arguments {
    /// Checks what clap would say in two lines.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        if self.warmup_interval.is_some() && !self.serve {
            return Err(Failure::input("--warmup-interval: the tour warms up once; add --serve"));
        }
        Ok(())
    }
}

/// Times are written here as in the toolkit's own configuration.
fn time(text: &str) -> Result<Duration, String> {
    let time = Time::deserialize(IntoDeserializer::<Error>::into_deserializer(text));
    time.map(|Time(time)| time).map_err(|error| error.to_string())
}
