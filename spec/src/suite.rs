//! The worlds that are explored together, so that each fault and each role is met.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use crate::explore::{Counterexample, Limits, Summary, explore};
use crate::{Config, Faults, Mutant, witnesses};

/// One key that expires too early.
const EXPIRY: Faults = Faults { expiries: 1, ..Faults::NONE };

/// One process that cannot reach the store for a while.
const OUTAGE: Faults = Faults { outages: 1, ..Faults::NONE };

/// A store that starts again and holds nothing, beside it.
const EMPTY: Faults = Faults { restarts: 1, ..EXPIRY };

/// A store that starts again and holds what it held before.
const PAST: Faults = Faults { returns: 1, ..Faults::NONE };

/// A world with its name.
type World = (&'static str, Config);

/// Worlds with names, and how many distinct states they must have together.
#[derive(Clone, Debug)]
pub struct Suite {
    worlds: Vec<World>,
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
        let flight = Config { callers: 3, apart: true, ..small };
        let at_home = Config { callers: 2, processes: 1, ..small };
        let fails = Faults { failures: 2, cancels: 1, ..none };
        let leaves = Faults { cancels: 2, limits: 1, ..EXPIRY };
        let beside = Faults { limits: 1, failures: 1, ..none };
        let between = Faults { limits: 1, ..none };
        let most = Faults { cancels: 1, failures: 1, outages: 1, lost: 1, ..EXPIRY };
        let dies = Faults { crashes: 1, expiries: 0, ..most };
        let worlds = vec![
            ("two flights, and a SCAN", Config { scan: true, ..pairs }),
            ("two writes", Config { writes: 2, ..small }),
            ("a transaction", Config { writes: 2, transactions: 1, faults: EXPIRY, ..small }),
            ("two writes that load anew", Config { writes: 2, reloads: 2, ..pairs }),
            ("a write that loads anew at home", Config { reloads: 1, ..at_home }),
            ("three processes, and a key that expires", Config { faults: EXPIRY, ..three }),
            ("two refreshes", Config { refreshes: 2, ..three }),
            ("a flight that loses its callers", Config { faults: leaves, ..flight }),
            ("a flight whose loads fail", Config { refreshes: 1, faults: fails, ..flight }),
            ("a flight that waits too long", Config { faults: beside, ..flight }),
            ("three processes that wait too long", Config { faults: between, ..three }),
            ("a flight that loses its store", Config { faults: OUTAGE, ..flight }),
            ("a write that loses its store", Config { scan: true, faults: OUTAGE, ..at_home }),
            ("nearly everything goes wrong for two", Config { faults: dies, ..small }),
            (
                "nearly everything goes wrong for a refresh",
                Config { refreshes: 1, faults: most, ..small },
            ),
        ];
        Self { worlds: [worlds, worlds_by_epochs()].concat(), at_least: 100_000 }
    }

    /// Large ones, for the night: four callers with each pair of troubles, three with nearly all.
    #[must_use]
    pub fn nightly() -> Self {
        let (small, none) = (Config::SMALL, Faults::NONE);
        let pairs = Config { callers: 2, ..small };
        let three = Config { processes: 3, ..small };
        let at_home = Config { callers: 3, processes: 1, refreshes: 1, ..small };
        let remote = Config { callers: 3, apart: true, refreshes: 1, ..small };
        let cancel = Faults { cancels: 1, ..EXPIRY };
        let failure = Faults { failures: 1, ..EXPIRY };
        let failures = Faults { cancels: 1, failures: 2, ..none };
        let impatient = Faults { limits: 1, ..none };
        let deadly = Faults { crashes: 1, lost: 1, ..cancel };
        let homeless = Faults { outages: 1, lost: 1, failures: 1, ..cancel };
        let local = Faults { cancels: 1, failures: 1, limits: 1, ..OUTAGE };
        let worlds = vec![
            ("two writes, by SCAN", Config { writes: 2, scan: true, faults: EXPIRY, ..three }),
            ("a transaction", Config { writes: 2, transactions: 1, ..pairs }),
            ("two writes that load anew", Config { writes: 2, reloads: 2, scan: true, ..pairs }),
            ("three writes that load anew", Config { writes: 3, reloads: 3, ..three }),
            ("expiry and cancellation", Config { faults: cancel, ..pairs }),
            ("expiry and a failure", Config { faults: failure, ..pairs }),
            ("two refreshes and expiry", Config { refreshes: 2, faults: EXPIRY, ..pairs }),
            ("an outage, and a SCAN", Config { scan: true, faults: OUTAGE, ..pairs }),
            ("two flights that wait too long", Config { faults: impatient, ..pairs }),
            ("failures in a flight of four", Config { callers: 4, faults: failures, ..remote }),
            ("most faults in three processes", Config { refreshes: 1, faults: deadly, ..three }),
            ("most faults in one flight", Config { faults: homeless, ..remote }),
            ("most faults beside a local write", Config { faults: local, ..at_home }),
        ];
        Self { worlds: [worlds, large_worlds_by_epochs()].concat(), at_least: 10_000_000 }
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

/// The small worlds with scopes, and with a store that comes back.
fn worlds_by_epochs() -> Vec<World> {
    let scoped = Config { scopes: 1, ..Config::SMALL };
    let flight = Config { callers: 2, apart: true, ..scoped };
    let ends = Faults { cancels: 1, failures: 1, limits: 1, ..EXPIRY };
    let cut_off = Faults { lost: 1, ..OUTAGE };
    vec![
        ("a store that comes back with the past", Config { faults: PAST, ..Config::SMALL }),
        ("nobody writes, by epochs", Config { processes: 3, writes: 0, ..scoped }),
        ("an epoch of two that goes", Config { scopes: 2, faults: EXPIRY, ..Config::SMALL }),
        ("a flight by epochs", Config { faults: ends, ..flight }),
        (
            "a refresh by epochs, and an empty store",
            Config { refreshes: 1, faults: EMPTY, ..scoped },
        ),
        ("a flight by epochs, and the past", Config { faults: PAST, ..flight }),
        ("epochs out of reach", Config { faults: cut_off, ..scoped }),
    ]
}

/// The large ones of this kind.
fn large_worlds_by_epochs() -> Vec<World> {
    let scoped = Config { scopes: 1, ..Config::SMALL };
    let remote = Config { callers: 3, apart: true, ..Config::SMALL };
    let unsure = Faults { cancels: 1, lost: 1, ..EXPIRY };
    let ends = Faults { failures: 1, limits: 1, ..EXPIRY };
    let back = Faults { cancels: 1, failures: 1, ..PAST };
    vec![
        ("nobody writes, by epochs", Config { writes: 0, callers: 2, ..scoped }),
        ("two flights, by epochs", Config { callers: 2, ..scoped }),
        ("three processes, by epochs", Config { processes: 3, ..scoped }),
        (
            "two writes in two scopes",
            Config { scopes: 2, writes: 2, faults: EXPIRY, ..Config::SMALL },
        ),
        (
            "writes that load anew, by epochs",
            Config { writes: 2, reloads: 2, faults: EMPTY, ..scoped },
        ),
        ("most faults of a refresh, by epochs", Config { refreshes: 1, faults: unsure, ..scoped }),
        ("most faults in one flight, by epochs", Config { faults: ends, scopes: 1, ..remote }),
        ("the past in one flight", Config { refreshes: 1, faults: back, ..remote }),
        ("the past, by epochs", Config { writes: 2, faults: PAST, ..scoped }),
    ]
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
    /// The shortest counterexample of this mutant, in its own world.
    ///
    /// # Errors
    ///
    /// When it is not caught; when it breaks another promise sooner than its own; or when the protocol itself has a
    /// counterexample in that world that is no longer: the mutant would prove nothing.
    pub fn caught(self) -> Result<Counterexample, String> {
        let name = self.name();
        let overlooked = self.overlooked();
        let summary = explore(self.world(), self, Limits { overlooked, ..Limits::default() })?;
        let survived = || format!("{name} survived {} states", summary.states);
        let found = summary.counterexamples.first().ok_or_else(survived)?;
        if Some(found.property) != self.violates() {
            return Err(format!("{name} is caught by another property: {found}"));
        }
        let as_far = Limits { depth: found.steps + 1, ..Limits::default() };
        let clean = explore(self.world(), Self::None, as_far)?;
        match clean.counterexamples.first() {
            Some(found) => Err(format!("the world of {name} is not clean without it: {found}")),
            None => Ok(found.clone()),
        }
    }
}
