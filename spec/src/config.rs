//! How large a world is explored, and what may go wrong in it.

use clap::Args;

use crate::state::{CALLERS, PROCESSES, SCOPES, WRITERS};

/// The size of a world. Every count is an upper bound: all smaller histories are explored as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Args)]
pub struct Config {
    /// Processes that share the store, at most 3
    #[arg(long, default_value_t = 2)]
    pub processes: usize,
    /// Calls of the one key in each process; at most 6 calls in all processes together
    #[arg(long, default_value_t = 2)]
    pub callers: usize,
    /// How many of all these calls are refreshes; they are the last ones
    #[arg(long, default_value_t = 0)]
    pub refreshes: usize,
    /// Writes with an invalidation, at most 3; the first runs in the first process, and so on
    #[arg(long, default_value_t = 1)]
    pub writes: usize,
    /// How many of the writes are transactions, at most one in each process; they are the first ones, and the first call
    /// in the process of each runs inside it
    #[arg(long, default_value_t = 0)]
    pub transactions: usize,
    /// How many of the writes make a call when they have invalidated, as with `refresh`, at most one in each process; they are the
    /// first ones, and it is the first call in the process of each. Not beside transactions
    #[arg(long, default_value_t = 0)]
    pub reloads: usize,
    /// All writes run in the last process, which makes no calls
    #[arg(long)]
    pub apart: bool,
    /// Invalidate by SCAN: first see the key, later unlink it
    #[arg(long)]
    pub scan: bool,
    /// How many scopes the key has, at most 2; the writes invalidate them in turn, the widest
    /// first, by their epochs. Not beside SCAN
    #[arg(long, default_value_t = 0)]
    pub scopes: usize,
    /// What may go wrong
    #[command(flatten)]
    pub faults: Faults,
}

/// How often each thing may still go wrong. What time does by itself is not among them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Args)]
pub struct Faults {
    /// Leases of slow holders, entries, or epochs, that expire or are evicted
    #[arg(long, default_value_t = 0)]
    pub expiries: u8,
    /// Callers that are cancelled, or whose load panics
    #[arg(long, default_value_t = 0)]
    pub cancels: u8,
    /// Loads that fail, or whose value is not to be stored
    #[arg(long, default_value_t = 0)]
    pub failures: u8,
    /// Processes that die
    #[arg(long, default_value_t = 0)]
    pub crashes: u8,
    /// Times that a process loses its way to the store
    #[arg(long, default_value_t = 0)]
    pub outages: u8,
    /// Times that the store starts again and holds nothing
    #[arg(long, default_value_t = 0)]
    pub restarts: u8,
    /// Times that the store starts again and holds what it held at some moment before
    #[arg(long, default_value_t = 0)]
    pub returns: u8,
    /// Answers of the store that never arrive, although it did what it was asked
    #[arg(long, default_value_t = 0)]
    pub lost: u8,
    /// Callers that have waited long enough and load for themselves
    #[arg(long, default_value_t = 0)]
    pub limits: u8,
}

impl Config {
    /// Two processes with a caller each, one write, and no faults.
    pub const SMALL: Self = Self {
        processes: 2,
        callers: 1,
        refreshes: 0,
        writes: 1,
        transactions: 0,
        reloads: 0,
        apart: false,
        scan: false,
        scopes: 0,
        faults: Faults::NONE,
    };

    /// Says what does not fit into the state, whose size is fixed.
    ///
    /// # Errors
    ///
    /// When there are more processes, callers, refreshes, writers, transactions or scopes than
    /// there is room for.
    pub fn check(&self) -> Result<(), String> {
        let bounds = [
            ("processes", self.processes, PROCESSES),
            ("callers in all processes", self.all_callers(), CALLERS),
            ("refreshes", self.refreshes, self.all_callers()),
            ("writes", self.writes, WRITERS),
            ("transactions", self.transactions, self.most_with_a_call()),
            ("reloads", self.reloads, self.most_reloads()),
            ("scopes", self.scopes, if self.scan { 0 } else { SCOPES }),
        ];
        match bounds.iter().find(|(_, asked, most)| asked > most) {
            Some((what, asked, most)) => {
                Err(format!("{asked} {what}; at most {most} are possible"))
            }
            None => Ok(()),
        }
    }

    fn most_reloads(&self) -> usize {
        if self.transactions > 0 { 0 } else { self.most_with_a_call() }
    }

    /// Each has a call of its own, in the writer's process.
    fn most_with_a_call(&self) -> usize {
        if self.apart || self.callers == 0 { 0 } else { self.writes.min(self.processes) }
    }

    /// Calls in all processes together.
    #[must_use]
    pub fn all_callers(&self) -> usize {
        (self.processes - usize::from(self.apart)) * self.callers
    }

    /// The process in which a caller runs.
    #[must_use]
    pub fn home_of_caller(&self, caller: usize) -> usize {
        caller / self.callers
    }

    /// The process in which a writer runs.
    #[must_use]
    pub fn home_of_writer(&self, writer: usize) -> usize {
        if self.apart { self.processes - 1 } else { writer % self.processes }
    }

    /// The scope whose epoch a writer deletes; none: it deletes the key.
    #[must_use]
    pub fn scope_of(&self, writer: usize) -> Option<usize> {
        writer.checked_rem(self.scopes)
    }

    /// The writer in whose transaction a call runs.
    #[must_use]
    pub fn transaction_of(&self, caller: usize) -> Option<usize> {
        let home = self.home_of_caller(caller);
        (home < self.transactions && caller == home * self.callers).then_some(home)
    }

    /// The writer that makes a call when it has invalidated.
    #[must_use]
    pub fn reload_of(&self, caller: usize) -> Option<usize> {
        let home = self.home_of_caller(caller);
        (home < self.reloads && caller == home * self.callers).then_some(home)
    }

    /// Whether a call is a refresh.
    #[must_use]
    pub fn is_refresh(&self, caller: usize) -> bool {
        caller + self.refreshes >= self.all_callers()
    }
}

impl Faults {
    /// Nothing goes wrong.
    pub const NONE: Self = Self {
        expiries: 0,
        cancels: 0,
        failures: 0,
        crashes: 0,
        outages: 0,
        restarts: 0,
        returns: 0,
        lost: 0,
        limits: 0,
    };
}
