//! What each step does: the protocol itself, and, marked as such, what its mutants do instead.
//!
//! Every function here is one atomic step. A request to the store is one step, at the moment when the store
//! executes it; what a process does between two awaits is one step.

mod accidents;
mod epochs;
mod flight;
mod leader;
mod reader;
mod writer;

use crate::Protocol;
use crate::actions::{Action, Step};
use crate::mutants::Mutant;
use crate::state::{Caller, Epochs, Key, Phase, Source, Stage, State, Token, Version, Writer};

/// A state on its way to the next one.
pub(crate) struct Turn<'a> {
    rules: &'a Protocol,
    now: State,
}

impl Protocol {
    /// The state after an action.
    pub(crate) fn after(&self, state: &State, action: Action) -> State {
        let mut turn = Turn { rules: self, now: *state };
        turn.take(action);
        let next = if self.config.scopes > 0 { self.with_fewer_epochs(turn.now) } else { turn.now };
        // Tokens of this mutant are their processes' numbers, which names must not hide.
        if self.mutant == Mutant::TokenPerProcess { next } else { next.renamed() }
    }

    /// Epochs of this mutant are counted, which names must not hide.
    fn with_fewer_epochs(&self, state: State) -> State {
        let state = state.without_idle_epochs();
        if self.mutant == Mutant::CountedEpochs { state } else { state.with_renamed_epochs() }
    }
}

impl Turn<'_> {
    fn take(&mut self, action: Action) {
        match action {
            Action::Caller(id, step) => self.step(id, step),
            Action::Writer(id) => self.write(id),
            Action::LoseDeletion(id) => self.lose_deletion(id),
            Action::LateFill => self.late_fill(),
            Action::Expire => self.expire(),
            Action::Evict(scope) => self.evict(scope),
            Action::Sweep => self.now.key = Key::Absent,
            Action::Restart => self.restart(),
            Action::Save => self.now.saved = Some((self.now.key, self.now.epochs)),
            Action::Return => self.come_back_with_the_past(),
            Action::Cleanse(process) => self.cleanse(process),
            Action::Crash(process) => self.crash(process),
            Action::GoAway(process) => self.go_away(process),
            Action::ComeBack(process) => self.now.away[process] = false,
        }
    }

    fn step(&mut self, id: usize, step: Step) {
        match step {
            Step::Read => self.read(id),
            Step::AskEpochs => self.ask_epochs(id),
            Step::MakeEpochs => self.make_epochs(id),
            Step::Join => self.join(id),
            Step::TakeTurn => self.take_turn(id),
            Step::Acquire => self.acquire(id),
            Step::Look => self.look(id),
            Step::Seize => self.seize(id),
            Step::Load => self.load(id),
            Step::Send(ending) => self.send(id, ending),
            Step::Settle => self.settle(id),
            Step::Check => self.check(id),
            Step::Publish => self.publish(id),
            Step::Fail => self.fail(id),
            Step::Release => self.release(id),
            Step::GiveUp => self.give_up(id),
            Step::Cancel => self.cancel(id),
            Step::LoseAnswer => self.lose_answer(id),
        }
    }

    fn mutant(&self) -> Mutant {
        self.rules.mutant
    }

    /// Whether the store tells a caller nothing.
    fn is_away(&self, caller: usize) -> bool {
        let home = self.rules.config.home_of_caller(caller);
        match self.mutant() {
            Mutant::PastServedUnderWay => self.now.away[home],
            _ => self.now.tells_nothing(home),
        }
    }

    fn phase(&self, caller: usize) -> Phase {
        self.now.callers[caller].phase
    }

    fn set_phase(&mut self, caller: usize, phase: Phase) {
        self.now.callers[caller].phase = phase;
    }

    fn set_stage(&mut self, caller: usize, next: Stage) {
        if let Phase::Leading { stage, .. } = &mut self.now.callers[caller].phase {
            *stage = next;
        }
    }

    /// A token for the load of this caller.
    fn token_for(&self, caller: usize) -> Token {
        if self.mutant() == Mutant::TokenPerProcess {
            return process_token(self.rules.config.home_of_caller(caller));
        }
        self.now.fresh_token()
    }

    /// Whether the caller's process knows of an invalidation that the store has failed, or believes
    /// nothing of what it holds.
    fn is_overdue(&self, caller: usize) -> bool {
        let home = self.rules.config.home_of_caller(caller);
        let mut writers = self.now.writers.iter().enumerate();
        self.now.doubt[home]
            || writers.any(|(id, writer)| {
                writer.is_overdue() && self.rules.config.home_of_writer(id) == home
            })
    }

    /// What a load of this caller sees: inside a transaction, what there was when that began.
    fn visible_to(&self, caller: usize) -> Version {
        let transaction = self.rules.config.transaction_of(caller);
        match transaction.map(|writer| self.now.writers[writer]) {
            Some(Writer::Begun(snapshot)) => snapshot,
            _ => self.now.database,
        }
    }

    /// Gives a caller its value, and keeps no more of it than whether it was too old. What a transaction loads for itself
    /// is the database's business.
    fn answer(&mut self, caller: usize, version: Version, source: Source) {
        let is_inside = self.rules.config.transaction_of(caller).is_some();
        let is_own = is_inside && source == Source::Load;
        let floor = self.now.callers[caller].floor;
        self.now.callers[caller] = Caller::OVER;
        if version < floor && !is_own {
            self.set_phase(caller, Phase::Stale(source));
        }
    }

    /// Loads without storing and without sharing. One step: such a load reads the database after the call began, and
    /// nobody else sees it.
    fn load_alone(&mut self, caller: usize) {
        self.answer(caller, self.visible_to(caller), Source::Load);
    }

    /// Sends a caller back to the store.
    fn start_over(&mut self, caller: usize) {
        self.set_phase(caller, Phase::Reading);
    }

    fn put_lease(&mut self, caller: usize) -> Token {
        let token = self.token_for(caller);
        let epochs = match self.mutant() {
            Mutant::LeaseWithoutEpochs => Epochs::NONE,
            _ => self.now.callers[caller].epochs,
        };
        self.now.key = Key::Lease { token, epochs };
        token
    }
}

fn process_token(process: usize) -> Token {
    Token(u8::try_from(process).unwrap_or(u8::MAX))
}
