//! What nobody does on purpose.

use super::Turn;
use crate::actions::Step;
use crate::state::{Caller, Key, Phase, Stage, Verdict, Writer};

impl Turn<'_> {
    /// The key's time is over. That of a lease that nobody renews costs nothing: it always comes.
    pub(super) fn expire(&mut self) {
        if !self.now.has_orphaned_lease() {
            self.now.left.expiries -= 1;
        }
        self.now.key = Key::Absent;
    }

    /// The store reads a fill whose sender does not listen any more.
    pub(super) fn late_fill(&mut self) {
        if let Some((right, version)) = self.now.late.take() {
            self.store(right, version);
        }
    }

    /// The longest wait is over: the caller loads without storing and without sharing, and its flight goes on.
    pub(super) fn give_up(&mut self, id: usize) {
        self.now.left.limits -= 1;
        let Caller { floor, home_floor, .. } = self.now.callers[id];
        self.leave(id);
        self.now.callers[id] = Caller { floor, home_floor, phase: Phase::Over };
        self.load_alone(id);
    }

    /// The store does what it was asked, or will do it later, and the process never learns it.
    pub(super) fn lose_answer(&mut self, id: usize) {
        self.now.left.lost -= 1;
        match self.now.callers[id].stage() {
            Some(Stage::Acquiring) => {
                if self.now.key == Key::Absent {
                    self.put_lease(id);
                }
                self.load_without_lease(id);
            }
            Some(Stage::Sent { right, version, cutoff }) => {
                self.leave_fill(right, version);
                let verdict = Verdict::Unknown;
                self.set_stage(id, Stage::Answered { verdict, right, version, cutoff });
            }
            _ => unreachable!("{:?} waits for no answer", Step::LoseAnswer),
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
            let is_under_way = !matches!(writer, Writer::Idle | Writer::Returned(_));
            if self.rules.config.home_of_writer(id) == process && is_under_way {
                *writer = Writer::Gone;
            }
        }
    }

    fn vanish(&mut self, id: usize) {
        if let Phase::Leading { flight, stage, .. } = self.phase(id) {
            if let Stage::Sent { right, version, .. } = stage {
                self.leave_fill(right, version);
            }
            self.end(flight);
        }
        self.now.callers[id] = Caller::OVER;
    }
}
