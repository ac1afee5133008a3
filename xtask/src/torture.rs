//! The long torture.

use crate::command::Cmd;
use crate::step::Step;

/// Optimised, so that ten minutes hold millions of operations; its own defaults are those of the long form.
pub(crate) fn step(options: &[String]) -> Step {
    let command = Cmd::new("cargo run --release --package torture --").args(options);
    Step::command("torture", command)
}
