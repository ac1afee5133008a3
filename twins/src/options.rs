//! The command line.

use crate::rounds::Kind;
use clap::{Args, Parser, Subcommand};
use std::time::Duration;

/// Compares a web service with the same service without its cache, answer by answer, while servers and processes are disturbed.
///
/// Exit codes: 0 if all answers are the same, 1 if one is not or the cache made a request fail, 2 for a mistake on the command line, 3 if
/// the cache never hit, so that nothing is proven, 4 if the comparison itself broke.
#[derive(Debug, Parser)]
#[command(name = "twins")]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) options: Options,
    #[command(subcommand)]
    pub(crate) role: Option<Role>,
}

/// Which twin a process is.
#[derive(Clone, Copy, Debug, Subcommand)]
pub(crate) enum Role {
    /// Serves with the cache.
    #[command(hide = true)]
    Cached,
    /// Serves without it.
    #[command(hide = true)]
    Plain,
}

#[derive(Args, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own on the command line"
)]
pub(crate) struct Options {
    /// Repeats the choices of an earlier run: requests, faults, and who gets them. Not its timing
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// How long, in seconds; the round that has begun by then is finished
    #[arg(long, default_value_t = 600)]
    seconds: u64,
    /// One short round of each kind, whatever time it takes
    #[arg(long)]
    pub(crate) once: bool,
    /// Which rounds, separated by commas; without it, all
    #[arg(long, value_enum, value_delimiter = ',')]
    pub(crate) rounds: Vec<Kind>,
    /// Goes on after a round that found something
    #[arg(long)]
    pub(crate) keep_going: bool,
    /// Leaves the cache out everywhere: what is found then is not the cache's
    #[arg(long)]
    pub(crate) control: bool,
    /// Gives each process a prefix of its own, so that neither hears of the other's writes: different answers are then expected
    #[arg(long)]
    pub(crate) apart: bool,
}

impl Options {
    pub(crate) fn time(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    /// How long a round is whose length is no time.
    pub(crate) fn steps(&self) -> usize {
        if self.once { 100 } else { 320 }
    }

    /// How many processes are killed in a round, one after another.
    pub(crate) fn kills(&self) -> u32 {
        if self.once { 2 } else { 3 }
    }

    /// How many viewers have each of their pages compared at the end of a round.
    pub(crate) fn viewers(&self) -> usize {
        if self.once { 3 } else { 5 }
    }

    /// What is compared with the twin.
    pub(crate) fn role(&self) -> &'static str {
        if self.control { "plain" } else { "cached" }
    }
}
