//! The command line.

use crate::bank::FEES;
use clap::{Parser, value_parser};
use examples::command_line::Failure;

const STORES: &str = "\
The store comes from the environment: CACHE_URL is `redis://host:port`, `unix:/path/to/socket`,
`memory:` (the default) or `off`; CACHE_PREFIX stands before every key.

Ada begins with 100, ben with 50, in a new database that is deleted at the end.";

/// Moves money in database transactions, and shows what the cache says before, during and after them.
#[derive(Debug, Parser)]
#[command(name = "transfer", after_help = STORES)]
pub(crate) struct Arguments {
    /// Who pays: `ada` or `ben`.
    #[arg(long, value_name = "ACCOUNT", default_value = "ada")]
    pub(crate) from: String,

    /// Who is paid: `ada` or `ben`.
    #[arg(long, value_name = "ACCOUNT", default_value = "ben")]
    pub(crate) to: String,

    /// How much.
    #[arg(long, default_value_t = 30, allow_negative_numbers = true)]
    #[arg(value_parser = value_parser!(u32).range(1..=1_000_000))]
    pub(crate) amount: u32,
}

impl Arguments {
    /// Checks what clap cannot see.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        if self.from == self.to {
            return Err(Failure::input("--from and --to name the same account"));
        }
        if [&self.from, &self.to].into_iter().any(|account| account == FEES) {
            return Err(Failure::input(format!("`{FEES}` is the bank's own account")));
        }
        Ok(())
    }
}
