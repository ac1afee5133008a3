//! What can happen next.

use crate::Protocol;
use crate::mutants::Mutant;
use crate::state::{Key, Phase, Right, Stage, State, Writer};

/// One atomic step of the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// A caller does something, or something happens to it.
    Caller(usize, Step),
    /// A writer does its next step.
    Writer(usize),
    /// A fill whose sender does not wait for it reaches the store.
    LateFill,
    /// The key's time is over, or it is evicted.
    Expire,
    /// A process dies with all its callers and writers.
    Crash(usize),
    /// A process cannot reach the store any more.
    GoAway(usize),
    /// It can again.
    ComeBack(usize),
}

/// A caller's step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// GET.
    Read,
    /// Joins the process' flight, or begins one.
    Join,
    /// SET NX with a fresh token.
    Acquire,
    /// Reads the key that it waited for.
    Look,
    /// A refresh puts its token where it found something else.
    Seize,
    /// The load reads the database.
    Load,
    /// Sends the fill, having counted who has joined so far.
    Send,
    /// The store decides about the fill.
    Fill,
    /// Tells the followers.
    Publish,
    /// Deletes its lease if that still stands.
    Release,
    /// Has waited long enough, and loads for itself.
    GiveUp,
    /// Is cancelled, or its load fails or panics.
    Cancel,
    /// The store does what it is asked, and the answer is lost.
    LoseAnswer,
}

impl Protocol {
    /// Everything that can happen in a state, always in the same order.
    pub(crate) fn possible(&self, state: &State, actions: &mut Vec<Action>) {
        for id in 0..self.config.all_callers() {
            self.steps_of_caller(state, id, actions);
        }
        let writers = (0..self.config.writes).filter(|&id| self.can_write(state, id));
        actions.extend(writers.map(Action::Writer));
        if state.late.is_some() {
            actions.push(Action::LateFill);
        }
        if Self::can_expire(state) {
            actions.push(Action::Expire);
        }
        self.accidents(state, actions);
    }

    fn steps_of_caller(&self, state: &State, id: usize, actions: &mut Vec<Action>) {
        let phase = state.callers[id].phase;
        let left = &state.left;
        let next = self.next_step(state, id);
        let extra = [
            (left.limits > 0 && is_waiting(phase), Step::GiveUp),
            (left.cancels > 0 && can_be_cancelled(phase), Step::Cancel),
            (left.lost > 0 && is_asking(phase), Step::LoseAnswer),
        ];
        let extra = extra.iter().filter(|(possible, _)| *possible).map(|(_, step)| *step);
        actions.extend(next.into_iter().chain(extra).map(|step| Action::Caller(id, step)));
    }

    /// The step that a caller takes when nothing goes wrong; none if it waits for somebody.
    pub(crate) fn next_step(&self, state: &State, id: usize) -> Option<Step> {
        let away = state.away[self.config.home_of_caller(id)];
        match state.callers[id].phase {
            Phase::Idle => self.may_begin(state, id).then_some(Step::Read),
            Phase::Reading => Some(Step::Read),
            Phase::Missed => Some(Step::Join),
            Phase::Seizing(_) => Some(Step::Seize),
            Phase::Following { .. } | Phase::Over | Phase::Stale(_) => None,
            Phase::Releasing(_) => (!away).then_some(Step::Release),
            Phase::Leading { stage, .. } => match stage {
                Stage::Acquiring => Some(Step::Acquire),
                Stage::Waiting => (away || !state.key.is_lease()).then_some(Step::Look),
                Stage::Loading(_) => Some(Step::Load),
                Stage::Found(_) | Stage::Answered { .. } | Stage::Loaded(Right::Away { .. }, _) => {
                    Some(Step::Publish)
                }
                Stage::Loaded(..) => Some(Step::Send),
                Stage::Sent { .. } => Some(Step::Fill),
            },
        }
    }

    /// Calls of one kind in one process differ in nothing but their number, so they begin in order.
    fn may_begin(&self, state: &State, id: usize) -> bool {
        let twin = |other: usize| {
            self.config.home_of_caller(other) == self.config.home_of_caller(id)
                && self.config.is_refresh(other) == self.config.is_refresh(id)
        };
        id == 0 || !twin(id - 1) || state.callers[id - 1].phase != Phase::Idle
    }

    fn can_write(&self, state: &State, id: usize) -> bool {
        let away = state.away[self.config.home_of_writer(id)];
        match state.writers[id] {
            Writer::Idle | Writer::Committed(_) => true,
            Writer::Outdated(_) | Writer::Seen(_) => !away,
            Writer::Deleted(_) => !away || self.mutant == Mutant::InvalidateBeforeCommit,
            Writer::Returned(_) | Writer::Gone => false,
        }
    }

    /// A lease that nobody renews expires as time goes by. That a holder is too slow, or that an entry goes, is counted.
    fn can_expire(state: &State) -> bool {
        match state.key {
            Key::Absent => false,
            Key::Lease(_) => state.has_orphaned_lease() || state.left.expiries > 0,
            Key::Entry { .. } => state.left.expiries > 0,
        }
    }

    fn accidents(&self, state: &State, actions: &mut Vec<Action>) {
        for process in 0..self.config.processes {
            if state.left.crashes > 0 && self.is_busy(state, process) {
                actions.push(Action::Crash(process));
            }
            if state.away[process] {
                actions.push(Action::ComeBack(process));
            } else if state.left.outages > 0 {
                actions.push(Action::GoAway(process));
            }
        }
    }

    /// Whether a process has anything to lose.
    fn is_busy(&self, state: &State, process: usize) -> bool {
        let callers = (0..self.config.all_callers()).any(|id| {
            let phase = state.callers[id].phase;
            let runs = state.callers[id].is_live() || matches!(phase, Phase::Releasing(_));
            runs && self.config.home_of_caller(id) == process
        });
        let writes = |id: usize| {
            !matches!(state.writers[id], Writer::Idle | Writer::Returned(_) | Writer::Gone)
        };
        callers
            || (0..self.config.writes)
                .any(|id| writes(id) && self.config.home_of_writer(id) == process)
    }
}

fn is_waiting(phase: Phase) -> bool {
    let leads_waiting = matches!(phase, Phase::Leading { stage: Stage::Waiting, .. });
    leads_waiting || matches!(phase, Phase::Following { .. } | Phase::Seizing(_))
}

fn can_be_cancelled(phase: Phase) -> bool {
    matches!(phase, Phase::Following { .. } | Phase::Leading { .. })
}

fn is_asking(phase: Phase) -> bool {
    matches!(phase, Phase::Leading { stage: Stage::Acquiring | Stage::Sent { .. }, .. })
}
