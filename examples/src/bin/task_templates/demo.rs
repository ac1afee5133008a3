//! Starts an orchestrator and two workers, has them talk, and ends them.

use crate::settings::{Loaded, variable};
use examples::command_line::Failure;
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{self, Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;
use tempfile::TempDir;

/// How long, in all, a worker may go on with what it keeps in process. Usually it is told of a change within a millisecond.
const PATIENCE: usize = 500;
const PAUSE: Duration = Duration::from_millis(10);

/// Shows what the processes do. Their database and their entries are those of this run, and are deleted at its end.
pub(crate) fn demo(loaded: &Loaded) -> Result<(), Failure> {
    // A bad field is told here, once, and not by three processes.
    loaded.builder().map(drop)?;
    let folder = TempDir::with_prefix("task-templates-").map_err(Failure::fault)?;
    let prefix = loaded.settings.cache.prefix.as_deref().unwrap_or("cache");
    let prefix = format!("{prefix}:demo:{}", process::id());
    let start = |name, arguments: &[&str]| Process::start(name, arguments, folder.path(), &prefix);

    println!("Three processes, one database");
    let mut orchestrator = start("orchestrator", &["orchestrator"])?;
    let mut emails = start("worker of emails", &["worker", "emails"])?;
    let mut reports = start("worker of reports", &["worker", "reports"])?;

    println!("\nA template is read from the database, then from Redis, then in process");
    for _ in 0..3 {
        emails.ask("resolve emails welcome 1")?;
    }
    reports.ask("resolve emails welcome 1")?;

    println!("\nWhat one process registers, the others see");
    orchestrator.ask("register emails welcome 1 send_better_welcome 45")?;
    emails.ask_until("resolve emails welcome 1", "send_better_welcome")?;

    println!("\nOne namespace is invalidated, the other stays");
    for name in ["daily 1", "daily 2"] {
        reports.ask(&format!("resolve reports {name}"))?;
    }
    orchestrator.ask("invalidate emails")?;
    reports.ask("resolve reports daily 1")?;
    reports.ask("resolve emails welcome 1")?;

    println!("\nAnalytics may be a minute old");
    for _ in 0..2 {
        emails.ask("run emails welcome 1")?;
        orchestrator.ask("analytics emails")?;
    }

    println!("\nA worker that starts anew registers what it brings, and everything is asked anew");
    emails.quit()?;
    let mut emails = start("worker of emails", &["worker", "emails"])?;
    reports.ask_until("resolve emails welcome 1", "send_welcome")?;

    println!("\nHow they are");
    for process in [&mut orchestrator, &mut emails, &mut reports] {
        process.ask("status")?;
    }
    orchestrator.ask("clear")?;
    [orchestrator, emails, reports].into_iter().try_for_each(Process::quit)
}

/// A process of this program. It ends when nobody holds its input any more, however this one ends.
struct Process {
    name: &'static str,
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Process {
    /// Starts with the arguments of this process, and returns when the other one is ready.
    fn start(
        name: &'static str,
        role: &[&str],
        folder: &Path,
        prefix: &str,
    ) -> Result<Self, Failure> {
        let program = env::current_exe().map_err(Failure::fault)?;
        let mut command = Command::new(program);
        command.args(env::args_os().skip(1)).args(role);
        command.env(variable("database"), folder.join("tasks.db"));
        command.env(variable("cache.prefix"), prefix);
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = child.map_err(Failure::fault)?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Failure::fault("a pipe is missing"));
        };
        let mut process = Self { name, child, input, output: BufReader::new(output) };
        let ready = process.answer()?;
        println!("  {name}: {ready}");
        Ok(process)
    }

    /// Shows a command and its answer.
    fn ask(&mut self, command: &str) -> Result<(), Failure> {
        let answer = self.send(command)?;
        self.show(command, &answer);
        Ok(())
    }

    /// Asks until a part is in the answer, and shows that one: what is kept in process follows when Redis' word arrives.
    fn ask_until(&mut self, command: &str, part: &str) -> Result<(), Failure> {
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

    fn quit(mut self) -> Result<(), Failure> {
        self.send("quit")?;
        let status = self.child.wait().map_err(Failure::fault)?;
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

    /// Why it is gone it has said itself.
    fn gone(&self) -> Failure {
        Failure::fault(format!("the {} has ended", self.name))
    }
}
