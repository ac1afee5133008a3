//! Scopes: their epochs are read before a load, carried by what it stores, and compared by every
//! reader.

use super::Turn;
use crate::mutants::Mutant;
use crate::state::{Check, Ending, Epochs, Key, Right, Stage, Then};

/// How often a caller makes the epochs that it does not find: where there are none, and then in any
/// case.
const TRIES: u8 = 2;

impl Turn<'_> {
    /// What a look at the store shows of the epochs; one that is missing leaves them unknown.
    pub(super) fn epochs_seen_by(&self, id: usize) -> Epochs {
        let there = self.now.epochs;
        if !self.is_away(id) && self.are_known(there) { there } else { Epochs::NONE }
    }

    pub(super) fn are_known(&self, epochs: Epochs) -> bool {
        self.mutant() == Mutant::NoneIsAnEpoch || epochs.are_whole(self.rules.config.scopes)
    }

    /// Whether a reader that has seen these epochs trusts an entry with those.
    pub(super) fn trusts(&self, seen: Epochs, carried: Epochs) -> bool {
        let scopes = self.rules.config.scopes;
        match self.mutant() {
            Mutant::EpochsNotCompared => true,
            Mutant::MissingEpochVouches => !seen.are_whole(scopes) || seen == carried,
            Mutant::NarrowestScopeOnly => seen.0.last() == carried.0.last(),
            Mutant::NoneIsAnEpoch => seen == carried,
            _ => seen.vouch_for(carried, scopes),
        }
    }

    /// Says of what a caller has read whether it is of the past: it takes the place of that.
    pub(super) fn is_past(&self, seen: Epochs, key: Key) -> bool {
        match key {
            Key::Absent => false,
            Key::Lease { epochs, .. } => !seen.may_become(epochs, self.rules.config.scopes),
            Key::Entry { epochs, .. } => !self.trusts(seen, epochs),
        }
    }

    /// Goes on when the epochs are known that are in the store now.
    pub(super) fn with_epochs(&mut self, id: usize, then: Then) {
        if self.rules.config.scopes == 0 {
            return self.go_on(id, then);
        }
        self.set_stage(id, Stage::AskingEpochs { then, made: 0 });
    }

    /// MGET of the epochs.
    pub(super) fn ask_epochs(&mut self, id: usize) {
        let Some(Stage::AskingEpochs { then, made }) = self.now.callers[id].stage() else { return };
        if self.is_away(id) {
            return self.go_on_without_epochs(id, then);
        }
        let there = self.now.epochs;
        self.now.callers[id].epochs = there;
        if self.are_known(there) {
            self.go_on(id, then);
        } else if made < TRIES {
            self.set_stage(id, Stage::MakingEpochs { then, made });
        } else {
            self.now.callers[id].epochs = Epochs::NONE;
            self.go_on(id, then);
        }
    }

    /// SET NX, all at the same time; the second time SET. What stands there then is read again.
    pub(super) fn make_epochs(&mut self, id: usize) {
        let Some(Stage::MakingEpochs { then, made }) = self.now.callers[id].stage() else { return };
        if self.is_away(id) {
            return self.go_on_without_epochs(id, then);
        }
        for scope in 0..self.rules.config.scopes {
            if self.now.callers[id].epochs.0[scope] == 0 {
                self.make_epoch(id, scope, made > 0);
            }
        }
        if self.mutant() == Mutant::OwnEpoch {
            return self.go_on(id, then);
        }
        self.set_stage(id, Stage::AskingEpochs { then, made: made + 1 });
    }

    fn make_epoch(&mut self, id: usize, scope: usize, always: bool) {
        let epoch = match self.mutant() {
            Mutant::CountedEpochs => 1,
            _ => self.now.fresh_epoch(scope),
        };
        if always || self.now.epochs.0[scope] == 0 {
            self.now.epochs.0[scope] = epoch;
        }
        if self.mutant() == Mutant::OwnEpoch {
            self.now.callers[id].epochs.0[scope] = epoch;
        }
    }

    /// The epochs are made, and the caller does not know it.
    pub(super) fn lose_epochs(&mut self, id: usize, then: Then) {
        self.make_epochs(id);
        self.go_on_without_epochs(id, then);
    }

    /// The store fails. A lease that was left is used all the same; what is loaded is not stored.
    fn go_on_without_epochs(&mut self, id: usize, then: Then) {
        self.now.callers[id].epochs = Epochs::NONE;
        match then {
            Then::Load(_) => self.go_on(id, then),
            _ => self.load_without_lease(id),
        }
    }

    fn go_on(&mut self, id: usize, then: Then) {
        match then {
            Then::Acquire(past) => self.set_stage(id, Stage::Acquiring { past }),
            Then::Judge(key) => self.judge(id, key),
            Then::Seize => self.see(id),
            Then::Load(right) => self.set_stage(id, Stage::Loading(right)),
        }
    }

    /// An entry that carries no epochs would be trusted by nobody.
    pub(super) fn is_storable(&self, id: usize) -> bool {
        self.are_known(self.now.callers[id].epochs)
    }

    /// Whether the epochs are to be read again before a load is shared. One beside another load is
    /// for those who had joined before it began, whatever has happened since.
    pub(super) fn check_due(&self, ending: Ending, right: Right) -> Check {
        let is_left_out = match self.mutant() {
            Mutant::ShareUnchecked => ending == Ending::Fill,
            Mutant::ShareErrorUnchecked => ending == Ending::Release,
            _ => false,
        };
        let is_unused = self.rules.config.scopes == 0 || matches!(right, Right::Further { .. });
        if is_left_out || is_unused { Check::Passed } else { Check::Due }
    }

    /// Reads the epochs while the fill is on its way, or behind it.
    pub(super) fn check(&mut self, id: usize) {
        let mine = self.now.callers[id].epochs;
        let is_same = self.are_known(mine) && self.epochs_seen_by(id) == mine;
        let now = if is_same { Check::Passed } else { Check::Failed };
        let Some(mut stage) = self.now.callers[id].stage() else { return };
        if let Stage::Sent { check, .. } | Stage::Answered { check, .. } = &mut stage {
            *check = now;
        }
        self.set_stage(id, stage);
    }

    /// Makes everything in a scope stale: deletes its epoch, if there is one.
    pub(super) fn retire(&mut self, scope: usize) {
        let epoch = &mut self.now.epochs.0[scope];
        *epoch = if self.rules.mutant == Mutant::CountedEpochs { *epoch + 1 } else { 0 };
    }
}
