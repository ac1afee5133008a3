//! Runs an example as a user would.

use std::process::{Child, Command, Stdio};

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Run {
    /// Everything it printed.
    pub(crate) stdout: String,
    /// Everything it complained of.
    pub(crate) stderr: String,
    code: Option<i32>,
}

/// Starts a program that sees no variables but these, so that nothing depends on who runs the test.
pub(crate) fn start(program: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Child {
    let mut command = Command::new(program);
    command.args(arguments).env_clear().env("CACHE_BUDGET_MS", "5000");
    // The default budget is for machines that do not compile meanwhile.
    command.envs(variables.iter().copied()).stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("the program was built with this test")
}

/// Runs a program to its end.
pub(crate) fn run(program: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
    let output = start(program, arguments, variables).wait_with_output().expect("it ends");
    let text = |bytes| String::from_utf8(bytes).expect("it is UTF-8");
    Run { stdout: text(output.stdout), stderr: text(output.stderr), code: output.status.code() }
}

impl Run {
    /// What it printed, if it ended well and complained of nothing.
    #[track_caller]
    pub(crate) fn succeeded(self) -> String {
        assert_eq!((self.code, &*self.stderr), (Some(0), ""), "{}", self.stdout);
        self.stdout
    }

    /// Checks that it refused to work: exit code 2 and one line with who says it and what is wrong.
    #[track_caller]
    pub(crate) fn is_refused(&self, who: &str, what: &str) {
        assert_eq!(self.code, Some(2), "{self:?}");
        assert_eq!(self.stderr.lines().count(), 1, "{}", self.stderr);
        assert!(self.stderr.starts_with(who) && self.stderr.contains(what), "{}", self.stderr);
    }
}
