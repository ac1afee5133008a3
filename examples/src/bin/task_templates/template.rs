//! Tasks, and the handlers that do them.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What can be asked for. Serialized it is part of the hash in a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Task {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) version: String,
}

impl Task {
    pub(crate) fn new(namespace: &str, name: &str, version: &str) -> Self {
        let [namespace, name, version] = [namespace, name, version].map(str::to_owned);
        Self { namespace, name, version }
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{} {}", self.namespace, self.name, self.version)
    }
}

/// Who does a task, and how long that may take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Handler {
    pub(crate) function: String,
    pub(crate) timeout_seconds: u32,
}

impl Handler {
    pub(crate) fn new(function: &str, timeout_seconds: u32) -> Self {
        Self { function: function.to_owned(), timeout_seconds }
    }
}

impl fmt::Display for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, at most {} s", self.function, self.timeout_seconds)
    }
}

/// What is registered: a task, and what does it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    pub(crate) task: Task,
    pub(crate) handler: Handler,
}

/// The namespaces that this program has workers for. The registry takes others as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Namespace {
    Emails,
    Reports,
}

impl FromStr for Namespace {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut known = [Self::Emails, Self::Reports].into_iter();
        known.find(|namespace| namespace.name() == text).ok_or("there is `emails`, `reports`")
    }
}

impl Namespace {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Emails => "emails",
            Self::Reports => "reports",
        }
    }

    /// What a worker brings with it: these are in its code, as its handlers are.
    pub(crate) fn templates(self) -> Vec<Template> {
        let brought: &[_] = match self {
            Self::Emails => &[("welcome", "1", "send_welcome", 30), ("reset", "1", "send_link", 5)],
            Self::Reports => &[("daily", "1", "sum_up", 600), ("daily", "2", "sum_up_anew", 300)],
        };
        brought.iter().map(|brought| self.template(*brought)).collect()
    }

    fn template(self, (name, version, function, seconds): (&str, &str, &str, u32)) -> Template {
        let task = Task::new(self.name(), name, version);
        Template { task, handler: Handler::new(function, seconds) }
    }
}
