//! A process that reads and writes, and reports to its coordinator.

use crate::messages::{Orders, Report, Request};
use crate::mutant;
use crate::shared::Shared;
use crate::task::Task;
use crate::truth::Truth;
use cache_runtime::Cache;
use redis::RedisError;
use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader, Lines, Stdin};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

/// How often it reports its counts.
const REPORTS: Duration = Duration::from_millis(200);

/// How many values a process keeps, if it does.
const KEPT: usize = 10_000;

/// Works until it is told to finish, or its coordinator is gone.
pub(crate) fn run(orders: &str) -> ExitCode {
    match serde_json::from_str(orders).map_err(Into::into).and_then(work) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            Report::Broken(error.to_string()).say();
            ExitCode::FAILURE
        }
    }
}

#[tokio::main(worker_threads = 2)]
async fn work(orders: Orders) -> Result<(), Box<dyn Error>> {
    let shared = Arc::new(start(orders).await?);
    let mut tasks: JoinSet<RedisError> = JoinSet::new();
    for number in 0..shared.orders.tasks {
        tasks.spawn(operate(Task::new(Arc::clone(&shared), number)));
    }
    tokio::select! {
        () = report_counts(&shared) => {}
        () = obey(&shared) => {}
        Some(ended) = tasks.join_next() => return Err(ended?.into()),
    }
    // Tasks are dropped wherever they are.
    Report::Tally(shared.whole_tally()).say();
    Ok(())
}

/// Goes on until the truth server fails.
async fn operate(mut task: Task) -> RedisError {
    loop {
        let done = if task.is_to_write() { task.burst().await } else { task.read().await };
        if let Err(error) = done {
            return error;
        }
    }
}

async fn start(orders: Orders) -> Result<Shared, Box<dyn Error>> {
    let strategy = orders.strategy.of(orders.worker.process);
    let mut cache = Cache::builder().redis(&orders.cache_url).strategy(strategy);
    if orders.local {
        cache = cache.local(KEPT);
    }
    if let Some(mutant) = orders.mutant {
        cache = cache.layer(mutant::layer(mutant));
    }
    let truth = Truth::connect(&orders.truth_url).await?;
    Ok(Shared::new(cache.build().await?, truth, orders))
}

async fn report_counts(shared: &Shared) {
    let mut times = interval(REPORTS);
    // A worker that was stopped owes nobody the reports of that time.
    times.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        times.tick().await;
        Report::Tally(shared.whole_tally()).say();
    }
}

/// Returns when it is time to end.
async fn obey(shared: &Shared) {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(request) = next(&mut lines).await {
        match request {
            Request::Tell(row) => Report::Events(shared.history.of(row)).say(),
            Request::Finish => return,
        }
    }
}

/// `None` when the coordinator is gone.
async fn next(lines: &mut Lines<BufReader<Stdin>>) -> Option<Request> {
    let line = lines.next_line().await.ok()??;
    serde_json::from_str(&line).ok()
}
