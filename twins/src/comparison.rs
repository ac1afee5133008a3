//! Asking, and comparing what is answered.

use crate::application::Application;
use crate::client::{Answer, Request};
use crate::counts::Counts;
use crate::finding::Finding;
use crate::stage::Cast;
use futures_util::{StreamExt, TryStreamExt, stream};
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// How many pages are compared at a time.
const AT_A_TIME: usize = 6;

/// How long to wait before a page is looked at again.
const PAUSE: Duration = Duration::from_millis(20);

/// What a round has seen so far.
#[derive(Debug)]
pub(crate) struct Notes {
    /// The kind of round, for the slowest answer of each.
    pub(crate) round: &'static str,
    counts: Mutex<Counts>,
    findings: Mutex<Vec<Finding>>,
}

impl Notes {
    pub(crate) fn new() -> Self {
        Self { round: "", counts: Mutex::default(), findings: Mutex::default() }
    }

    pub(crate) fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn findings(&self) -> MutexGuard<'_, Vec<Finding>> {
        self.findings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks a process, notes how long it took, and whether it failed.
    pub(crate) async fn ask(&self, from: &Application, request: &Request) -> io::Result<Answer> {
        let started = Instant::now();
        let answer = from.client.send(request).await;
        self.counts().slow(self.round, started.elapsed());
        match &answer {
            Ok(answer) => self.check(from, request, answer),
            Err(error) => self.report(from, request, None, error.to_string()),
        }
        answer
    }

    /// Notes a finding if the process says that it failed.
    pub(crate) fn check(&self, from: &Application, request: &Request, answer: &Answer) {
        if answer.status >= 500 {
            self.report(from, request, None, answer.to_string());
        }
    }

    fn report(
        &self,
        from: &Application,
        request: &Request,
        expected: Option<&Answer>,
        got: String,
    ) {
        let (request, expected) = (request.clone(), expected.cloned());
        let finding = Finding { from: from.name(), request, expected, got, log: from.last_lines() };
        self.findings().push(finding);
    }

    /// Notes a finding if two answers differ.
    pub(crate) fn compare(
        &self,
        from: &Application,
        request: &Request,
        expected: &Answer,
        got: &Answer,
    ) {
        self.counts().compared += 1;
        if expected != got {
            self.report(from, request, Some(expected), got.to_string());
        }
    }

    /// Compares pages of both processes with those of their twin. A page that differs is looked at again until `patience` is over.
    pub(crate) async fn agree(
        &self,
        cast: &Cast,
        requests: Vec<Request>,
        patience: Duration,
    ) -> io::Result<()> {
        let pages = stream::iter(requests).map(|page| self.agree_on(cast, page, patience));
        pages.buffer_unordered(AT_A_TIME).try_collect().await
    }

    async fn agree_on(&self, cast: &Cast, page: Request, patience: Duration) -> io::Result<()> {
        let expected = self.ask(&cast.plain, &page).await?;
        for from in &cast.cached {
            let end = Instant::now() + patience;
            let mut got = self.ask(from, &page).await?;
            while got != expected && Instant::now() < end {
                sleep(PAUSE).await;
                got = self.ask(from, &page).await?;
            }
            self.compare(from, &page, &expected, &got);
        }
        Ok(())
    }
}
