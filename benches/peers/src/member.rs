//! A process of this program, as the one that started it sees it.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A process that is told things line by line, and answers likewise.
pub(crate) struct Member {
    process: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Member {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let program = std::env::current_exe().expect("this program has a path");
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("this program can be started again");
        let output = BufReader::new(process.stdout.take().expect("it is piped"));
        Self { input: process.stdin.take(), output, process }
    }

    pub(crate) fn tell(&mut self, line: &str) {
        let input = self.input.as_mut().expect("it is open until the end");
        writeln!(input, "{line}").expect("the child listens");
    }

    /// Waits for its next line.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("the child writes text");
        line.trim().to_owned()
    }

    /// Ends its input, which ends a child that listens, and waits for it.
    pub(crate) fn end(mut self) {
        self.input = None;
        let status = self.process.wait().expect("the child ends");
        assert!(status.success(), "a child failed: {status}");
    }
}
