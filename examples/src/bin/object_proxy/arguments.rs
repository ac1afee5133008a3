//! The command line.

use clap::{Args, Parser, Subcommand};
use std::net::SocketAddr;
use std::time::Duration;

const WITHOUT_A_COMMAND: &str = "\
Without a command, a store and a proxy before it are started for a short tour, which ends by itself.
Without --redis, the cache is in the proxy's own memory; with a Redis that is away, there is none, and everything works.";

/// A caching proxy before an object store: objects are kept in Redis, writes through the proxy invalidate them.
#[derive(Debug, Parser)]
#[command(name = "object_proxy", after_help = WITHOUT_A_COMMAND)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) role: Option<Role>,

    #[command(flatten)]
    pub(crate) options: Options,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Role {
    /// Runs an object store that keeps objects in memory, until Ctrl-C.
    Store {
        /// The address to listen on; port 0 takes a free one, which is printed.
        #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9000")]
        listen: SocketAddr,
    },
    /// Runs a proxy before an object store, until Ctrl-C.
    Proxy {
        /// The address to listen on; port 0 takes a free one, which is printed.
        #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
        listen: SocketAddr,

        /// The store that is asked for what is not cached, such as `http://127.0.0.1:9000`.
        #[arg(long, value_name = "URL")]
        upstream: String,

        // In a box, because one variant would be many times the size of the other.
        #[command(flatten)]
        options: Box<Options>,
    },
}

/// What a proxy can be told, of the cache and of the store behind it.
#[derive(Clone, Debug, Args)]
pub(crate) struct Options {
    /// The Redis server to keep objects in: `redis://[user:password@]host[:port][/database]`.
    #[arg(long, value_name = "URL", env = "REDIS_URL", hide_env_values = true)]
    pub(crate) redis: Option<String>,

    /// What stands before every key in Redis.
    #[arg(long, default_value = "proxy")]
    pub(crate) prefix: String,

    /// How many objects this process keeps in its own memory in front of Redis, which tells it of changes.
    #[arg(long, value_name = "OBJECTS")]
    pub(crate) local: Option<usize>,

    /// How long, in seconds, an attempt to connect to Redis may take.
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    pub(crate) redis_connect_timeout: Duration,

    /// How long, in seconds, Redis may hold up one request; large objects need some of it.
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = seconds)]
    pub(crate) redis_timeout: Duration,

    /// How long, in seconds, an attempt to connect to the store may take.
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    pub(crate) connect_timeout: Duration,

    /// How long, in seconds, the store may take to answer, and to go on with what it has begun.
    #[arg(long, value_name = "SECONDS", default_value = "2", value_parser = seconds)]
    pub(crate) operation_timeout: Duration,

    /// The size in bytes from which on an object is streamed through and not cached.
    #[arg(long, value_name = "BYTES", default_value_t = 64 << 20)]
    pub(crate) max_cached: usize,

    /// How long, in seconds, an object is cached whose `Cache-Control` says nothing of it.
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    pub(crate) default_ttl: Duration,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().map_err(|_| "write a number of seconds, such as 2 or 0.5")?;
    let duration = Duration::try_from_secs_f64(seconds).ok();
    let possible = duration.filter(|time| !time.is_zero() && *time <= LONGEST);
    possible.ok_or_else(|| "it has to be above 0, and at most 86400".to_owned())
}

const LONGEST: Duration = Duration::from_secs(86_400);
