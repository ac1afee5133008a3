//! What can happen next.

use crate::Protocol;
use crate::mutants::Mutant;
use crate::state::{Check, Ending, Epochs, Key, Phase, Right, Stage, State, Writer};

/// One atomic step of the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// A caller does something, or something happens to it.
    Caller(usize, Step),
    /// A writer does its next step.
    Writer(usize),
    /// The store deletes the key for a writer, and the answer is lost.
    LoseDeletion(usize),
    /// A fill whose sender does not wait for it reaches the store.
    LateFill,
    /// The key's time is over, or it is evicted.
    Expire,
    /// The epoch of a scope is evicted.
    Evict(usize),
    /// What is of the past is deleted behind.
    Sweep,
    /// The store starts again, and holds nothing.
    Restart,
    /// The store writes down what it holds.
    Save,
    /// The store starts again with that.
    Return,
    /// A process deletes everything, and believes the store again.
    Cleanse(usize),
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
    /// GET; what needs nothing else ends with it.
    Read,
    /// Reads the epochs.
    AskEpochs,
    /// Makes those that it has not found.
    MakeEpochs,
    /// Joins the process' flight, or begins one.
    Join,
    /// Takes the turn that it was given, with the lease that is left to it, or else reads the key.
    TakeTurn,
    /// SET NX with a fresh token.
    Acquire,
    /// Reads the key that it waited for.
    Look,
    /// A refresh puts its token where it found something else.
    Seize,
    /// The load reads the database.
    Load,
    /// Has a value to be stored, or an error to be shared: asks the store, having counted who has joined so far.
    Send(Ending),
    /// The store decides about it.
    Settle,
    /// Reads the epochs again: what was loaded is for others only if they are the same.
    Check,
    /// Tells the followers.
    Publish,
    /// Has an error that nobody else can have: leaves lease and turn to the others.
    Fail,
    /// Deletes its lease if that still stands.
    Release,
    /// Has waited long enough: takes what is there, or loads beside the other load.
    GiveUp,
    /// Is cancelled, or its load panics.
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
        let losers = (0..self.config.writes).filter(|&id| self.can_lose_deletion(state, id));
        actions.extend(losers.map(Action::LoseDeletion));
        if state.late.is_some() {
            actions.push(Action::LateFill);
        }
        self.losses(state, actions);
        self.accidents(state, actions);
    }

    /// What the store may hold no longer.
    fn losses(&self, state: &State, actions: &mut Vec<Action>) {
        let is_there = |scope: &usize| state.epochs.0[*scope] > 0;
        if Self::can_expire(state) {
            actions.push(Action::Expire);
        }
        if state.left.expiries > 0 {
            actions.extend((0..self.config.scopes).filter(is_there).map(Action::Evict));
        }
        let has_deleted = |writer: &Writer| writer.returned().is_some();
        if state.past(self.config.scopes).is_some() && state.writers.iter().any(has_deleted) {
            actions.push(Action::Sweep);
        }
        if state.left.restarts > 0 {
            actions.push(Action::Restart);
        }
        let holds_any = state.key != Key::Absent || state.epochs != Epochs::NONE;
        if state.left.returns > 0 && state.saved.is_none() && holds_any {
            actions.push(Action::Save);
        }
        if state.saved.is_some() {
            actions.push(Action::Return);
        }
    }

    fn steps_of_caller(&self, state: &State, id: usize, actions: &mut Vec<Action>) {
        let phase = state.callers[id].phase;
        let left = &state.left;
        let next = self.next_step(state, id);
        let extra = [
            (left.limits > 0 && is_waiting(phase), Step::GiveUp),
            (left.cancels > 0 && can_be_cancelled(phase), Step::Cancel),
            (left.failures > 0 && can_fail_for_all(phase), Step::Send(Ending::Release)),
            (left.failures > 0 && can_fail(phase), Step::Fail),
            (left.lost > 0 && is_asking(phase), Step::LoseAnswer),
            (is_to_check(phase), Step::Check),
        ];
        let extra = extra.iter().filter(|(possible, _)| *possible).map(|(_, step)| *step);
        actions.extend(next.into_iter().chain(extra).map(|step| Action::Caller(id, step)));
    }

    /// The step that a caller takes when nothing goes wrong; none if it waits for somebody.
    pub(crate) fn next_step(&self, state: &State, id: usize) -> Option<Step> {
        let home = self.config.home_of_caller(id);
        let away = state.away[home];
        match state.callers[id].phase {
            Phase::Idle => self.may_begin(state, id).then_some(Step::Read),
            Phase::Reading => Some(Step::Read),
            Phase::Missed { .. } => Some(Step::Join),
            Phase::Following { .. } | Phase::Over | Phase::Stale(_) => None,
            Phase::Releasing(_) => (!away).then_some(Step::Release),
            Phase::Leading { stage: Stage::Waiting, .. } => {
                (state.tells_nothing(home) || !must_wait(state)).then_some(Step::Look)
            }
            Phase::Leading { stage, .. } => Some(step_of_leader(stage)),
        }
    }

    fn may_begin(&self, state: &State, id: usize) -> bool {
        match self.config.transaction_of(id) {
            Some(writer) => matches!(state.writers[writer], Writer::Begun(_)),
            None => match self.config.reload_of(id) {
                Some(writer) => self.has_invalidated(state.writers[writer]),
                None => self.begins_in_order(state, id),
            },
        }
    }

    fn has_invalidated(&self, writer: Writer) -> bool {
        let is_early = self.mutant == Mutant::ReloadTooEarly;
        writer.returned_at_home().is_some() || is_early && matches!(writer, Writer::Committed(_))
    }

    /// Calls of one kind in one process differ in nothing but their number, so they begin in order.
    fn begins_in_order(&self, state: &State, id: usize) -> bool {
        let kind = |id: usize| {
            let config = &self.config;
            let own = (config.transaction_of(id), config.reload_of(id));
            (config.home_of_caller(id), config.is_refresh(id), own)
        };
        let twin = |other: usize| kind(other) == kind(id);
        id == 0 || !twin(id - 1) || state.callers[id - 1].phase != Phase::Idle
    }

    fn can_write(&self, state: &State, id: usize) -> bool {
        let away = state.away[self.config.home_of_writer(id)];
        match state.writers[id] {
            Writer::Begun(_) => !self.is_busy_inside(state, id),
            Writer::Overdue(_) => !away,
            Writer::Deleted(_) => !away || self.mutant == Mutant::InvalidateBeforeCommit,
            Writer::Returned(_) | Writer::Gone => false,
            // What the store cannot do now fails.
            _ => true,
        }
    }

    /// A transaction ends after the calls inside it.
    fn is_busy_inside(&self, state: &State, writer: usize) -> bool {
        let inside = |id: &usize| self.config.transaction_of(*id) == Some(writer);
        let mut calls = (0..self.config.all_callers()).filter(inside);
        calls.any(|id| state.callers[id].is_live())
    }

    fn can_lose_deletion(&self, state: &State, id: usize) -> bool {
        let away = state.away[self.config.home_of_writer(id)];
        let is_deleting = matches!(state.writers[id], Writer::Outdated(_) | Writer::Seen(_));
        state.left.lost > 0 && is_deleting && !away
    }

    /// A lease that nobody renews expires as time goes by. That a holder is too slow, or that an entry goes, is counted.
    fn can_expire(state: &State) -> bool {
        match state.key {
            Key::Absent => false,
            Key::Lease { .. } => state.has_orphaned_lease() || state.left.expiries > 0,
            Key::Entry { .. } => state.left.expiries > 0,
        }
    }

    fn accidents(&self, state: &State, actions: &mut Vec<Action>) {
        for process in 0..self.config.processes {
            if state.left.crashes > 0 && self.is_busy(state, process) {
                actions.push(Action::Crash(process));
            }
            if state.doubt[process] && !state.away[process] {
                actions.push(Action::Cleanse(process));
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
        let writes = |id: usize| state.writers[id].is_under_way();
        callers
            || (0..self.config.writes)
                .any(|id| writes(id) && self.config.home_of_writer(id) == process)
    }
}

/// Whether a lease stands that may end in an entry of the present. Where an epoch is missing, who
/// waits makes it.
fn must_wait(state: &State) -> bool {
    let is_ahead = |epochs| epochs == Epochs::NONE || epochs == state.epochs;
    matches!(state.key, Key::Lease { epochs, .. } if is_ahead(epochs))
}

/// What a leader does next, unless it waits.
fn step_of_leader(stage: Stage) -> Step {
    match stage {
        Stage::Called => Step::TakeTurn,
        Stage::Seizing(_) => Step::Seize,
        Stage::AskingEpochs { .. } => Step::AskEpochs,
        Stage::MakingEpochs { .. } => Step::MakeEpochs,
        Stage::Acquiring { .. } => Step::Acquire,
        Stage::Waiting => Step::Look,
        Stage::Loading(_) => Step::Load,
        Stage::Answered { check: Check::Due, .. } => Step::Check,
        Stage::Found(_)
        | Stage::Answered { .. }
        | Stage::Loaded(Right::Away { .. } | Right::Further { seen: None, .. }, _) => Step::Publish,
        Stage::Loaded(..) => Step::Send(Ending::Fill),
        Stage::Sent { .. } => Step::Settle,
    }
}

fn is_waiting(phase: Phase) -> bool {
    let waits = |stage| matches!(stage, Stage::Waiting | Stage::Seizing(_));
    matches!(phase, Phase::Following { .. })
        || matches!(phase, Phase::Leading { stage, .. } if waits(stage))
}

fn can_be_cancelled(phase: Phase) -> bool {
    matches!(phase, Phase::Following { .. } | Phase::Leading { .. })
}

/// With an error that others can have. Beside an unreachable store it goes the way of a value.
fn can_fail_for_all(phase: Phase) -> bool {
    let is_over = |stage| matches!(stage, Stage::Loaded(Right::Lease(_) | Right::Stamp(_), _));
    matches!(phase, Phase::Leading { stage, .. } if is_over(stage))
}

fn can_fail(phase: Phase) -> bool {
    matches!(phase, Phase::Leading { stage: Stage::Loaded(..), .. })
}

fn is_asking(phase: Phase) -> bool {
    let asks = |stage| {
        matches!(stage, Stage::Acquiring { .. } | Stage::MakingEpochs { .. } | Stage::Sent { .. })
    };
    matches!(phase, Phase::Leading { stage, .. } if asks(stage))
}

/// A fill is on its way at the same time.
fn is_to_check(phase: Phase) -> bool {
    let is_due =
        |stage| matches!(stage, Stage::Sent { ending: Ending::Fill, check: Check::Due, .. });
    matches!(phase, Phase::Leading { stage, .. } if is_due(stage))
}
