//! How a run ends.

use crate::counts::{Count, Tally};
use crate::fault::{Fault, Faults};
use std::process::ExitCode;

/// How a run ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Clean,
    Stale,
    /// Time ran out before enough had happened to mean something.
    NotEnough(Vec<String>),
    /// The torture itself failed.
    Broken(String),
}

impl From<Verdict> for ExitCode {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Clean => Self::SUCCESS,
            Verdict::Stale => Self::from(1),
            // 2 is clap's.
            Verdict::NotEnough(_) => Self::from(3),
            Verdict::Broken(_) => Self::from(4),
        }
    }
}

/// How often what has to happen before a run without a stale read means something: a cache without leases is found out
/// within a hundredth of this.
const ENOUGH: [(Count, u64); 6] = [
    (Count::Reads, 100_000),
    (Count::Hits, 15_000),
    (Count::Loads, 20_000),
    (Count::Writes, 5_000),
    (Count::Invalidations, 3_000),
    (Count::Refused, 1_000),
];

/// The same where values are kept in the process, too.
const ENOUGH_LOCAL: (Count, u64) = (Count::LocalHits, 5_000);

/// Faults of each kind.
const ENOUGH_FAULTS: u64 = 8;

/// What has not happened often enough.
pub(crate) fn missing(tally: &Tally, faults: &Faults, local: bool) -> Vec<String> {
    let lacks = |name: String, found: u64, wanted: u64| {
        (found < wanted).then(|| format!("{found} of {wanted} {name}"))
    };
    let wanted = ENOUGH.iter().chain(local.then_some(&ENOUGH_LOCAL));
    let counts = wanted.filter_map(|&(what, wanted)| {
        lacks(format!("{what:?}").to_lowercase(), tally.of(what), wanted)
    });
    let of_fault = |fault: Fault| lacks(fault.to_string(), tally.of_fault(fault), ENOUGH_FAULTS);
    counts.chain(faults.iter().filter_map(of_fault)).collect()
}

#[cfg(test)]
mod tests {
    use super::{ENOUGH, missing};
    use crate::counts::Tally;
    use crate::fault::Fault;

    #[test]
    fn enough_is_enough_of_everything() {
        let mut tally = Tally::default();
        for (what, wanted) in ENOUGH {
            tally.set(what, wanted);
        }
        assert_eq!(missing(&tally, &"none".parse().unwrap(), false), Vec::<String>::new());
        tally.suffer(Fault::Panic);
        assert_eq!(missing(&tally, &"panic".parse().unwrap(), false), ["1 of 8 panic"]);
        let kept = missing(&tally, &"none".parse().unwrap(), true);
        assert_eq!(kept, ["0 of 5000 localhits"]);
    }
}
