//! A catalog's node that serves: a process that is asked line by line.

use crate::database::Database;
use crate::program;
use crate::{PROGRAM, SOON};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use testkit::{RedisServer, eventually_blocking};

/// A node; killed on drop.
pub(crate) struct Node {
    name: String,
    child: Child,
    questions: ChildStdin,
    answers: Lines,
    /// How many of the answers were looked at.
    seen: usize,
    messages: Lines,
}

/// What a node said to a question.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    /// Where a read came from; `done` of a write.
    pub(crate) from: String,
    pub(crate) value: Value,
}

/// Everything that a process has printed, line by line.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    fn of(pipe: impl Read + Send + 'static) -> Self {
        let lines = Self::default();
        let collected = lines.clone();
        // A thread of its own: a test that read by itself would hang with the process.
        thread::spawn(move || {
            for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                collected.get().push(line);
            }
        });
        lines
    }

    fn get(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Node {
    /// Starts a node of this name, and returns when it serves.
    pub(crate) fn start(
        name: &str,
        database: &Database,
        redis: &RedisServer,
        more: &[&str],
    ) -> Self {
        Self::on(name, &database.url(name), &redis.url(), more)
    }

    /// A node that knows of no cache: it says what is true.
    pub(crate) fn without_cache(database: &Database) -> Self {
        Self::on("oracle", &database.url("oracle"), "off", &[])
    }

    pub(crate) fn on(name: &str, database: &str, store: &str, more: &[&str]) -> Self {
        let arguments = [&["--serve", "--node", name, "--database", database], more].concat();
        let mut child = program::start(PROGRAM, &arguments, &[("CACHE_URL", store)]);
        let questions = child.stdin.take().expect("it is piped");
        let answers = Lines::of(child.stdout.take().expect("it is piped"));
        let messages = Lines::of(child.stderr.take().expect("it is piped"));
        let mut node = Self { name: name.to_owned(), child, questions, answers, seen: 0, messages };
        let first = node.line();
        assert!(first.starts_with(&format!("{name} serves catalog ")), "{first}");
        node
    }

    /// Asks, and waits for the answer.
    pub(crate) fn ask(&mut self, question: &str) -> Answer {
        let answer = self.try_ask(question);
        answer.unwrap_or_else(|error| panic!("{}: {question}: {error}", self.name))
    }

    /// Asks for what may not be possible.
    pub(crate) fn try_ask(&mut self, question: &str) -> Result<Answer, String> {
        self.send(question);
        self.receive()
    }

    /// Asks, and does not wait.
    pub(crate) fn send(&mut self, question: &str) {
        writeln!(self.questions, "{question}").expect("the node reads its questions");
    }

    /// Waits for the answer to the next question.
    pub(crate) fn receive(&mut self) -> Result<Answer, String> {
        let line = self.line();
        let (from, value) = line.split_once(' ').expect("an answer has two parts");
        if from == "error" {
            return Err(value.to_owned());
        }
        let value = serde_json::from_str(value).expect("an answer is JSON");
        Ok(Answer { from: from.to_owned(), value })
    }

    fn line(&mut self) -> String {
        let there = || self.answers.get().len() > self.seen || self.messages_say("catalog: ");
        eventually_blocking(SOON, there, "the node answers");
        let line = self.answers.get().get(self.seen).cloned();
        self.seen += 1;
        line.unwrap_or_else(|| panic!("{} has ended: {:?}", self.name, self.messages.get()))
    }

    /// Whether a line on standard error has this in it.
    pub(crate) fn messages_say(&self, what: &str) -> bool {
        self.count_messages(what) > 0
    }

    pub(crate) fn count_messages(&self, what: &str) -> usize {
        self.messages.get().iter().filter(|line| line.contains(what)).count()
    }

    /// Waits until a line on standard error has this in it.
    #[track_caller]
    pub(crate) fn says(&self, what: &str) {
        eventually_blocking(SOON, || self.messages_say(what), what);
    }

    /// Waits until it has run all phases of a warm-up.
    #[track_caller]
    pub(crate) fn has_warmed_up(&self) {
        self.says(&format!("{} warms up, tables of each connection: ", self.name));
    }

    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Stops the process, with `SIGSTOP`.
    pub(crate) fn freeze(&self) {
        testkit::freeze(&self.child);
    }

    pub(crate) fn thaw(&self) {
        testkit::thaw(&self.child);
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Answer {
    /// Checks that the cache had nothing to do with it: it was passed over, or had nothing to say.
    #[track_caller]
    pub(crate) fn is_from_the_database(&self, value: &Value) {
        assert!(["miss", "bypass"].contains(&&*self.from), "{self:?}");
        assert_eq!(self.value, *value);
    }

    #[track_caller]
    pub(crate) fn is(&self, from: &str, value: impl Into<Value>) {
        let expected = Self { from: from.to_owned(), value: value.into() };
        assert_eq!(*self, expected);
    }
}
