//! What a flight's leader does at the store and at the database.

use super::Turn;
use crate::mutants::Mutant;
use crate::state::{Ending, Flight, Key, Phase, Right, Source, Stage, Verdict, Version};

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
            _ => self.stage_beside_lease(id),
        };
        self.set_stage(id, stage);
    }

    /// Waits for the lease of another load; after a failure that is another turn of the same flight, and all load.
    fn stage_beside_lease(&self, id: usize) -> Stage {
        match self.phase(id) {
            Phase::Leading { flight, .. } if self.now.seats[usize::from(flight)].has_failed => {
                Stage::Loading(Right::Alone)
            }
            _ => Stage::Waiting,
        }
    }

    /// The load of a flight whose store is away begins, for those who have joined by now.
    pub(super) fn load_without_lease(&mut self, id: usize) {
        let Phase::Leading { flight, .. } = self.phase(id) else { return };
        let cutoff = self.count_joined(flight);
        self.set_stage(id, Stage::Loading(Right::Away { cutoff }));
    }

    /// Reads the key that held another's lease, or at the beginning of a turn.
    pub(super) fn look(&mut self, id: usize) {
        if self.is_away(id) {
            return self.load_without_lease(id);
        }
        let stage = match self.now.key {
            Key::Absent => Stage::Acquiring,
            Key::Lease(_) => self.stage_beside_lease(id),
            Key::Entry { version, .. } => Stage::Found(version),
        };
        self.set_stage(id, stage);
    }

    /// The one moment at which a load sees the database.
    pub(super) fn load(&mut self, id: usize) {
        let Phase::Leading { flight, stage: Stage::Loading(right), .. } = self.phase(id) else {
            return;
        };
        let version = self.visible_to(id);
        if right == Right::Alone {
            self.answer(id, version, Source::Load);
            return self.close_if_empty(id, flight);
        }
        self.set_stage(id, Stage::Loaded(right, version));
    }

    /// Counts the callers that have joined, and only then asks the store.
    pub(super) fn send(&mut self, id: usize, ending: Ending) {
        let Phase::Leading { flight, stage: Stage::Loaded(right, version), .. } = self.phase(id)
        else {
            return;
        };
        if ending == Ending::Release {
            self.now.left.failures -= 1;
        }
        let stage = match right {
            Right::Untaken => self.take_lease_late(id, version),
            Right::Further { .. } if self.must_not_fill(id) => {
                let (verdict, cutoff) = (Verdict::Refused, 0);
                Stage::Answered { verdict, ending, right, version, cutoff }
            }
            _ if ending == Ending::Fill && self.must_not_fill(id) => {
                Stage::Sent { ending: Ending::Release, right, version, cutoff: 0 }
            }
            _ => Stage::Sent { ending, right, version, cutoff: self.count_joined(flight) },
        };
        self.set_stage(id, stage);
    }

    /// The lease says nothing about an invalidation that has failed: there is nothing to store or to share then.
    fn must_not_fill(&self, id: usize) -> bool {
        self.is_overdue(id) && self.mutant() != Mutant::OverdueFills
    }

    /// Mutant: the load is over, and only now is the lease taken.
    fn take_lease_late(&mut self, id: usize, version: Version) -> Stage {
        if self.now.key == Key::Absent {
            return Stage::Loaded(Right::Lease(self.put_lease(id)), version);
        }
        let (verdict, ending, right) = (Verdict::Refused, Ending::Fill, Right::Untaken);
        Stage::Answered { verdict, ending, right, version, cutoff: 0 }
    }

    /// The store decides about the end of a load.
    pub(super) fn settle(&mut self, id: usize) {
        let Some(Stage::Sent { ending, right, version, cutoff }) = self.now.callers[id].stage()
        else {
            return;
        };
        let verdict = if self.is_away(id) {
            self.leave_request(ending, right, version);
            Verdict::Unknown
        } else if self.execute(ending, right, version) {
            Verdict::Accepted
        } else {
            Verdict::Refused
        };
        self.set_stage(id, Stage::Answered { verdict, ending, right, version, cutoff });
    }

    fn execute(&mut self, ending: Ending, right: Right, version: Version) -> bool {
        match ending {
            Ending::Fill => self.store(right, version),
            Ending::Release => self.remove(right),
        }
    }

    /// One atomic step of the store: the key is deleted if it still holds the load's token.
    fn remove(&mut self, right: Right) -> bool {
        let held = self.permits(right);
        if held {
            self.now.key = Key::Absent;
        }
        held
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
            (Right::Further { seen: Some(_), .. }, Key::Lease(_))
                if self.mutant() == Mutant::FurtherFillsAnyLease =>
            {
                true
            }
            (Right::Further { seen, .. }, Key::Lease(stands)) => seen == Some(stands),
            (Right::Stamp(mine), Key::Entry { token, .. }) => mine == token,
            (Right::Always, _) | (Right::AnyEntry, Key::Entry { .. }) => true,
            _ => false,
        }
    }

    fn count_joined(&self, flight: Flight) -> u8 {
        self.now.seats[usize::from(flight)].joined
    }
}
