//! A process that reads and writes, and reports to its coordinator.

use crate::counts::{Count, Tally};
use crate::fault::Fault;
use crate::history::History;
use crate::messages::{Orders, Report, Request};
use crate::mutant;
use crate::task::Task;
use crate::truth::Truth;
use cache_runtime::Cache;
use redis::RedisError;
use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader, Lines, Stdin};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

/// How often it reports its counts.
const REPORTS: Duration = Duration::from_millis(200);

/// What all tasks of a worker have in common.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) orders: Orders,
    pub(crate) cache: Cache,
    pub(crate) truth: Truth,
    pub(crate) history: History,
    tally: Mutex<Tally>,
}

impl Shared {
    pub(crate) fn count(&self, what: Count) {
        self.tally().count(what);
    }

    pub(crate) fn suffer(&self, fault: Fault) {
        self.tally().suffer(fault);
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was counted here, and what the cache says of itself.
    fn whole_tally(&self) -> Tally {
        let stats = self.cache.stats();
        let mut tally = self.tally().clone();
        tally.set(Count::Hits, stats.hits);
        tally.set(Count::Waits, stats.waits);
        tally.set(Count::Refused, stats.rejected_fills);
        tally.set(Count::Errors, stats.errors);
        tally
    }
}

/// Says something to the coordinator. One that is gone is noticed where its requests are read.
pub(crate) fn say(report: &Report) {
    let line = serde_json::to_string(report).expect("a report is plain data");
    let _ = writeln!(io::stdout().lock(), "{line}");
}

/// Works until it is told to finish, or its coordinator is gone.
pub(crate) fn run(orders: &str) -> ExitCode {
    match serde_json::from_str(orders).map_err(Into::into).and_then(work) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&Report::Broken(error.to_string()));
            ExitCode::FAILURE
        }
    }
}

#[tokio::main(worker_threads = 2)]
async fn work(orders: Orders) -> Result<(), Box<dyn Error>> {
    let shared = Arc::new(start(orders).await?);
    let mut tasks: JoinSet<RedisError> = JoinSet::new();
    for number in 0..shared.orders.tasks {
        tasks.spawn(Task::new(Arc::clone(&shared), number).run());
    }
    tokio::select! {
        () = report_counts(&shared) => {}
        () = obey(&shared) => {}
        Some(ended) = tasks.join_next() => return Err(ended?.into()),
    }
    // Tasks are dropped wherever they are.
    say(&Report::Tally(shared.whole_tally()));
    Ok(())
}

async fn start(orders: Orders) -> Result<Shared, Box<dyn Error>> {
    let mut cache = Cache::builder().redis(&orders.cache_url);
    if let Some(mutant) = orders.mutant {
        cache = cache.layer(mutant::layer(mutant));
    }
    Ok(Shared {
        cache: cache.build().await?,
        truth: Truth::connect(&orders.truth_url).await?,
        history: History::new(orders.worker),
        tally: Mutex::default(),
        orders,
    })
}

async fn report_counts(shared: &Shared) {
    let mut times = interval(REPORTS);
    // A worker that was stopped owes nobody the reports of that time.
    times.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        times.tick().await;
        say(&Report::Tally(shared.whole_tally()));
    }
}

/// Returns when it is time to end.
async fn obey(shared: &Shared) {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(request) = next(&mut lines).await {
        match request {
            Request::Tell(row) => say(&Report::Events(shared.history.of(row))),
            Request::Finish => return,
        }
    }
}

/// `None` when the coordinator is gone.
async fn next(lines: &mut Lines<BufReader<Stdin>>) -> Option<Request> {
    let line = lines.next_line().await.ok()??;
    serde_json::from_str(&line).ok()
}
