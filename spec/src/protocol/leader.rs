//! What a flight's leader does at the store and at the database.

use super::Turn;
use crate::mutants::Mutant;
use crate::state::{
    Check, Ending, Epochs, Flight, Key, Phase, Right, Source, Stage, Then, Token, Verdict, Version,
};

impl Turn<'_> {
    /// Asks for the lease when the epochs are known.
    pub(super) fn acquire_when_known(&mut self, id: usize, past: Option<Token>) {
        if self.are_known(self.now.callers[id].epochs) {
            return self.set_stage(id, Stage::Acquiring { past });
        }
        self.with_epochs(id, Then::Acquire(past));
    }

    /// SET NX with a fresh token, or SET in the place of what is of the past, if it still stands
    /// there.
    pub(super) fn acquire(&mut self, id: usize) {
        if self.is_away(id) {
            return self.load_without_lease(id);
        }
        let stage = match (self.mutant(), self.now.key) {
            (Mutant::NoLease | Mutant::DelayedDoubleDelete, _) => Stage::Loading(Right::Always),
            (Mutant::StampAfterLoad, _) => Stage::Loading(Right::Untaken),
            _ if self.is_free_for(id) => Stage::Loading(Right::Lease(self.put_lease(id))),
            _ => self.stage_beside_lease(id),
        };
        self.set_stage(id, stage);
    }

    pub(super) fn is_free_for(&self, id: usize) -> bool {
        let past = match self.now.callers[id].stage() {
            Some(Stage::Acquiring { past }) => past,
            _ => None,
        };
        self.now.key == Key::Absent || past.is_some() && self.now.key.token() == past
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

    /// Reads the key that held another's lease, and then the epochs.
    pub(super) fn look(&mut self, id: usize) {
        if self.is_away(id) {
            return self.load_without_lease(id);
        }
        self.with_epochs(id, Then::Judge(self.now.key));
    }

    /// Reads the key at the beginning of a turn, together with the epochs.
    pub(super) fn look_once(&mut self, id: usize) {
        if self.is_away(id) {
            return self.load_without_lease(id);
        }
        self.now.callers[id].epochs = self.epochs_seen_by(id);
        self.judge(id, self.now.key);
    }

    /// Decides what to do about what was read.
    pub(super) fn judge(&mut self, id: usize, key: Key) {
        let seen = self.now.callers[id].epochs;
        let stage = match key {
            _ if self.is_past(seen, key) => return self.acquire_when_known(id, key.token()),
            Key::Absent => return self.acquire_when_known(id, None),
            Key::Lease { .. } => self.stage_beside_lease(id),
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
        if self.mutant() == Mutant::EpochsAfterLoad {
            self.now.callers[id].epochs = self.epochs_seen_by(id);
        }
        let must_not_fill = self.must_not_fill(id);
        let check = Check::Passed;
        let stage = match right {
            Right::Untaken => self.take_lease_late(id, version),
            Right::Further { .. } if must_not_fill => {
                let (verdict, cutoff) = (Verdict::Refused, 0);
                Stage::Answered { verdict, ending, right, version, cutoff, check }
            }
            _ if ending == Ending::Fill && must_not_fill => {
                Stage::Sent { ending: Ending::Release, right, version, cutoff: 0, check }
            }
            _ => self.ask_store(id, flight, ending),
        };
        self.set_stage(id, stage);
    }

    /// Is to ask the store; what nobody would trust there is not to be stored.
    fn ask_store(&self, id: usize, flight: Flight, ending: Ending) -> Stage {
        let Some(Stage::Loaded(right, version)) = self.now.callers[id].stage() else {
            unreachable!("only what is loaded is sent")
        };
        let ending = if self.is_storable(id) { ending } else { Ending::Release };
        let check = self.check_due(ending, right);
        Stage::Sent { ending, right, version, cutoff: self.count_joined(flight), check }
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
        Stage::Answered { verdict, ending, right, version, cutoff: 0, check: Check::Passed }
    }

    /// The store decides about the end of a load.
    pub(super) fn settle(&mut self, id: usize) {
        let Some(Stage::Sent { ending, right, version, cutoff, check }) =
            self.now.callers[id].stage()
        else {
            return;
        };
        let verdict = if self.is_away(id) {
            self.leave_request(id, ending, right, version);
            Verdict::Unknown
        } else if self.execute(id, ending, right, version) {
            Verdict::Accepted
        } else {
            Verdict::Refused
        };
        // What is shared with nobody needs no check.
        let check = if verdict == Verdict::Accepted { check } else { Check::Passed };
        self.set_stage(id, Stage::Answered { verdict, ending, right, version, cutoff, check });
    }

    fn execute(&mut self, id: usize, ending: Ending, right: Right, version: Version) -> bool {
        match ending {
            Ending::Fill => self.store(right, version, self.now.callers[id].epochs),
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
    pub(super) fn store(&mut self, right: Right, version: Version, epochs: Epochs) -> bool {
        let accepted = self.permits(right);
        if accepted {
            let token = right.token().unwrap_or_else(|| self.now.fresh_token());
            self.now.key = Key::Entry { version, token, epochs };
        }
        accepted
    }

    fn permits(&self, right: Right) -> bool {
        match (right, self.now.key) {
            (Right::Lease(_), Key::Absent) => self.mutant() == Mutant::FillAfterExpiry,
            (Right::Lease(mine), Key::Lease { token, .. })
            | (Right::Stamp(mine), Key::Entry { token, .. }) => mine == token,
            (Right::Further { seen: Some(_), .. }, Key::Lease { .. })
                if self.mutant() == Mutant::FurtherFillsAnyLease =>
            {
                true
            }
            (Right::Further { seen, .. }, Key::Lease { token, .. }) => seen == Some(token),
            (Right::Always, _) | (Right::AnyEntry, Key::Entry { .. }) => true,
            _ => false,
        }
    }

    fn count_joined(&self, flight: Flight) -> u8 {
        self.now.seats[usize::from(flight)].joined
    }
}
