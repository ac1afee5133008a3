//! Steps in order: a heading and a duration each, stopping at the first failure.

use std::fmt;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::command::{Cmd, Result};

/// What a step that did not fail has to say.
#[derive(Debug)]
pub(crate) enum Outcome {
    Passed,
    /// Something was left unchecked; the summary repeats it, so that nobody takes it for a pass.
    Warning(String),
}

/// One named piece of work.
pub(crate) struct Step {
    name: &'static str,
    /// What to type to run this step alone.
    again: String,
    work: Box<dyn FnOnce() -> Result<Outcome>>,
}

impl Step {
    pub(crate) fn command(name: &'static str, command: Cmd) -> Self {
        Self {
            name,
            again: command.to_string(),
            work: Box::new(move || command.run().map(|()| Outcome::Passed)),
        }
    }

    /// A step that is more than one command; `again` is the `cargo xtask` task that holds it.
    pub(crate) fn function(
        name: &'static str,
        again: &str,
        work: impl FnOnce() -> Result<Outcome> + 'static,
    ) -> Self {
        Self { name, again: again.to_owned(), work: Box::new(work) }
    }
}

/// Runs the steps and prints a summary; the last line says what to do.
pub(crate) fn run(steps: Vec<Step>) -> ExitCode {
    let start = Instant::now();
    let mut rows = Vec::new();
    let mut failure = None;
    for step in steps {
        if failure.is_some() {
            rows.push((step.name, String::from("not run")));
            continue;
        }
        let (row, error) = perform(step);
        rows.push(row);
        failure = error;
    }
    print_summary(&rows, start.elapsed());
    let Some(failure) = failure else {
        return ExitCode::SUCCESS;
    };
    println!("\n{failure}");
    ExitCode::FAILURE
}

type Row = (&'static str, String);

fn perform(step: Step) -> (Row, Option<String>) {
    println!("\n== {} ==", step.name);
    let start = Instant::now();
    let result = (step.work)();
    let time = Seconds(start.elapsed());
    println!("-- {}: {time}", step.name);
    let (state, failure) = match result {
        Ok(Outcome::Passed) => (format!("{time}"), None),
        Ok(Outcome::Warning(text)) => (format!("{time}  WARNING: {text}"), None),
        Err(error) => {
            let (name, again) = (step.name, step.again);
            let failure = format!("`{name}` failed ({error}); to run it alone: {again}");
            (format!("{time}  FAILED"), Some(failure))
        }
    };
    ((step.name, state), failure)
}

fn print_summary(rows: &[Row], total: Duration) {
    println!("\n== summary ==");
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0).max("total".len());
    for (name, state) in rows {
        println!("{name:width$}  {state}");
    }
    println!("{:width$}  {}", "total", Seconds(total));
}

/// `1.2 s`, in a column.
struct Seconds(Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:7.1} s", self.0.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use super::{ExitCode, Outcome, Step, perform, run};
    use crate::command::Cmd;

    #[test]
    fn a_failure_names_the_step_and_how_to_run_it_alone() {
        let (row, failure) = perform(Step::command("broken", Cmd::new("false")));
        assert!(row.1.ends_with("FAILED"), "{row:?}");
        let failure = failure.unwrap();
        assert!(failure.starts_with("`broken` failed"), "{failure}");
        assert!(failure.ends_with("to run it alone: false"), "{failure}");
    }

    #[test]
    fn a_warning_is_kept_for_the_summary() {
        let step = Step::function("loose", "x", || Ok(Outcome::Warning("half".into())));
        let (row, failure) = perform(step);
        assert!(row.1.ends_with("WARNING: half"), "{row:?}");
        assert!(failure.is_none());
    }

    #[test]
    fn nothing_runs_after_a_failure() {
        let ran = Rc::new(Cell::new(false));
        let mark = Rc::clone(&ran);
        let steps = vec![
            Step::command("broken", Cmd::new("false")),
            Step::function("later", "x", move || {
                mark.set(true);
                Ok(Outcome::Passed)
            }),
        ];
        assert_eq!(run(steps), ExitCode::FAILURE);
        assert!(!ran.get());
    }
}
