//! A database, a configuration, processes on them, and looking into Redis.

use crate::program::{Run, run, start};
use crate::talk::Talk;
use std::fs;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::process::Child;
use std::time::Duration;
use tempfile::TempDir;
use testkit::redis::Value;
use testkit::{RedisServer, eventually_blocking, free_port};

const PROGRAM: &str = env!("CARGO_BIN_EXE_task_templates");

/// No test here is about time.
const AMPLE: Duration = Duration::from_secs(60);

pub(crate) const WELCOME: &str = "resolve emails welcome 1";
pub(crate) const DAILY: &str = "resolve reports daily 1";

/// A folder with a database, and the variables that every process is started with.
pub(crate) struct Stage {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

impl Stage {
    pub(crate) fn on(url: &str) -> Self {
        let folder = TempDir::new().expect("a temporary directory can be made");
        let database = folder.path().join("tasks.db").display().to_string();
        let stage = Self { folder, variables: Vec::new() };
        let stage = stage.with("TASKS__DATABASE", &database).with("TASKS__CACHE__URL", url);
        // A machine that is busy must not make a call pass the cache by, and no value may change because its time is up.
        let stage = stage.with("TASKS__CACHE__BUDGET", "20s").with("TASKS__CACHE__WAIT", "20s");
        let stage = stage.with("TASKS__CACHE__CONNECT_TIMEOUT", "20s");
        stage.with("TASKS__CACHE__LOCAL__CAP", "1h")
    }

    /// Where nobody listens. That the password is shown nowhere is seen where texts are looked at.
    pub(crate) fn alone() -> Self {
        Self::on(&format!("redis://:hunter2@127.0.0.1:{}", free_port()))
    }

    pub(crate) fn with(mut self, variable: &str, value: &str) -> Self {
        self.variables.retain(|(name, _)| name != variable);
        self.variables.push((variable.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without_variables(self) -> Self {
        Self { variables: Vec::new(), ..self }
    }

    /// Writes a configuration file of its own.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).expect("it is writable");
        path
    }

    pub(crate) fn config(&self) -> String {
        self.folder.path().display().to_string()
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        run(PROGRAM, arguments, &self.variables())
    }

    pub(crate) fn spawn(&self, arguments: &[&str]) -> Child {
        start(PROGRAM, arguments, &self.variables())
    }

    /// Starts a process, and returns when it is ready.
    #[track_caller]
    pub(crate) fn start(&self, arguments: &[&str], ready: &str) -> Talk {
        let mut process = Talk::with(self.spawn(arguments));
        assert_eq!(process.line(), ready);
        process
    }

    #[track_caller]
    pub(crate) fn orchestrator(&self) -> Talk {
        self.start(&["orchestrator"], "ready (templates: 0)")
    }

    #[track_caller]
    pub(crate) fn worker(&self, namespace: &str) -> Talk {
        self.start(&["worker", namespace], "ready (templates: 2)")
    }

    fn variables(&self) -> Vec<(&str, &str)> {
        self.variables.iter().map(|(name, value)| (&**name, &**value)).collect()
    }
}

/// Asks until the value is kept in process.
#[track_caller]
pub(crate) fn warm(process: &mut Talk, command: &str) {
    hears(process, command, "(hit in process)");
}

/// Asks until the answer has such a part.
#[track_caller]
pub(crate) fn hears(process: &mut Talk, command: &str, part: &str) {
    eventually_blocking(AMPLE, || process.ask(command).contains(part), part);
}

pub(crate) fn milliseconds_left(server: &RedisServer, pattern: &str) -> i64 {
    let keys = server.keys(pattern);
    assert_eq!(keys.len(), 1, "{pattern}: {keys:?}");
    match server.command(&["PTTL", &keys[0]]) {
        Value::Int(left) => left,
        other => panic!("PTTL answered {other:?}"),
    }
}

/// What is left of a TTL after a test that may have taken half a minute.
pub(crate) fn bounds(seconds: i64) -> RangeInclusive<i64> {
    (seconds - 29) * 1000..=seconds * 1000
}
