//! What a flight's leader does at the store and at the database.

use super::Turn;
use super::flight::EVERYBODY;
use crate::config::Sharing;
use crate::mutants::Mutant;
use crate::state::{Flight, Key, Phase, Right, Stage, Verdict, Version};

impl Turn<'_> {
    /// SET NX with a fresh token.
    pub(super) fn acquire(&mut self, id: usize) {
        if self.is_away(id) {
            return self.load_without_lease(id);
        }
        let stage = match (self.mutant(), self.now.key) {
            (Mutant::NoLease | Mutant::DelayedDoubleDelete, _) => Stage::Loading(Right::Always),
            (Mutant::StampAfterLoad, _) => Stage::Loading(Right::Untaken),
            (_, Key::Absent) => Stage::Loading(Right::Lease(self.put_lease(id))),
            _ => Stage::Waiting,
        };
        self.set_stage(id, stage);
    }

    /// The load of a flight whose store is away begins.
    pub(super) fn load_without_lease(&mut self, id: usize) {
        let Phase::Leading { flight, .. } = self.phase(id) else { return };
        let cutoff = match self.rules.config.sharing {
            Sharing::UnlessOutdated => EVERYBODY,
            Sharing::JoinedBeforeLoad => self.count_joined(flight),
        };
        self.set_stage(id, Stage::Loading(Right::Away { cutoff }));
    }

    /// Reads the key that held another's lease.
    pub(super) fn look(&mut self, id: usize) {
        if self.is_away(id) {
            return self.load_without_lease(id);
        }
        let stage = match self.now.key {
            Key::Absent => Stage::Acquiring,
            Key::Lease(_) => Stage::Waiting,
            Key::Entry { version, .. } => Stage::Found(version),
        };
        self.set_stage(id, stage);
    }

    /// The one moment at which a load sees the database.
    pub(super) fn load(&mut self, id: usize) {
        let Some(Stage::Loading(right)) = self.now.callers[id].stage() else { return };
        self.set_stage(id, Stage::Loaded(right, self.now.database));
    }

    /// Counts the callers that have joined, and only then sends the fill.
    pub(super) fn send(&mut self, id: usize) {
        let Phase::Leading { flight, stage: Stage::Loaded(right, version), .. } = self.phase(id)
        else {
            return;
        };
        let cutoff = self.count_joined(flight);
        let stage = match right {
            Right::Untaken => self.take_lease_late(id, version, cutoff),
            _ => Stage::Sent { right, version, cutoff },
        };
        self.set_stage(id, stage);
    }

    /// Mutant: the load is over, and only now is the lease taken.
    fn take_lease_late(&mut self, id: usize, version: Version, cutoff: u8) -> Stage {
        if self.now.key == Key::Absent {
            return Stage::Loaded(Right::Lease(self.put_lease(id)), version);
        }
        Stage::Answered { verdict: Verdict::Refused, right: Right::Untaken, version, cutoff }
    }

    /// The store decides about a fill.
    pub(super) fn fill(&mut self, id: usize) {
        let Some(Stage::Sent { right, version, cutoff }) = self.now.callers[id].stage() else {
            return;
        };
        let verdict = if self.is_away(id) {
            self.leave_fill(right, version);
            Verdict::Unknown
        } else if self.store(right, version) {
            Verdict::Accepted
        } else {
            Verdict::Refused
        };
        self.set_stage(id, Stage::Answered { verdict, right, version, cutoff });
    }

    /// One atomic step of the store: the value is stored if the key still holds the load's token.
    pub(super) fn store(&mut self, right: Right, version: Version) -> bool {
        let accepted = self.permits(right);
        if accepted {
            let token = right.token().unwrap_or_else(|| self.now.fresh_token());
            self.now.key = Key::Entry { version, token };
        }
        accepted
    }

    fn permits(&self, right: Right) -> bool {
        match (right, self.now.key) {
            (Right::Lease(_), Key::Absent) => self.mutant() == Mutant::FillAfterExpiry,
            (Right::Lease(mine), Key::Lease(stands)) => mine == stands,
            (Right::Stamp(mine), Key::Entry { token, .. }) => mine == token,
            (Right::Always, _) | (Right::AnyEntry, Key::Entry { .. }) => true,
            _ => false,
        }
    }

    /// A fill stays on its way. There is room for one; another one gets lost.
    pub(super) fn leave_fill(&mut self, right: Right, version: Version) {
        self.now.late = self.now.late.or(Some((right, version)));
    }

    pub(super) fn count_joined(&self, flight: Flight) -> u8 {
        self.now.joined[usize::from(flight)]
    }
}
