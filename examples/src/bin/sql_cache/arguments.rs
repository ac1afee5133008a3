//! The command line.

use clap::{Parser, value_parser};
use std::path::PathBuf;

const STORES: &str = "\
The store comes from the environment: CACHE_URL is `redis://host:port`, `unix:/path/to/socket`,
`memory:` (the default) or `off`; CACHE_PREFIX stands before every key.";

/// Reads a database through a cache, writes to it, and shows what that saves and deletes.
#[derive(Debug, Parser)]
#[command(name = "sql_cache", after_help = STORES)]
pub(crate) struct Arguments {
    /// How many rows a new database gets.
    #[arg(long, default_value_t = 100_000, allow_negative_numbers = true)]
    #[arg(value_parser = value_parser!(u32).range(2..=10_000_000))]
    pub(crate) rows: u32,

    /// The database file, made if it does not exist; without it, one that is deleted at the end.
    #[arg(long, value_name = "PATH")]
    pub(crate) database: Option<PathBuf>,

    /// How often each read is repeated to time its hits.
    #[arg(long, default_value_t = 20, allow_negative_numbers = true)]
    #[arg(value_parser = value_parser!(u32).range(1..=1_000_000))]
    pub(crate) rounds: u32,

    /// The table that is written to: `users` or `orders`.
    #[arg(long, default_value = "users")]
    pub(crate) table: String,
}
