//! What nobody does on purpose.

use super::Turn;
use crate::actions::Step;
use crate::mutants::Mutant;
use crate::state::{
    Caller, Check, Ending, Epochs, Flight, Key, Phase, Right, Source, Stage, Verdict, Version,
    Writer,
};

impl Turn<'_> {
    /// The key's time is over. That of a lease that nobody renews costs nothing: it always comes.
    pub(super) fn expire(&mut self) {
        if !self.now.has_orphaned_lease() {
            self.now.left.expiries -= 1;
        }
        self.now.key = Key::Absent;
    }

    /// An epoch goes, for want of memory or because nobody has prolonged it.
    pub(super) fn evict(&mut self, scope: usize) {
        self.now.left.expiries -= 1;
        self.now.epochs.0[scope] = 0;
    }

    /// Everything is lost, and what is on its way to the store as well.
    pub(super) fn restart(&mut self) {
        self.now.left.restarts -= 1;
        (self.now.key, self.now.epochs, self.now.late) = (Key::Absent, Epochs::NONE, None);
    }

    /// What was deleted since it was saved is there again. Every process learns at its next
    /// connection that the store is another one, before anything else goes by it.
    pub(super) fn come_back_with_the_past(&mut self) {
        let Some((key, epochs)) = self.now.saved.take() else { return };
        self.now.left.returns -= 1;
        (self.now.key, self.now.epochs, self.now.late) = (key, epochs, None);
        let doubts = self.mutant() != Mutant::PastTrusted;
        self.now.doubt[..self.rules.config.processes].fill(doubts);
    }

    /// A pass deletes everything under the prefix, leases and epochs among it.
    pub(super) fn cleanse(&mut self, process: usize) {
        (self.now.key, self.now.epochs) = (Key::Absent, Epochs::NONE);
        self.now.doubt[process] = false;
    }

    /// The store reads a fill whose sender does not listen any more.
    pub(super) fn late_fill(&mut self) {
        if let Some((right, version, epochs)) = self.now.late.take() {
            self.store(right, version, epochs);
        }
    }

    /// The longest wait is over: the caller takes what is there by now, or loads beside the other load.
    pub(super) fn give_up(&mut self, id: usize) {
        self.now.left.limits -= 1;
        self.now.callers[id].epochs = self.epochs_seen_by(id);
        match (self.phase(id), self.now.key) {
            (_, Key::Entry { version, epochs, .. }) if self.takes(id, epochs) => {
                self.answer_instead(id, Some(version));
            }
            (Phase::Following { flight, index }, key) => {
                self.load_beside(id, flight, index, false, key);
            }
            (Phase::Leading { flight, index, stage: Stage::Waiting }, key) => {
                self.load_beside(id, flight, index, true, key);
            }
            _ => self.answer_instead(id, None),
        }
    }

    fn takes(&self, id: usize, carried: Epochs) -> bool {
        let seen = self.now.callers[id].epochs;
        !self.is_away(id) && !self.is_overdue(id) && self.trusts(seen, carried)
    }

    /// Leaves the flight with what is stored, or with a load that is neither stored nor shared.
    fn answer_instead(&mut self, id: usize, stored: Option<Version>) {
        let floor = self.now.callers[id].floor;
        self.leave(id);
        if self.phase(id) != Phase::Over {
            return;
        }
        self.now.callers[id].floor = floor;
        match stored {
            Some(version) => self.answer(id, version, Source::Hit),
            None => self.load_alone(id),
        }
    }

    /// Begins a load in the flight of another one, and remembers the lease that stands before it begins.
    fn load_beside(&mut self, id: usize, flight: Flight, index: u8, has_turn: bool, key: Key) {
        let cutoff = self.now.seats[usize::from(flight)].joined;
        let epochs = self.now.callers[id].epochs;
        let may_store = !self.is_away(id) && self.are_known(epochs) && !self.is_past(epochs, key);
        let seen = key.token().filter(|_| may_store && key.is_lease());
        let right = match self.mutant() {
            Mutant::ImpatientFills => Right::Always,
            _ => Right::Further { cutoff, seen, has_turn },
        };
        self.set_phase(id, Phase::Leading { flight, index, stage: Stage::Loading(right) });
    }

    /// The store does what it was asked, or will do it later, and the process never learns it.
    pub(super) fn lose_answer(&mut self, id: usize) {
        self.now.left.lost -= 1;
        match self.now.callers[id].stage() {
            Some(Stage::MakingEpochs { then, .. }) => self.lose_epochs(id, then),
            Some(Stage::Acquiring { .. }) => self.lose_lease(id),
            Some(Stage::Sent { ending, right, version, cutoff, .. }) => {
                self.leave_request(id, ending, right, version);
                let (verdict, check) = (Verdict::Unknown, Check::Passed);
                self.set_stage(
                    id,
                    Stage::Answered { verdict, ending, right, version, cutoff, check },
                );
            }
            _ => unreachable!("{:?} waits for no answer", Step::LoseAnswer),
        }
    }

    /// A lease that its process knows nothing of.
    fn lose_lease(&mut self, id: usize) {
        if self.is_free_for(id) {
            self.put_lease(id);
        }
        self.load_without_lease(id);
    }

    /// The store deletes the key, and the writer takes that for a failure.
    pub(super) fn lose_deletion(&mut self, id: usize) {
        self.now.left.lost -= 1;
        if let Writer::Outdated(version) | Writer::Seen(version) = self.now.writers[id] {
            self.invalidate(id);
            self.now.writers[id] = Writer::Overdue(version);
        }
    }

    /// A request stays on its way. There is room for one fill; another one gets lost. A release that gets lost is done
    /// again behind the caller where a lease is at stake; elsewhere it would refuse a fill at the most.
    pub(super) fn leave_request(
        &mut self,
        id: usize,
        ending: Ending,
        right: Right,
        version: Version,
    ) {
        if ending == Ending::Fill {
            let epochs = self.now.callers[id].epochs;
            self.now.late = self.now.late.or(Some((right, version, epochs)));
        }
    }

    pub(super) fn go_away(&mut self, process: usize) {
        self.now.left.outages -= 1;
        self.now.away[process] = true;
    }

    /// Whoever has begun in this process is gone, whatever it held; calls that have not begun are those after the restart.
    pub(super) fn crash(&mut self, process: usize) {
        self.now.left.crashes -= 1;
        self.now.away[process] = false;
        for id in 0..self.rules.config.all_callers() {
            if self.rules.config.home_of_caller(id) == process && self.phase(id) != Phase::Idle {
                self.vanish(id);
            }
        }
        for id in 0..self.rules.config.writes {
            let writer = &mut self.now.writers[id];
            if self.rules.config.home_of_writer(id) == process && writer.is_under_way() {
                // What everybody must see already stays so.
                *writer = writer.returned().map_or(Writer::Gone, Writer::Returned);
            }
        }
    }

    fn vanish(&mut self, id: usize) {
        if let Phase::Leading { flight, stage, .. } = self.phase(id) {
            if let Stage::Sent { ending, right, version, .. } = stage {
                self.leave_request(id, ending, right, version);
            }
            self.end(flight);
        }
        self.now.callers[id] = Caller::OVER;
    }
}
