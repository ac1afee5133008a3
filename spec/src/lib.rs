//! The consistency protocol as a program that a model checker runs in every possible order.
//!
//! `cargo test -p spec` explores a million and a half states in seconds, `cargo xtask spec` some fifty million in
//! minutes, and `cargo run -p spec -- explore --help` a world of one's own. The checker is [`stateright`].
//!
//! # What is modelled
//!
//! One key. The store, which holds nothing, a lease or an entry, and executes one request at a time. Up to three
//! processes with up to six calls of one cached function, each call with all its steps: the first GET, the flight that
//! it joins or leads, the lease, the load, the fill and its answer, the followers. Refreshes. Up to three writes: commit,
//! taking the process' flight out of the map, deletion at once or by SCAN. Each of these steps may be followed by any
//! other that is possible, and by what nobody wants: expiry and eviction, cancellation at any await, the death of a
//! process, a store out of reach, an answer that is lost although the request was executed, a fill that arrives when
//! nobody waits for it any more, and the end of a caller's patience.
//!
//! # What is promised
//!
//! The names of the properties say it, from [`FRESH_HIT`] to [`NO_ORPHAN`]. Every call remembers the newest version
//! whose write had returned when it began; whatever it is given must not be older. [`every_run_ends`] adds that no run
//! is endless, and that at its end everybody is answered. [`witnesses`] are things that must have happened somewhere,
//! or else nothing would be proved about them.
//!
//! # What is left out
//!
//! * Other keys: nothing in the protocol looks at two.
//! * Time. A lease that nobody renews expires at some moment; one whose holder is merely slow, too, and an entry, but
//!   these are counted, as all faults are: a world without bounds on them has no last state.
//! * A renewal is a compare-and-set of a lease by itself, and changes nothing here. A load that fails, panics or is
//!   dropped is cancelled. A value that is not to be stored gives its lease up by compare-and-delete: to the flight
//!   that is a fill. A write that dies between commit and deletion never returns, and nothing is promised about it.
//! * A store that loses what it acknowledged, and a database whose replicas lag.
//! * A call begins with its GET, and a write returns with its deletion: whatever lies between makes the promise weaker.
//! * At most one fill at a time is on its way with nobody waiting; a second one gets lost.
//! * States are told apart by 64 bits: that two of fifty million are taken for one has a chance of one in ten thousand.
//!
//! Beside a store that is out of reach, less is promised unless the world is `strict`: see [`Sharing`] and the tests.
//!
//! # Fewer states, but none that differ
//!
//! Tokens are renamed, because only equality matters; calls of one kind in one process begin in order, because they
//! differ in their number alone. The checker's own symmetry reduction is not used.
//!
//! # How to read a counterexample
//!
//! A line is a step: who, what, and what the key holds afterwards. `reader B2` is the second call in the second
//! process; `(must see 1)` says that a write of version 1 had returned when the call began; `STALE` is where the promise
//! breaks. With one thread no shorter way leads there. Take `cargo run -p spec -- mutants NoLease` for a first one.
//!
//! # A new mechanism
//!
//! Its steps go into `protocol/`, with what enables them in `actions.rs`; what it must keep, into `properties.rs`; and a
//! [`Mutant`] without it, which the test expects to be caught by that property.

mod actions;
mod config;
mod explore;
mod mutants;
mod properties;
mod protocol;
mod state;
mod story;
mod suite;
mod termination;
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
pub use termination::every_run_ends;

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
