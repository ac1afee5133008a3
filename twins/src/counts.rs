//! How much has happened.

use crate::fault::Fault;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// What a run has done so far.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) compared: u64,
    pub(crate) reads: u64,
    pub(crate) writes: u64,
    /// Writes whose client has hung up before the answer.
    pub(crate) left: u64,
    /// Requests whose process was killed meanwhile.
    pub(crate) lost: u64,
    /// Answers that came from the cache, by what the processes say that were not killed.
    pub(crate) hits: u64,
    pub(crate) kills: u64,
    pub(crate) faults: BTreeMap<Fault, u64>,
    /// The slowest answer of each kind of round.
    pub(crate) slowest: BTreeMap<&'static str, Duration>,
}

impl Counts {
    pub(crate) fn slow(&mut self, round: &'static str, time: Duration) {
        let slowest = self.slowest.entry(round).or_default();
        *slowest = time.max(*slowest);
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { compared, reads, writes, left, lost, hits, kills, .. } = self;
        writeln!(f, "{compared} answers compared, {hits} hits of the cache")?;
        writeln!(
            f,
            "{reads} reads and {writes} writes in between, {left} writes left by their clients"
        )?;
        writeln!(f, "{kills} processes killed, {lost} requests lost with them")?;
        for (fault, times) in &self.faults {
            writeln!(f, "{times} times {fault:?}")?;
        }
        for (round, time) in &self.slowest {
            writeln!(f, "slowest answer, {round}: {} ms", time.as_millis())?;
        }
        Ok(())
    }
}
