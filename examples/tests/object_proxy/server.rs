//! A program that listens: started, stopped, frozen.

use crate::program::start;
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout};

const PROGRAM: &str = env!("CARGO_BIN_EXE_object_proxy");

/// A process of the program under test that listens on a port of its own; killed on drop.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    // Kept, so that it may go on printing.
    output: BufReader<ChildStdout>,
    address: String,
}

impl Server {
    /// Starts it with these arguments on a free port, and returns when it has said which.
    #[track_caller]
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let (role, options) = arguments.split_first().expect("a role");
        let arguments = [&[*role, "--listen", "127.0.0.1:0"], options].concat();
        let mut child = start(PROGRAM, &arguments, &[]);
        let mut output = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut line = String::new();
        output.read_line(&mut line).expect("it is UTF-8");
        let address = line.trim_end().strip_prefix("listening on ").map(str::to_owned);
        let mut this = Self { child, output, address: address.unwrap_or_default() };
        assert!(!this.address.is_empty(), "{line:?}, {}", this.complaints());
        this
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as a power cut would.
    pub(crate) fn kill(&mut self) {
        // Already gone is as good as killed. SIGKILL ends a stopped process too.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Stops the process: connections stay open, connecting works, nothing answers.
    pub(crate) fn freeze(&self) {
        self.signal(Signal::STOP);
        waitpid(Some(self.pid()), WaitOptions::UNTRACED).expect("it is our child");
    }

    pub(crate) fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("it is running");
    }

    /// Waits until it has ended; says how, and everything that it has said since it began to listen.
    pub(crate) fn ended(mut self) -> (Option<i32>, String) {
        let code = self.child.wait().expect("it can be waited for").code();
        let mut said = String::new();
        self.output.read_to_string(&mut said).expect("it is UTF-8");
        (code, said + &self.complaints())
    }

    fn complaints(&mut self) -> String {
        let _ = self.child.kill();
        let mut complaints = String::new();
        let pipe = self.child.stderr.as_mut().expect("it is piped");
        pipe.read_to_string(&mut complaints).expect("it is UTF-8");
        complaints
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}
