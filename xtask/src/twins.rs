//! The long comparison of a web service with itself without its cache.

use crate::command::Cmd;
use crate::step::Step;

/// Built as the tests build it, because its speed is that of its servers; its own defaults are those of the long form.
pub(crate) fn step(options: &[String]) -> Step {
    let command = Cmd::new("cargo run --all-features --bin twins --").args(options);
    Step::command("twins", command)
}
