//! Single-flight inside a process: joining, publishing, handing over.

use super::Turn;
use crate::mutants::Mutant;
use crate::state::{Caller, Flight, Phase, Right, Source, Stage, Verdict, Version};

/// A cutoff above every index.
pub(super) const EVERYBODY: u8 = u8::MAX;

impl Turn<'_> {
    /// A number that no caller refers to.
    pub(super) fn free_flight(&self) -> Flight {
        let free = self.now.joined.iter().position(|joined| *joined == 0);
        Flight::try_from(free.unwrap_or_default()).unwrap_or_default()
    }

    /// Joins the flight that the process has for the key, or begins one.
    pub(super) fn join(&mut self, id: usize) {
        let home = self.rules.config.home_of_caller(id);
        let phase = if let Some(flight) = self.now.map[home] {
            Phase::Following { flight, index: self.now.joined[usize::from(flight)] }
        } else {
            let flight = self.free_flight();
            self.now.map[home] = Some(flight);
            Phase::Leading { flight, index: 0, stage: Stage::Acquiring }
        };
        if let Phase::Following { flight, .. } | Phase::Leading { flight, .. } = phase {
            self.now.joined[usize::from(flight)] += 1;
        }
        self.set_phase(id, phase);
    }

    /// Tells the followers how the flight ended, and answers the leader.
    pub(super) fn publish(&mut self, id: usize) {
        let Phase::Leading { flight, stage, .. } = self.phase(id) else { return };
        let Some(outcome) = self.outcome(stage) else { return };
        let followers: Vec<_> = self.now.followers(flight).collect();
        for (follower, index) in followers {
            if index < outcome.cutoff {
                self.answer(follower, outcome.version, outcome.shared);
            } else {
                self.start_over(follower);
            }
        }
        self.end(flight);
        self.answer(id, outcome.version, outcome.own);
        self.owe(id, stage);
    }

    /// A leader that never learned what became of its fill has a lease to release.
    fn owe(&mut self, id: usize, stage: Stage) {
        let Stage::Answered { verdict: Verdict::Unknown, right, .. } = stage else { return };
        if let (Some(token), Phase::Over) = (right.lease(), self.phase(id)) {
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
            Stage::Loaded(Right::Away { cutoff }, version) => {
                (version, cutoff, Source::Load, Source::AwayShare)
            }
            Stage::Answered { verdict, version, cutoff, .. } => {
                (version, self.sharers(verdict, cutoff), Source::Load, Source::Share)
            }
            _ => return None,
        };
        Some(Outcome { version, cutoff, own, shared })
    }

    /// An accepted fill proves that nothing was invalidated until then, which is good for those who had joined by then.
    fn sharers(&self, verdict: Verdict, cutoff: u8) -> u8 {
        match (verdict, self.mutant()) {
            (Verdict::Accepted, Mutant::JoinAfterCutoff) => EVERYBODY,
            (Verdict::Accepted, _)
            | (Verdict::Refused, Mutant::FollowersShareRefused)
            | (Verdict::Unknown, Mutant::ShareUnanswered) => cutoff,
            (Verdict::Refused | Verdict::Unknown, _) => 0,
        }
    }

    /// Forgets a flight that nobody refers to any more.
    pub(super) fn end(&mut self, flight: Flight) {
        self.now.joined[usize::from(flight)] = 0;
        for current in &mut self.now.map {
            if *current == Some(flight) {
                *current = None;
            }
        }
    }

    /// A caller goes away without a value. Its duties go to the next follower, or are done behind it.
    pub(super) fn cancel(&mut self, id: usize) {
        self.now.left.cancels -= 1;
        if let Some(Stage::Sent { right, version, .. }) = self.now.callers[id].stage() {
            self.leave_fill(right, version);
        }
        self.leave(id);
    }

    /// Ends a caller's part in its flight.
    pub(super) fn leave(&mut self, id: usize) {
        let phase = self.phase(id);
        self.now.callers[id] = Caller::OVER;
        let Phase::Leading { flight, stage, .. } = phase else { return };
        if self.mutant() == Mutant::CancelForgetsFollowers {
            return self.abandon(id, flight, stage.right());
        }
        let next = self.now.followers(flight).min_by_key(|(_, index)| *index);
        match next {
            Some((next, index)) => {
                let stage = self.inherited(stage);
                self.set_phase(next, Phase::Leading { flight, index, stage });
            }
            None => self.abandon(id, flight, stage.right()),
        }
    }

    /// The next leader loads anew under the lease that stands; its own load is what its caller asked for.
    fn inherited(&self, stage: Stage) -> Stage {
        match stage {
            Stage::Loaded(..) if self.mutant() == Mutant::HandOverValue => stage,
            _ => match stage.right() {
                None | Some(Right::Away { .. } | Right::Untaken) => Stage::Acquiring,
                Some(right) => Stage::Loading(right),
            },
        }
    }

    fn abandon(&mut self, id: usize, flight: Flight, right: Option<Right>) {
        self.end(flight);
        if self.mutant() == Mutant::CancelKeepsLease {
            return;
        }
        if let Some(token) = right.and_then(Right::lease) {
            self.set_phase(id, Phase::Releasing(token));
        }
    }
}

/// How a flight ends.
struct Outcome {
    version: Version,
    /// Followers with a lower index are given the value, the others start over.
    cutoff: u8,
    /// What the value is to the leader.
    own: Source,
    /// What it is to the followers.
    shared: Source,
}
