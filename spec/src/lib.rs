//! The consistency protocol as a program that a model checker runs in every possible order.
//!
//! `cargo test -p spec` explores nearly five million states in half a minute, and `cargo xtask spec`
//! 95 million in ten minutes. `cargo run -p spec -- explore --help` explores a world of one's own.
//! The checker is [`stateright`].
//!
//! # What is modelled
//!
//! One key. The store, which holds nothing, a lease or an entry, and executes one request at a
//! time. Up to three processes with up to six calls of one cached function, each call with all its
//! steps: the first GET, the flight that it joins or leads, the lease, the load, the fill and its
//! answer, the followers. Up to three writes: commit, taking the process' flight out of the map,
//! deletion at once or by SCAN. Each of these steps may be followed by any other that is possible,
//! and by what nobody wants: expiry and eviction, cancellation at any await, the death of a
//! process, a store out of reach, an answer that is lost although the request was executed, and a
//! fill that arrives when nobody waits for it any more. The store may start again, empty or with
//! what it held at some moment before. In particular:
//!
//! * A load that ends with nothing to store gives its lease up by compare-and-delete, and only if that succeeds is what
//!   it has shared: an error, or a value that is not to be stored. An error that nobody else can have leaves the lease
//!   to the next load and the turn to everybody, who then load side by side, one of them under the lease.
//! * A load that begins while the store is out of reach is shared, value or error, with those who had joined before.
//! * A call whose patience ends takes what the store holds by then, or loads beside the load that it has waited for. That is
//!   stored if the lease that it has seen before still stands, and shared with those who had joined before it began.
//! * A refresh begins a flight of its own in the place of the one that is there; others may join it.
//! * A write whose deletion fails, or has no answer, returns, and is overdue. Until its process has made up for it, calls
//!   that begin there run without the cache, and fills of loads under way there are not sent.
//! * A transaction reads what the database held when it began. A call inside it may be answered by the store; what it
//!   loads is its own. Its invalidation comes after its commit.
//! * A key may have one scope or two (`Strategy::Scoped`). A call reads the epochs of the scopes
//!   with the key. A call that waits for another process reads them after the key.
//! * A missing epoch is made before the load, with SET NX, and read back. An epoch that is missing
//!   again is made with SET.
//! * Leases and entries carry the epochs from before their load. A reader trusts an entry that
//!   carries the present epochs. It takes the place of an entry or a lease with others.
//! * A write deletes the epoch of its scope, whether or not there is one. Entries and leases that
//!   it has made stale are deleted at some later moment.
//! * A leader reads the epochs again while its fill is on its way, or after it. The value is shared
//!   if they are those from before the load.
//! * If the store comes back with the past, each process takes it for unreachable until the process
//!   has deleted everything. The rule holds for every step of calls under way, too.
//!
//! # What is promised
//!
//! The names of the properties say it, from [`FRESH_HIT`] to [`NO_ORPHAN`]. Every call remembers
//! the newest version whose write had returned when it began; whatever it is given must not be
//! older. This holds beside a store out of reach, too, with one exception: a write that is overdue
//! counts as returned in its own process alone, and everywhere only once it is made up for.
//! [`every_run_ends`] adds that no run is endless, and that at its end everybody is answered.
//! [`witnesses`] are things that must have happened somewhere, or else nothing would be proved
//! about them.
//!
//! Some properties are no promises to callers, but what a mechanism is there for. That a flight is
//! taken out of the map keeps nobody from a stale value, because lease and cutoffs do that already;
//! it keeps callers from waiting for a load whose value is refused ([`NO_WAITING_IN_VAIN`]). That
//! fills are not sent while an invalidation is overdue keeps them from other processes, to which
//! nothing is promised at that time ([`NO_OVERDUE_FILL`]). That a lease carries epochs keeps
//! callers from waiting for a load whose value nobody will trust ([`NO_WAITING_FOR_THE_PAST`]);
//! that all go by the epoch that one of them has made keeps them from loading side by side
//! ([`ONE_LOAD`]).
//!
//! # What is left out
//!
//! * Other keys: nothing in the protocol looks at two.
//! * The time that epochs stay. Here each may go at any moment, which is counted as a fault.
//! * The number that several epochs are folded into. Here it is the list of them.
//! * Handles of one prefix that do not agree on a strategy.
//! * Time, and so how many loads begin beside one that takes long: here all may whose patience ends. A lease that nobody renews expires at some moment; one whose holder is merely slow, too, and an entry, but
//!   these are counted, as all faults are: a world without bounds on them has no last state.
//! * A renewal is a compare-and-set of a lease by itself, and changes nothing here. A load that panics is cancelled. A
//!   write that dies between commit and deletion never returns, and nothing is promised about it.
//! * Turns are not counted: after a failure eight callers load at once, and a world has no more than six.
//! * A call inside a transaction that has written already runs without the cache, and concerns nobody else. A
//!   transaction that is rolled back is one that has not begun, or dies. Savepoints hand their invalidations on.
//! * Each overdue write is made up for by itself; that two of one pattern become one is tested where it is done.
//! * A refresh tries to take the key until it succeeds, or until its patience ends; in the code it tries three times.
//! * A store that keeps some of what it acknowledged and loses some, and a database whose replicas
//!   lag.
//! * The way in which processes learn that the store has come back. Here all learn it at once, and
//!   each deletes everything for itself.
//! * A refresh knows the epochs before it begins its flight. Here it begins the flight first.
//! * A call begins with its GET, and a write returns with its deletion: whatever lies between makes the promise weaker.
//! * At most one fill at a time is on its way with nobody waiting; a second one gets lost.
//! * States are told apart by 64 bits. The chance that two of a hundred million are taken for one is
//!   one in four thousand.
//!
//! # Fewer states, but none that differ
//!
//! Tokens and epochs are renamed, because only equality matters; calls of one kind in one process
//! begin in order, because they differ in their number alone. The checker's own symmetry reduction
//! is not used.
//!
//! # How to read a counterexample
//!
//! A line is a step: who, what, and what the key holds afterwards. `reader B2` is the second call
//! in the second process; `of the past` stands behind what the present epochs do not vouch for;
//! `inside A1` is a call inside the transaction of `writer A1`; `(must see 1)` says that a write of
//! version 1 had returned when the call began; `STALE` is where the promise breaks. With one thread
//! no shorter way leads there. Take `cargo run -p spec -- mutants NoLease` for a first one.
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
pub use config::{Config, Faults};
pub use explore::{Counterexample, Limits, Summary, explore};
pub use mutants::Mutant;
pub use properties::{
    FRESH_AWAY, FRESH_ERROR, FRESH_HIT, FRESH_LOAD, FRESH_SHARE, FRESH_STORE, NO_ORPHAN,
    NO_OVERDUE_FILL, NO_WAITING_FOR_NOTHING, NO_WAITING_FOR_THE_PAST, NO_WAITING_IN_VAIN,
    ONE_LEASED_LOAD, ONE_LOAD, ONE_TOKEN, promises, witnesses,
};
pub use state::{
    Caller, Check, Ending, Epochs, Flight, Key, Phase, Right, Seats, Source, Stage, State, Then,
    Token, Verdict, Version, Writer,
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
