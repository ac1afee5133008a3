//! The command line.

use crate::fault::Faults;
use crate::mutant::Mutant;
use crate::way::Way;
use clap::{Args, Parser, Subcommand};
use std::time::Duration;

/// Looks for stale reads: processes read and write through one cache while servers and processes are disturbed.
///
/// Exit codes: 0 without a stale read, 1 with one, 2 for a mistake on the command line, 3 when `--until-enough` ran out of time, 4 when
/// the torture itself broke.
#[derive(Debug, Parser)]
#[command(name = "torture")]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) options: Options,
    #[command(subcommand)]
    pub(crate) role: Option<Role>,
}

/// What a process that the coordinator starts is for.
#[derive(Debug, Subcommand)]
pub(crate) enum Role {
    /// Reads and writes.
    #[command(hide = true)]
    Worker {
        /// JSON.
        orders: String,
    },
    /// Ends what the coordinator leaves behind.
    #[command(hide = true)]
    Guard,
}

#[derive(Args, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own on the command line"
)]
pub(crate) struct Options {
    /// Repeats the choices of an earlier run: which rows, which loads, which faults. Not its timing: processes, threads and servers run
    /// as the machine lets them, so that a failure comes again often, but not always
    #[arg(long)]
    seed: Option<u64>,
    /// How long, in seconds; with --until-enough, at most
    #[arg(long, default_value_t = 600)]
    seconds: u64,
    /// How many processes read and write
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub(crate) processes: u32,
    /// How many tasks each process runs
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) tasks: u32,
    /// How many rows each of the three tables has: with fewer, more loads meet a write
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) rows: u32,
    /// What to disturb: `all`, `none`, or some of disconnect, freeze-server, restart, freeze-worker, kill-worker, cancel, fail, panic,
    /// expire, separated by commas
    #[arg(long, default_value = "all")]
    pub(crate) faults: Faults,
    /// How prefix patterns are invalidated
    #[arg(long, value_enum, default_value_t)]
    pub(crate) strategy: Way,
    /// Keeps values in each process, too. There a value may be served until the server's word of its invalidation arrives: it counts as
    /// stale if it comes again a moment later
    #[arg(long)]
    local: bool,
    /// Breaks the rule that a fill needs its lease: stale reads are then expected
    #[arg(long, conflicts_with = "mutant")]
    without_lease: bool,
    /// Breaks the cache in a named way: stale reads are then expected
    #[arg(long)]
    mutant: Option<Mutant>,
    /// Goes on after a stale read, to count them
    #[arg(long)]
    pub(crate) keep_going: bool,
    /// Stops as soon as enough of everything has happened to mean something, whatever the machine's speed
    #[arg(long)]
    pub(crate) until_enough: bool,
}

impl Options {
    pub(crate) fn seed(&self) -> u64 {
        self.seed.unwrap_or_else(|| fastrand::u64(..))
    }

    pub(crate) fn time(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    /// Whether values are kept in each process; a mutant that breaks that needs it.
    pub(crate) fn local(&self) -> bool {
        self.local || self.mutant == Some(Mutant::Deaf)
    }

    pub(crate) fn mutant(&self) -> Option<Mutant> {
        if self.without_lease { Some(Mutant::WithoutLease) } else { self.mutant }
    }
}
