//! One exploration: every reachable state of one world.

use std::collections::BTreeSet;
use std::fmt;
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

use stateright::{Checker, HasDiscoveries, Model, Path};

use crate::state::State;
use crate::{Action, Config, Mutant, Protocol, promises, story, witnesses};

/// Between two lines of progress.
const PROGRESS: Duration = Duration::from_secs(5);

/// How an exploration is run.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Threads; with one, a counterexample is as short as possible.
    pub threads: usize,
    /// Look at states that are at most so many steps away; zero: at all.
    pub depth: usize,
    /// Properties whose counterexamples do not count.
    pub overlooked: &'static [&'static str],
    /// Say how it goes, every five seconds.
    pub progress: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self { threads: 1, depth: 0, overlooked: &[], progress: false }
    }
}

/// What an exploration found.
#[derive(Clone, Debug)]
pub struct Summary {
    /// Distinct states.
    pub states: usize,
    /// The longest of the shortest ways to a state.
    pub depth: usize,
    /// How long it took.
    pub time: Duration,
    /// Properties that do not hold, the one with the shortest way first.
    pub counterexamples: Vec<Counterexample>,
    /// What happened that was to happen somewhere.
    pub witnessed: BTreeSet<&'static str>,
}

/// A way to a state in which a property does not hold.
#[derive(Clone, Debug)]
pub struct Counterexample {
    /// The property.
    pub property: &'static str,
    /// How many steps there are.
    pub steps: usize,
    /// Who did what, a line for each step.
    pub story: String,
}

/// Visits every state of a world, or those up to the first counterexample.
///
/// # Errors
///
/// When the world is larger than a state has room for.
///
/// # Panics
///
/// When a step of the model does.
pub fn explore(config: Config, mutant: Mutant, limits: Limits) -> Result<Summary, String> {
    let start = Instant::now();
    let model = Protocol::new(config, mutant)?;
    let ends = promises().filter(|property| !limits.overlooked.contains(property)).collect();
    let ends = HasDiscoveries::AnyOf(ends);
    let checker = model.checker().threads(limits.threads).finish_when(ends);
    let checker = if limits.depth > 0 { checker.target_max_depth(limits.depth) } else { checker };
    let mut checker = checker.spawn_bfs();
    let handles = checker.handles();
    if limits.progress {
        report(&checker, start, || handles.iter().all(JoinHandle::is_finished));
    }
    for handle in handles {
        handle.join().expect("a step of the model does not panic");
    }
    Ok(Summary::of(&checker, start, limits.overlooked))
}

fn report(checker: &impl Checker<Protocol>, start: Instant, is_over: impl Fn() -> bool) {
    let mut next = PROGRESS;
    while !is_over() {
        sleep(Duration::from_millis(20));
        if start.elapsed() >= next {
            next += PROGRESS;
            let (states, depth) = (checker.unique_state_count(), checker.max_depth());
            eprintln!("   … {states} states, depth {depth}, {} s", start.elapsed().as_secs());
        }
    }
}

impl Summary {
    fn of(checker: &impl Checker<Protocol>, start: Instant, overlooked: &[&str]) -> Self {
        let discoveries = checker.discoveries();
        let mut counterexamples = Vec::new();
        let mut witnessed = BTreeSet::new();
        for (property, path) in discoveries {
            if witnesses().any(|witness| witness == property) {
                witnessed.insert(property);
            } else if !overlooked.contains(&property) {
                let story = tell(checker.model(), path);
                let steps = story.lines().count();
                counterexamples.push(Counterexample { property, steps, story });
            }
        }
        counterexamples.sort_by_key(|found| (found.steps, found.property));
        let (states, depth) = (checker.unique_state_count(), checker.max_depth());
        Self { states, depth, time: start.elapsed(), counterexamples, witnessed }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { states, depth, .. } = self;
        write!(f, "{states:>9} states, depth {depth:>2}, {:6.1} s", self.time.as_secs_f64())
    }
}

impl fmt::Display for Counterexample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not true: {}\n{}", self.property, self.story)
    }
}

fn tell(model: &Protocol, path: Path<State, Action>) -> String {
    let steps = path.into_vec();
    let lines = steps.windows(2).enumerate().filter_map(|(number, pair)| {
        let action = pair[0].1?;
        Some(story::line(model, number + 1, (&pair[0].0, action, &pair[1].0)))
    });
    lines.collect()
}
