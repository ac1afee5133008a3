//! Every run ends, and when it has ended everybody is answered.
//!
//! The checker finds states in which somebody waits for nothing, but not a circle in which callers start over for
//! ever. Faults are counted, so there is no circle without one: where no way leads back to where it began, every run ends.

use std::collections::HashMap;

use stateright::Model;

use crate::state::{Caller, State};
use crate::{Config, Mutant, Protocol};

/// How far the search has come with a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    /// On the way that is being followed: coming back here is a circle.
    Entered,
    /// Every way from here ends.
    Left,
}

/// A state and where it may lead yet.
struct Fork {
    state: State,
    ahead: Vec<State>,
}

/// Follows every run to its end, and says how many distinct states there are.
///
/// # Errors
///
/// When a run comes back to a state that it has been in, or ends while somebody waits.
pub fn every_run_ends(config: Config, mutant: Mutant) -> Result<usize, String> {
    let model = Protocol::new(config, mutant)?;
    let mut marks = HashMap::new();
    let mut way: Vec<_> =
        model.init_states().into_iter().map(|state| enter(&model, &mut marks, state)).collect();
    while let Some(fork) = way.last_mut() {
        let Some(next) = fork.ahead.pop() else {
            leave(&model, &mut marks, fork.state)?;
            way.pop();
            continue;
        };
        match marks.get(&next) {
            None => way.push(enter(&model, &mut marks, next)),
            Some(Mark::Left) => {}
            Some(Mark::Entered) => return Err(format!("runs in a circle: {next:?}")),
        }
    }
    Ok(marks.len())
}

fn enter(model: &Protocol, marks: &mut HashMap<State, Mark>, state: State) -> Fork {
    marks.insert(state, Mark::Entered);
    Fork { state, ahead: model.next_states(&state) }
}

fn leave(model: &Protocol, marks: &mut HashMap<State, Mark>, state: State) -> Result<(), String> {
    marks.insert(state, Mark::Left);
    if state.callers.iter().any(Caller::is_live) && model.next_states(&state).is_empty() {
        return Err(format!("ends while somebody waits: {state:?}"));
    }
    Ok(())
}
