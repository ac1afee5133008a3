//! Talks to a program that answers each line with a line.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout};

/// A program that was started with pipes. Dropped, its input ends, and with it the program.
#[derive(Debug)]
pub(crate) struct Talk {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Talk {
    pub(crate) fn with(mut child: Child) -> Self {
        let input = child.stdin.take().expect("it is piped");
        let output = BufReader::new(child.stdout.take().expect("it is piped"));
        Self { child, input, output }
    }

    /// The next line that it prints; what it complained of, if it has ended in place of that.
    #[track_caller]
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("it is UTF-8");
        assert!(!line.is_empty(), "it has ended: {}", self.complaints());
        line.trim_end().to_owned()
    }

    #[track_caller]
    pub(crate) fn ask(&mut self, command: &str) -> String {
        self.ask_bytes(command.as_bytes())
    }

    #[track_caller]
    pub(crate) fn ask_bytes(&mut self, command: &[u8]) -> String {
        self.input.write_all(command).and_then(|()| self.input.write_all(b"\n")).expect("it reads");
        self.line()
    }

    /// Ends its input; says how it ended, and what it complained of.
    pub(crate) fn finish(self) -> (Option<i32>, String) {
        let Self { mut child, input, output } = self;
        drop(input);
        let mut rest = String::new();
        { output }.read_to_string(&mut rest).expect("it is UTF-8");
        assert_eq!(rest, "", "an answer that nobody asked for");
        let mut complaints = String::new();
        let mut pipe = child.stderr.take().expect("it is piped");
        pipe.read_to_string(&mut complaints).expect("it is UTF-8");
        (child.wait().expect("it ends").code(), complaints)
    }

    fn complaints(&mut self) -> String {
        let mut complaints = String::new();
        let pipe = self.child.stderr.as_mut();
        let read = pipe.map(|pipe| pipe.read_to_string(&mut complaints));
        read.map(|_| complaints).unwrap_or_default()
    }
}
