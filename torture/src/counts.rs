//! How often what happened.

use crate::fault::Fault;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is counted beside faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Count {
    /// Calls of a cached function that returned a version.
    Reads,
    /// Of these, answered from the cache.
    Hits,
    /// Of these, answered by this process alone.
    LocalHits,
    /// Calls that waited for another caller's load.
    Waits,
    /// Loads that began.
    Loads,
    /// Fills that the cache refused because the key was invalidated meanwhile.
    Refused,
    /// Versions committed.
    Writes,
    /// Invalidations that are known to have succeeded.
    Invalidations,
    /// Invalidations that failed, or of which nobody knows.
    Doubtful,
    /// Faults of the store that the cache met.
    Errors,
}

/// Counts of one worker, or of all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tally {
    counts: BTreeMap<Count, u64>,
    faults: BTreeMap<Fault, u64>,
}

impl Tally {
    pub(crate) fn count(&mut self, what: Count) {
        *self.counts.entry(what).or_default() += 1;
    }

    pub(crate) fn set(&mut self, what: Count, number: u64) {
        self.counts.insert(what, number);
    }

    pub(crate) fn suffer(&mut self, fault: Fault) {
        *self.faults.entry(fault).or_default() += 1;
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (&what, number) in &other.counts {
            *self.counts.entry(what).or_default() += number;
        }
        for (&fault, number) in &other.faults {
            *self.faults.entry(fault).or_default() += number;
        }
    }

    pub(crate) fn of(&self, what: Count) -> u64 {
        self.counts.get(&what).copied().unwrap_or(0)
    }

    pub(crate) fn of_fault(&self, fault: Fault) -> u64 {
        self.faults.get(&fault).copied().unwrap_or(0)
    }

    /// Reads and writes.
    pub(crate) fn operations(&self) -> u64 {
        self.of(Count::Reads) + self.of(Count::Writes)
    }
}

#[cfg(test)]
mod tests {
    use super::{Count, Tally};
    use crate::fault::Fault;

    #[test]
    fn tallies_add_up_and_travel() {
        let mut one = Tally::default();
        one.count(Count::Reads);
        one.suffer(Fault::Cancel);
        let mut two: Tally = serde_json::from_str(&serde_json::to_string(&one).unwrap()).unwrap();
        two.count(Count::Writes);
        two.add(&one);
        assert_eq!((two.of(Count::Reads), two.operations()), (2, 3));
        assert_eq!((two.of_fault(Fault::Cancel), two.of_fault(Fault::Panic)), (2, 0));
    }
}
