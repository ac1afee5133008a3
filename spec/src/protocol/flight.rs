//! Single-flight inside a process: joining, publishing, handing over.

use super::Turn;
use crate::mutants::Mutant;
use crate::state::{
    Caller, Check, Ending, Flight, Phase, Right, Seats, Source, Stage, Then, Verdict, Version,
};

/// A cutoff above every index.
const EVERYBODY: u8 = u8::MAX;

impl Turn<'_> {
    /// Sits down in the flight that the process has for the key, or begins one.
    pub(super) fn join(&mut self, id: usize) {
        let home = self.rules.config.home_of_caller(id);
        let past = if let Phase::Missed { past } = self.phase(id) { past } else { None };
        let Some(flight) = self.now.map[home] else {
            self.open(id, Stage::Called);
            return self.acquire_when_known(id, past);
        };
        let seats = &mut self.now.seats[usize::from(flight)];
        let index = seats.joined;
        seats.joined += 1;
        let left = seats.left;
        let has_failed = seats.has_failed;
        if !has_failed && self.now.has_turn_holder(flight) {
            return self.set_phase(id, Phase::Following { flight, index });
        }
        self.set_phase(id, Phase::Leading { flight, index, stage: Stage::Called });
        if left.is_none() {
            self.acquire_when_known(id, past);
        }
    }

    /// Begins a flight, in the place of the one that is there: nobody joins that one any more.
    pub(super) fn open(&mut self, id: usize, stage: Stage) {
        let home = self.rules.config.home_of_caller(id);
        let flight = self.free_flight();
        self.now.seats[usize::from(flight)].joined = 1;
        self.now.map[home] = Some(flight);
        self.set_phase(id, Phase::Leading { flight, index: 0, stage });
    }

    /// A number that no caller refers to.
    fn free_flight(&self) -> Flight {
        let free = self.now.seats.iter().position(|seats| seats.joined == 0);
        Flight::try_from(free.unwrap_or_default()).unwrap_or_default()
    }

    /// Takes the turn that has come, with the lease that was left: it has stood since before the load that begins now.
    pub(super) fn take_turn(&mut self, id: usize) {
        let Phase::Leading { flight, .. } = self.phase(id) else { return };
        match self.now.seats[usize::from(flight)].left.take() {
            // The epochs that were read before the wait may be of the past.
            Some(right) => self.with_epochs(id, Then::Load(right)),
            None => self.look_once(id),
        }
    }

    /// Lands the flight: tells all who wait how it ended, and answers the leader.
    pub(super) fn publish(&mut self, id: usize) {
        let Phase::Leading { flight, stage, .. } = self.phase(id) else { return };
        let Some(outcome) = self.outcome(stage) else { return };
        let waiting: Vec<_> = self.now.waiting(flight).collect();
        for (other, index) in waiting {
            if index < outcome.cutoff {
                self.answer(other, outcome.version, outcome.shared);
            } else {
                self.start_over(other);
            }
        }
        self.unlist(flight);
        self.answer(id, outcome.version, outcome.own);
        self.owe(id, stage);
        self.close_if_empty(id, flight);
    }

    /// A leader that never learned what became of its request has a lease to release.
    fn owe(&mut self, id: usize, stage: Stage) {
        let Stage::Answered { verdict: Verdict::Unknown, right, .. } = stage else { return };
        self.release_behind(id, right);
    }

    /// Releases a lease that nobody needs any more. Where it is gone already, there is nothing to do.
    fn release_behind(&mut self, id: usize, right: Right) {
        let Right::Lease(token) = right else { return };
        let stands = self.now.key.is_lease_of(token);
        if stands && self.phase(id) == Phase::Over && self.mutant() != Mutant::CancelKeepsLease {
            self.set_phase(id, Phase::Releasing(token));
        }
    }

    fn outcome(&self, stage: Stage) -> Option<Outcome> {
        let mutant = self.mutant();
        let (version, cutoff, own, shared) = match stage {
            // The entry was read at one moment, and who joined since may have begun after a write.
            Stage::Found(version) => {
                let cutoff = if mutant == Mutant::ShareFoundValue { EVERYBODY } else { 0 };
                (version, cutoff, Source::Hit, Source::Share)
            }
            // Nobody can say what was invalidated since the load began.
            Stage::Loaded(Right::Away { cutoff }, version) => {
                let cutoff = if mutant == Mutant::ShareAwayLoad { EVERYBODY } else { cutoff };
                (version, cutoff, Source::Load, Source::AwayShare)
            }
            // They had joined when the load began, so that it is as good as their own.
            Stage::Answered { right: Right::Further { cutoff, .. }, version, .. }
            | Stage::Loaded(Right::Further { cutoff, .. }, version) => {
                let cutoff = if mutant == Mutant::ShareFurther { EVERYBODY } else { cutoff };
                (version, cutoff, Source::Load, Source::Share)
            }
            Stage::Answered { verdict, ending, version, cutoff, check, .. } => {
                let cutoff = if check == Check::Failed { 0 } else { cutoff };
                let shared = if ending == Ending::Fill { Source::Share } else { Source::Confirmed };
                (version, self.sharers(verdict, ending, cutoff), Source::Load, shared)
            }
            _ => return None,
        };
        Some(Outcome { version, cutoff, own, shared })
    }

    /// A condition that held proves that nothing was invalidated until then, which is good for those who had joined.
    fn sharers(&self, verdict: Verdict, ending: Ending, cutoff: u8) -> u8 {
        match (verdict, ending, self.mutant()) {
            (Verdict::Accepted, _, Mutant::JoinAfterCutoff) => EVERYBODY,
            (Verdict::Accepted, ..)
            | (Verdict::Refused, Ending::Fill, Mutant::FollowersShareRefused)
            | (Verdict::Refused, Ending::Release, Mutant::ShareErrorUnconfirmed)
            | (Verdict::Unknown, _, Mutant::ShareUnanswered) => cutoff,
            (Verdict::Refused | Verdict::Unknown, ..) => 0,
        }
    }

    /// A caller goes away without a value.
    pub(super) fn cancel(&mut self, id: usize) {
        self.now.left.cancels -= 1;
        self.leave(id);
    }

    /// A load ends with an error that is its caller's alone: lease and turn go to the others, and everybody may load.
    pub(super) fn fail(&mut self, id: usize) {
        self.now.left.failures -= 1;
        let Phase::Leading { flight, stage, .. } = self.phase(id) else { return };
        // Who waits goes on waiting for the load beside which this one was.
        if !matches!(stage.right(), Some(Right::Further { .. })) {
            self.now.seats[usize::from(flight)].has_failed = true;
        }
        self.leave(id);
    }

    /// Ends a caller's part in its flight.
    pub(super) fn leave(&mut self, id: usize) {
        let Caller { phase, epochs, .. } = self.now.callers[id];
        self.now.callers[id] = Caller { epochs, ..Caller::OVER };
        let (Phase::Leading { flight, .. } | Phase::Following { flight, .. }) = phase else {
            return;
        };
        if let Phase::Leading { stage, .. } = phase {
            self.leave_work(id, flight, stage);
        }
        if self.mutant() == Mutant::CancelForgetsFollowers {
            return self.close(id, flight);
        }
        if !matches!(phase, Phase::Leading { stage, .. } if !stage.has_turn()) {
            self.call_next(flight, phase);
        }
        self.close_if_empty(id, flight);
    }

    /// The right of a load goes to the next load; that of a request which nobody waits for is given up.
    fn leave_work(&mut self, id: usize, flight: Flight, stage: Stage) {
        match stage {
            Stage::Loading(right @ (Right::Lease(_) | Right::Stamp(_)))
            | Stage::AskingEpochs { then: Then::Load(right), .. }
            | Stage::MakingEpochs { then: Then::Load(right), .. }
            | Stage::Loaded(right @ (Right::Lease(_) | Right::Stamp(_)), _) => {
                self.bequeath(id, flight, right);
            }
            Stage::Sent { ending, right, version, .. } => {
                self.leave_request(id, ending, right, version);
                self.release_behind(id, right);
            }
            Stage::Answered { .. } => self.owe(id, stage),
            _ => {}
        }
    }

    /// Leaves a right in the flight. After a failure there may be an older one.
    fn bequeath(&mut self, id: usize, flight: Flight, right: Right) {
        if let Some(former) = self.now.seats[usize::from(flight)].left.replace(right) {
            self.release_behind(id, former);
        }
    }

    /// Gives the turn of somebody who has gone to the next in line; after a failure, to everybody.
    fn call_next(&mut self, flight: Flight, gone: Phase) {
        let has_failed = self.now.seats[usize::from(flight)].has_failed;
        if !has_failed && matches!(gone, Phase::Following { .. }) {
            return;
        }
        let mut line: Vec<_> = self.now.followers(flight).collect();
        line.sort_by_key(|(_, index)| *index);
        let turns = if has_failed { line.len() } else { 1 };
        for (next, index) in line.into_iter().take(turns) {
            let stage = self.called(gone);
            self.set_phase(next, Phase::Leading { flight, index, stage });
        }
    }

    /// How the next in line begins: its own load is what its caller asked for.
    fn called(&self, gone: Phase) -> Stage {
        match gone {
            Phase::Leading { stage: loaded @ Stage::Loaded(..), .. }
                if self.mutant() == Mutant::HandOverValue =>
            {
                loaded
            }
            _ => Stage::Called,
        }
    }

    /// Closes a flight when its last caller has left.
    pub(super) fn close_if_empty(&mut self, last: usize, flight: Flight) {
        if self.now.is_empty(flight) {
            self.close(last, flight);
        }
    }

    /// Forgets a flight, and releases the lease that is left in it.
    fn close(&mut self, last: usize, flight: Flight) {
        if let Some(right) = self.now.seats[usize::from(flight)].left {
            self.release_behind(last, right);
        }
        self.end(flight);
    }

    /// Forgets a flight, with all that is left in it.
    pub(super) fn end(&mut self, flight: Flight) {
        self.now.seats[usize::from(flight)] = Seats::NONE;
        self.unlist(flight);
    }

    /// Nobody joins the flight any more.
    fn unlist(&mut self, flight: Flight) {
        for current in &mut self.now.map {
            if *current == Some(flight) {
                *current = None;
            }
        }
    }
}

/// How a flight ends.
struct Outcome {
    version: Version,
    /// Who has a lower index is given the value, the others start over.
    cutoff: u8,
    /// What the value is to the leader.
    own: Source,
    /// What it is to the others.
    shared: Source,
}
