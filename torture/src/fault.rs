//! What is disturbed.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// One kind of disturbance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Fault {
    /// The cache server closes all connections.
    Disconnect,
    /// The cache server stops for a moment.
    FreezeServer,
    /// The cache server is killed and started again, empty.
    Restart,
    /// A worker stops for longer than its leases last.
    FreezeWorker,
    /// A worker is killed, and another one takes its place.
    KillWorker,
    /// A caller gives up.
    Cancel,
    /// A load returns an error.
    Fail,
    /// A load panics.
    Panic,
    /// A load takes longer than its lease.
    Expire,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.to_possible_value();
        f.write_str(value.as_ref().map_or("fault", |value| value.get_name()))
    }
}

/// The faults of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Faults(BTreeSet<Fault>);

impl Faults {
    pub(crate) fn contain(&self, fault: Fault) -> bool {
        self.0.contains(&fault)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Fault> {
        self.0.iter().copied()
    }

    /// Those of `some` that are part of the run.
    pub(crate) fn among(&self, some: &[Fault]) -> Vec<Fault> {
        some.iter().copied().filter(|&fault| self.contain(fault)).collect()
    }
}

impl FromStr for Faults {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "all" => Ok(Self(Fault::value_variants().iter().copied().collect())),
            "none" => Ok(Self(BTreeSet::new())),
            list => list
                .split(',')
                .map(|name| Fault::from_str(name.trim(), false))
                .collect::<Result<_, _>>()
                .map(Self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, Faults};

    #[test]
    fn faults_are_named_one_by_one_or_together() {
        let all: Faults = "all".parse().unwrap();
        assert!(all.contain(Fault::Expire) && all.contain(Fault::Disconnect));
        assert_eq!("none".parse::<Faults>().unwrap().iter().count(), 0);
        let two: Faults = "kill-worker, panic".parse().unwrap();
        assert_eq!(two.iter().collect::<Vec<_>>(), [Fault::KillWorker, Fault::Panic]);
        assert!("panic,panick".parse::<Faults>().is_err());
    }
}
