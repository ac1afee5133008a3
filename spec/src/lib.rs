//! The consistency protocol as a program that a model checker runs in every possible order.

mod actions;
mod config;
mod explore;
mod mutants;
mod properties;
mod protocol;
mod state;
mod story;
mod suite;
mod tokens;

pub use actions::{Action, Step};
pub use config::{Config, Faults, Sharing};
pub use explore::{Counterexample, Limits, Summary, explore};
pub use mutants::Mutant;
pub use properties::{
    FRESH_AWAY, FRESH_HIT, FRESH_LOAD, FRESH_SHARE, FRESH_STORE, NO_ORPHAN, NO_WAITING_FOR_NOTHING,
    ONE_LEASED_LOAD, ONE_TOKEN, witnesses,
};
pub use state::{
    Caller, Flight, Key, Phase, Right, Source, Stage, State, Token, Verdict, Version, Writer,
};
pub use suite::{Suite, Total};

use properties::Met;
use stateright::{Model, Property};

/// The protocol, or a mutant of it, in a world of a certain size.
#[derive(Debug)]
pub struct Protocol {
    config: Config,
    mutant: Mutant,
    met: Met,
}

impl Protocol {
    /// The protocol in a world.
    ///
    /// # Errors
    ///
    /// When the world is larger than a state has room for.
    pub fn new(config: Config, mutant: Mutant) -> Result<Self, String> {
        config.check()?;
        Ok(Self { config, mutant, met: Met::default() })
    }
}

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::new(self.config.faults)]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        self.possible(state, actions);
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        Some(self.after(state, action))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::properties()
    }
}
