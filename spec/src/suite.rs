//! The worlds that are explored together, so that each fault and each role is met.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use crate::explore::{Counterexample, Limits, Summary, explore};
use crate::{Config, Faults, Mutant, Sharing, witnesses};

/// Worlds with names, and how many distinct states they must have together.
#[derive(Clone, Debug)]
pub struct Suite {
    worlds: Vec<(&'static str, Config)>,
    at_least: usize,
}

/// What a suite came to.
#[derive(Clone, Debug)]
pub struct Total {
    /// Distinct states of all worlds together; worlds are counted apart.
    pub states: usize,
    /// How long they took.
    pub time: Duration,
}

impl Suite {
    /// Small worlds, for every run of the tests.
    #[must_use]
    pub fn ordinary() -> Self {
        let (small, none) = (Config::SMALL, Faults::NONE);
        let pairs = Config { callers: 2, ..small };
        let three = Config { processes: 3, ..small };
        let flight = Config { callers: 3, processes: 1, ..small };
        let all = Faults { expiries: 1, cancels: 1, crashes: 1, outages: 1, lost: 1, limits: 1 };
        let expiry = Faults { expiries: 1, ..none };
        let worlds = vec![
            ("two flights, and a SCAN", Config { scan: true, ..pairs }),
            ("two writes", Config { writes: 2, ..small }),
            ("three processes, and a key that expires", Config { faults: expiry, ..three }),
            (
                "two refreshes, and a key that expires",
                Config { refreshes: 2, faults: expiry, ..three },
            ),
            (
                "a flight that loses its leader",
                Config { faults: Faults { cancels: 2, ..expiry }, ..flight },
            ),
            (
                "a flight that loses its store",
                Config { faults: Faults { outages: 1, ..none }, ..flight },
            ),
            ("a process that dies", Config { faults: Faults { crashes: 1, ..none }, ..pairs }),
            ("everything goes wrong for two", Config { faults: all, ..small }),
            ("everything goes wrong for a refresh", Config { refreshes: 1, faults: all, ..small }),
        ];
        Self { worlds, at_least: 100_000 }
    }

    /// Large ones, for the night: four callers with each pair of troubles, three with nearly all.
    #[must_use]
    pub fn nightly() -> Self {
        let (small, none) = (Config::SMALL, Faults::NONE);
        let pairs = Config { callers: 2, ..small };
        let three = Config { processes: 3, refreshes: 1, ..small };
        let flight = Config { callers: 3, processes: 1, refreshes: 1, ..small };
        let expiry = Faults { expiries: 1, ..none };
        let outage = Faults { outages: 1, ..none };
        let most = Faults { cancels: 1, crashes: 1, lost: 1, ..expiry };
        let sharing = Sharing::JoinedBeforeLoad;
        let worlds = vec![
            ("two writes, by SCAN", Config { writes: 2, scan: true, ..pairs }),
            (
                "expiry and cancellation",
                Config { faults: Faults { cancels: 1, ..expiry }, ..pairs },
            ),
            ("two refreshes and expiry", Config { refreshes: 2, faults: expiry, ..pairs }),
            ("an outage", Config { faults: outage, ..pairs }),
            (
                "an outage, the whole promise",
                Config { strict: true, sharing, faults: outage, ..pairs },
            ),
            ("most faults in three processes", Config { faults: most, ..three }),
            (
                "most faults in one flight",
                Config { faults: Faults { outages: 1, ..most }, ..flight },
            ),
        ];
        Self { worlds, at_least: 10_000_000 }
    }

    /// Explores one world after the other, and hands each summary to `note`.
    ///
    /// # Errors
    ///
    /// A counterexample, with its story; something that never happened; or too few states.
    pub fn run(
        &self,
        limits: Limits,
        mut note: impl FnMut(&str, &Summary),
    ) -> Result<Total, String> {
        let mut total = Total { states: 0, time: Duration::ZERO };
        let mut witnessed = BTreeSet::new();
        for (name, config) in &self.worlds {
            let summary = explore(*config, Mutant::None, limits)?;
            note(name, &summary);
            if let Some(found) = summary.counterexamples.first() {
                return Err(format!("{name}: {found}"));
            }
            total.states += summary.states;
            total.time += summary.time;
            witnessed.extend(summary.witnessed);
        }
        self.check(&total, &witnessed)?;
        Ok(total)
    }

    fn check(&self, total: &Total, witnessed: &BTreeSet<&str>) -> Result<(), String> {
        if let Some(missing) = witnesses().find(|witness| !witnessed.contains(witness)) {
            return Err(format!("never met, so nothing is proved about it: {missing}"));
        }
        if total.states < self.at_least {
            return Err(format!("{} states; expected at least {}", total.states, self.at_least));
        }
        Ok(())
    }
}

impl fmt::Display for Total {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { states, time } = self;
        write!(f, "{states:>9} states in all, {:.1} s", time.as_secs_f64())?;
        match peak_memory() {
            Some(megabytes) => write!(f, ", {megabytes} MB at most"),
            None => Ok(()),
        }
    }
}

/// The most memory that this process has had, where the system tells it.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes / 1024)
}

impl Mutant {
    /// The shortest counterexample of the property that this mutant violates, in its own world.
    ///
    /// # Errors
    ///
    /// When it is not caught, or when the protocol itself is not clean in that world: the mutant would prove nothing.
    pub fn caught(self) -> Result<Counterexample, String> {
        let name = self.name();
        let property = self.violates().ok_or("the protocol itself is no mutant")?;
        let clean = explore(self.world(), Self::None, Limits::default())?;
        if let Some(found) = clean.counterexamples.first() {
            return Err(format!("the world of {name} is not clean without it: {found}"));
        }
        let sought = Limits { sought: Some(property), ..Limits::default() };
        let summary = explore(self.world(), self, sought)?;
        let found = summary.violates(property).cloned();
        found.ok_or_else(|| format!("{name} survived {} states: {property}", summary.states))
    }
}
