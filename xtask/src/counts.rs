//! How many instructions the parts of a call take, compared with what they may take.

use crate::command::{Cmd, Result};
use crate::needs;
use crate::step::{Outcome, Step};
use crate::tools;

/// It runs a benchmark under valgrind; of the version of the library.
const RUNNER: &str = "gungraun-runner@0.20.0";

pub(crate) fn step() -> Step {
    Step::function("instructions", "cargo xtask instructions", count)
}

fn count() -> Result<Outcome> {
    if let Err(error) = needs::valgrind() {
        return Ok(Outcome::Warning(format!("instructions were NOT counted: {error}")));
    }
    tools::install(&[RUNNER])?;
    let runner = tools::binary("gungraun-runner").display().to_string();
    Cmd::new("cargo bench -p benches --bench instructions")
        .env("GUNGRAUN_RUNNER", &runner)
        .run()?;
    Ok(Outcome::Passed)
}
