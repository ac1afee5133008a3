//! A process of this program, as its parent talks to it.

use examples::command_line::Failure;
use std::env;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::process::{self, ChildStdin, ChildStdout, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

/// How often, and how long apart, a process is asked for what it has not heard of yet. It usually hears within a millisecond.
const PATIENCE: usize = 1000;
const PAUSE: Duration = Duration::from_millis(10);

/// It ends when nobody holds its input any more, however its parent ends.
pub(crate) struct Child {
    name: &'static str,
    process: process::Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Child {
    /// Starts this program with its own arguments and a role, and returns when it is ready.
    pub(crate) fn start(
        name: &'static str,
        role: &[&str],
        variables: &[(String, OsString)],
    ) -> Result<Self, Failure> {
        let mut command = Command::new(env::current_exe().map_err(Failure::fault)?);
        command.args(env::args_os().skip(1)).args(role).envs(variables.iter().cloned());
        let process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut process = process.map_err(Failure::fault)?;
        let (Some(input), Some(output)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(Failure::fault("a pipe is missing"));
        };
        let mut child = Self { name, process, input, output: BufReader::new(output) };
        let ready = child.answer()?;
        println!("  {name}: {ready}");
        Ok(child)
    }

    /// Shows a command and its answer.
    pub(crate) fn ask(&mut self, command: &str) -> Result<(), Failure> {
        let answer = self.send(command)?;
        self.show(command, &answer);
        Ok(())
    }

    /// Asks until a part is in the answer, and shows that one: what is kept in process follows when Redis' word of it arrives.
    pub(crate) fn ask_until(&mut self, command: &str, part: &str) -> Result<(), Failure> {
        for _ in 0..PATIENCE {
            let answer = self.send(command)?;
            if answer.contains(part) {
                self.show(command, &answer);
                return Ok(());
            }
            sleep(PAUSE);
        }
        Err(Failure::fault(format!("the {} never heard of {part}", self.name)))
    }

    /// Tells it to end, and waits for that.
    pub(crate) fn quit(&mut self) -> Result<(), Failure> {
        self.send("quit")?;
        let status = self.process.wait().map_err(Failure::fault)?;
        if status.success() { Ok(()) } else { Err(self.gone()) }
    }

    fn send(&mut self, command: &str) -> Result<String, Failure> {
        writeln!(self.input, "{command}").map_err(|_| self.gone())?;
        self.answer()
    }

    fn answer(&mut self) -> Result<String, Failure> {
        let mut line = String::new();
        match self.output.read_line(&mut line) {
            Ok(read) if read > 0 => Ok(line.trim_end().to_owned()),
            _ => Err(self.gone()),
        }
    }

    fn show(&self, command: &str, answer: &str) {
        println!("  {} < {command}\n    {answer}", self.name);
    }

    /// Why it has ended it has said itself.
    fn gone(&self) -> Failure {
        Failure::fault(format!("the {} has ended", self.name))
    }
}
