//! What a program of this package and its user say to each other at the command line.

use clap::Parser;
use std::fmt::Display;
use std::process::ExitCode;

/// Why a program ends early: one line for the user, and whose fault it was.
#[derive(Debug)]
pub struct Failure {
    message: String,
    exit_code: u8,
}

impl Failure {
    /// What the user asked for cannot be done.
    pub fn input(reason: impl Display) -> Self {
        Self { message: reason.to_string(), exit_code: 2 }
    }

    /// Something went wrong that the user did not ask for.
    pub fn fault(reason: impl Display) -> Self {
        Self { message: reason.to_string(), exit_code: 1 }
    }

    /// Tells the user. Control characters that came in with an argument are not passed on to the terminal.
    #[must_use]
    pub fn report(&self, program: &str) -> ExitCode {
        eprintln!("{program}: {}", printable(&self.message));
        ExitCode::from(self.exit_code)
    }
}

/// A text without control characters, and so in one line.
#[must_use]
pub fn printable(text: &str) -> String {
    let escape = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.into() };
    text.chars().map(escape).collect()
}

/// Reads the command line; `None` after `--help`, which is an answer in itself.
///
/// # Errors
///
/// The arguments are not those that the program takes.
pub fn parse<A: Parser>() -> Result<Option<A>, Failure> {
    match A::try_parse() {
        Ok(arguments) => Ok(Some(arguments)),
        Err(error) if error.use_stderr() => Err(Failure::input(first_line(&error))),
        Err(help) => help.print().map(|()| None).map_err(Failure::fault),
    }
}

/// What is wrong, in one line, without the advice and the usage that clap adds below it.
#[must_use]
pub fn first_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let lines = text.lines().take_while(|line| !line.is_empty()).map(str::trim);
    let line = lines.collect::<Vec<_>>().join(" ");
    line.strip_prefix("error: ").unwrap_or(&line).to_owned()
}
