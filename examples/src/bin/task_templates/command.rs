//! The commands that a running process takes, a line each.

use crate::template::{Handler, Task, Template};

/// What `help` answers.
pub(crate) const HELP: &str = "resolve <namespace> <name> <version>; \
    register <namespace> <name> <version> <function> <seconds>; run <namespace> <name> <version>; \
    retire <namespace>; invalidate <namespace>; analytics <namespace>; clear; status; help; quit";

/// What somebody asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Resolve(Task),
    Register(Template),
    /// Resolves, and notes that the task was done.
    Run(Task),
    /// Removes a namespace from the registry.
    Retire(String),
    /// Forgets what is cached of a namespace.
    Invalidate(String),
    Analytics(String),
    /// Forgets all that is cached, here and in Redis.
    Clear,
    Status,
    Help,
    Quit,
}

impl Command {
    /// Reads a line; the error says what to write in its place.
    pub(crate) fn parse(line: &str) -> Result<Self, String> {
        let words: Vec<_> = line.split_whitespace().collect();
        Ok(match words[..] {
            ["resolve", namespace, name, version] => {
                Self::Resolve(Task::new(namespace, name, version))
            }
            ["register", namespace, name, version, function, seconds] => {
                let task = Task::new(namespace, name, version);
                Self::Register(Template { task, handler: Handler::new(function, time(seconds)?) })
            }
            ["run", namespace, name, version] => Self::Run(Task::new(namespace, name, version)),
            ["retire", namespace] => Self::Retire(namespace.to_owned()),
            ["invalidate", namespace] => Self::Invalidate(namespace.to_owned()),
            ["analytics", namespace] => Self::Analytics(namespace.to_owned()),
            ["clear"] => Self::Clear,
            ["status"] => Self::Status,
            ["help"] => Self::Help,
            ["quit"] => Self::Quit,
            [word, ..] => return Err(usage(word)),
            [] => return Err("write a command, such as `help`".to_owned()),
        })
    }
}

fn time(seconds: &str) -> Result<u32, String> {
    let number = seconds.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| format!("`{seconds}` is no number of seconds, such as 30"))
}

/// A known command has other arguments than these; an unknown one is not in what `help` answers.
fn usage(word: &str) -> String {
    let mut known = HELP.split("; ");
    match known.find(|usage| usage.split(' ').next() == Some(word)) {
        Some(usage) => format!("write it as `{usage}`"),
        None => format!("unknown command `{word}`; there is {HELP}"),
    }
}
