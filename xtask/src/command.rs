//! Programs to run, which can say how a person would type them.

use std::error::Error;
use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

pub(crate) type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// A command line, shown by `Display` so that it can be pasted into a shell.
#[derive(Debug)]
pub(crate) struct Cmd {
    words: Vec<String>,
    /// `None` removes the variable.
    environment: Vec<(&'static str, Option<String>)>,
}

impl Cmd {
    /// Takes a whole line; words with spaces are added by [`args`](Self::args).
    pub(crate) fn new(line: &str) -> Self {
        let (words, environment) = (Vec::new(), Vec::new());
        Self { words, environment }.words(line)
    }

    pub(crate) fn program(path: &Path) -> Self {
        Self::new("").args(&[path.to_string_lossy()])
    }

    pub(crate) fn words(self, line: &str) -> Self {
        let words: Vec<_> = line.split_whitespace().collect();
        self.args(&words)
    }

    pub(crate) fn args(mut self, arguments: &[impl AsRef<str>]) -> Self {
        let arguments = arguments.iter().map(|word| word.as_ref().to_owned());
        self.words.extend(arguments);
        self
    }

    pub(crate) fn env(mut self, name: &'static str, value: &str) -> Self {
        self.environment.push((name, Some(value.to_owned())));
        self
    }

    pub(crate) fn without_env(mut self, name: &'static str) -> Self {
        self.environment.push((name, None));
        self
    }

    /// Runs it in the open; a failure says only that, because the program has said why.
    pub(crate) fn run(&self) -> Result {
        println!("$ {self}");
        let status = self.command().status().map_err(|error| self.cannot_run(&error))?;
        if status.success() {
            return Ok(());
        }
        Err(format!("{status}").into())
    }

    /// Runs it without naming it, and takes the time.
    pub(crate) fn timed(&self) -> Result<Duration> {
        let mut command = self.command();
        let started = Instant::now();
        let status = command.status().map_err(|error| self.cannot_run(&error))?;
        let time = started.elapsed();
        if status.success() {
            return Ok(time);
        }
        Err(format!("{status} of `{self}`").into())
    }

    /// Runs it without showing what it printed to its output, and returns that.
    pub(crate) fn captured(&self) -> Result<String> {
        let output = self.command().stderr(Stdio::inherit()).output();
        let output = output.map_err(|error| self.cannot_run(&error))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(format!("{} of `{self}`", output.status).into())
    }

    /// Runs it, shows what it printed, and returns that.
    pub(crate) fn output(&self) -> Result<String> {
        println!("$ {self}");
        let mut command = self.command();
        let output = command.stderr(Stdio::inherit()).output();
        let output = output.map_err(|error| self.cannot_run(&error))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        print!("{text}");
        if output.status.success() {
            return Ok(text);
        }
        Err(format!("{}", output.status).into())
    }

    /// Runs it without showing anything, and returns all it printed, however it ended.
    pub(crate) fn said(&self) -> Result<String> {
        let output = self.command().output().map_err(|error| self.cannot_run(&error))?;
        let all = [output.stdout, output.stderr].concat();
        Ok(String::from_utf8_lossy(&all).into_owned())
    }

    /// Says whether the program exists and ends well, without showing anything.
    pub(crate) fn succeeds(&self) -> bool {
        let mut command = self.command();
        let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    }

    fn command(&self) -> Command {
        let (program, arguments) = self.words.split_first().expect("a program is named");
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null());
        for (name, value) in &self.environment {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
    }

    fn cannot_run(&self, error: &std::io::Error) -> Box<dyn Error> {
        format!("cannot run `{}`: {error}", self.words[0]).into()
    }
}

impl fmt::Display for Cmd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown: Vec<_> = self.environment.iter().map(shown_variable).collect();
        shown.extend(self.words.iter().map(|word| quoted(word)));
        if self.environment.iter().any(|(_, value)| value.is_none()) {
            // The shell has no shorter way to run something without a variable.
            shown.insert(0, String::from("env"));
        }
        f.write_str(&shown.join(" "))
    }
}

fn shown_variable((name, value): &(&str, Option<String>)) -> String {
    match value {
        Some(value) => format!("{name}={}", quoted(value)),
        None => format!("-u {name}"),
    }
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@+,%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::Cmd;

    #[test]
    fn is_shown_as_a_person_would_type_it() {
        let command =
            Cmd::new("cargo doc  --no-deps").env("RUSTDOCFLAGS", "-D warnings").args(&["it's"]);
        assert_eq!(
            command.to_string(),
            r"RUSTDOCFLAGS='-D warnings' cargo doc --no-deps 'it'\''s'",
        );
        let without = Cmd::new("cargo run").without_env("CACHE_URL");
        assert_eq!(without.to_string(), "env -u CACHE_URL cargo run");
    }

    #[test]
    fn a_failure_is_an_error() {
        assert!(Cmd::new("true").run().is_ok());
        assert!(Cmd::new("false").run().is_err());
        let error = Cmd::new("no-such-program").run().unwrap_err();
        assert!(error.to_string().starts_with("cannot run `no-such-program`"));
    }

    #[test]
    fn a_failure_that_was_not_named_names_itself() {
        assert!(Cmd::new("true").timed().is_ok());
        let failures = [Cmd::new("false").timed().err(), Cmd::new("false").captured().err()];
        for failure in failures {
            assert!(failure.unwrap().to_string().ends_with(" of `false`"));
        }
    }

    #[test]
    fn the_environment_reaches_the_program() {
        let shell = Cmd::new("sh -c").args(&["echo \"$A-${HOME-none}\""]);
        let output = shell.env("A", "1").without_env("HOME").output();
        assert_eq!(output.unwrap(), "1-none\n");
    }
}
