//! Passes over the store's keys, shared by writes that come at the same time.
//!
//! A write that comes while a pass runs waits for the next pass, with all other writes that come
//! meanwhile. The running pass may have gone by the write's keys already. Each pass therefore
//! begins after the bodies of all writes that share it have ended. Any number of writes at once
//! cost two passes.

use super::pass::{self, Passed, Patience};
use crate::cache::Cache;
use crate::error::{Error, Result};
use crate::store::backend::Kind;
use futures_util::FutureExt;
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::runtime::{Handle, Id};
use tokio::sync::oneshot;

/// The name of a line: the writes that share passes, which are those of one runtime. Each runtime
/// has a connection of its own, and a runtime that stands still holds no other one up. Retries may
/// take longer than a write waits, and share passes of their own.
type Line = (Id, Patience);

/// The writes that wait for the next pass, by line. A line is there while a task serves it.
#[derive(Debug, Default)]
pub(crate) struct Passes {
    waiting: Mutex<HashMap<Line, Vec<Request>>>,
}

/// The patterns of one write.
#[derive(Debug)]
struct Request {
    /// Patterns by group. Deleted keys are counted for each group.
    groups: Vec<Vec<String>>,
    answer: oneshot::Sender<Result<Vec<Passed>>>,
}

impl Passes {
    /// Adds a write to the next pass. Returns whether a task has to be started for the line.
    fn join(&self, line: Line, request: Request) -> bool {
        let mut waiting = self.lock();
        let is_first = !waiting.contains_key(&line);
        waiting.entry(line).or_default().push(request);
        is_first
    }

    /// Takes the writes of a pass that begins now. If there are none, the line ends with its task.
    fn take(&self, line: Line) -> Vec<Request> {
        let mut waiting = self.lock();
        match waiting.get_mut(&line) {
            Some(requests) if !requests.is_empty() => std::mem::take(requests),
            _ => {
                waiting.remove(&line);
                Vec::new()
            }
        }
    }

    /// Ends a line whose task was dropped with its runtime. The writes that wait there get an
    /// error.
    fn abandon(&self, line: Line) {
        let abandoned = self.lock().remove(&line);
        drop(abandoned);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Line, Vec<Request>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The task of a line. Dropping the task before its end abandons the line.
struct Server {
    cache: Cache,
    line: Line,
    has_ended: bool,
}

impl Drop for Server {
    fn drop(&mut self) {
        if !self.has_ended {
            self.cache.passes().abandon(self.line);
        }
    }
}

impl Server {
    async fn serve(mut self) {
        loop {
            let requests = self.cache.passes().take(self.line);
            if requests.is_empty() {
                self.has_ended = true;
                return;
            }
            // An application's own store may panic.
            let passed = AssertUnwindSafe(self.run(&requests)).catch_unwind().await;
            // mutant: a write hears nothing of a pass that panicked
            // mutant: a write is done with a pass that began before it
            answer(requests, passed.unwrap_or_else(|_| Err(cut_short())));
        }
    }

    async fn run(&self, requests: &[Request]) -> Result<Vec<Passed>> {
        let Kind::Remote(store) = self.cache.backend().kind() else { return Ok(Vec::new()) };
        let groups = requests.iter().flat_map(|request| &request.groups);
        let groups: Vec<&[String]> = groups.map(|patterns| &**patterns).collect();
        pass::run(&self.cache, &**store, &groups, self.line.1).await
    }
}

/// Sends each write the results of its groups. The results are in the order of the groups.
fn answer(requests: Vec<Request>, passed: Result<Vec<Passed>>) {
    let mut passed = passed.map(Vec::into_iter);
    for request in requests {
        let groups = request.groups.len();
        let own = match &mut passed {
            Ok(passed) => Ok(passed.by_ref().take(groups).collect()),
            Err(error) => Err(error.clone()),
        };
        // An error means that the write's runtime has ended. The write's invalidation is retried.
        let _ = request.answer.send(own);
    }
}

fn cut_short() -> Error {
    Error::unreachable("a pass over the store's keys was cut short, and is made up for")
}

impl Cache {
    /// Deletes the keys that patterns match, in a pass that begins after this call. Other writes
    /// that wait for the pass share it. Returns the result of each group of patterns.
    ///
    /// # Cancellation
    ///
    /// The pass goes on for the other writes, and deletes what this call asked for.
    pub(crate) async fn pass(
        &self,
        groups: Vec<Vec<String>>,
        patience: Patience,
    ) -> Result<Vec<Passed>> {
        if groups.iter().all(Vec::is_empty) {
            return Ok(Vec::new());
        }
        let runtime = Handle::try_current().map_err(|_| cut_short())?;
        let line = (runtime.id(), patience);
        let (answer, told) = oneshot::channel();
        if self.passes().join(line, Request { groups, answer }) {
            let server = Server { cache: self.clone(), line, has_ended: false };
            drop(runtime.spawn(server.serve()));
        }
        told.await.unwrap_or_else(|_| Err(cut_short()))
    }
}
