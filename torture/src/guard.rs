//! A process that ends what the coordinator leaves behind if it is killed.
//!
//! Workers end by themselves when their coordinator is gone, unless they are stopped just then; servers never do.

use rustix::process::{Pid, Signal, kill_process};
use std::collections::BTreeSet;
use std::env;
use std::io::{self, BufRead, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, ExitCode, Stdio};

/// The coordinator's end of it.
#[derive(Debug)]
pub(crate) struct Guard {
    process: Child,
    /// Its end is the guard's signal; taken when dropped.
    line: Option<ChildStdin>,
}

impl Guard {
    /// Starts it in a process group of its own: it must survive what ends the coordinator.
    pub(crate) fn start() -> io::Result<Self> {
        let mut command = Command::new(env::current_exe()?);
        command.arg("guard").stdin(Stdio::piped()).process_group(0);
        let mut process = command.spawn()?;
        let line = process.stdin.take();
        Ok(Self { process, line })
    }

    /// Hears which processes there are now.
    pub(crate) fn protect(&mut self, processes: impl IntoIterator<Item = u32>) -> io::Result<()> {
        let numbers: Vec<_> = processes.into_iter().map(|process| process.to_string()).collect();
        match &mut self.line {
            Some(line) => writeln!(line, "{}", numbers.join(" ")),
            None => Ok(()),
        }
    }
}

impl Drop for Guard {
    /// Nothing is left by now: it must not end strangers that were given the same numbers.
    fn drop(&mut self) {
        let _ = self.protect([]);
        drop(self.line.take());
        let _ = self.process.wait();
    }
}

/// Listens until the coordinator is gone, and ends what is left.
pub(crate) fn run() -> ExitCode {
    let mut processes = BTreeSet::new();
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        processes = line.split_whitespace().filter_map(|number| number.parse().ok()).collect();
    }
    for process in processes.into_iter().filter_map(Pid::from_raw) {
        let _ = kill_process(process, Signal::KILL);
    }
    ExitCode::SUCCESS
}
