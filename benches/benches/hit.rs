//! A hit, next to the least that it could be. See `benches/README.md` for how to read the numbers.

use benches::{USERS, bare, call, key, prepare, storm};
use cache_runtime::Cache;
use criterion::{Criterion, Throughput};
use redis::aio::MultiplexedConnection;
use std::hint::black_box;
use std::time::Duration;
use testkit::RedisServer;
use tokio::runtime::Runtime;

/// Tasks at once; each reads a key of its own.
const TASKS: [u64; 3] = [1, 64, USERS];

/// Operations in one round, of all tasks together.
const ROUND: u64 = 2048;

fn main() {
    let runtime = Runtime::new().expect("a runtime starts");
    let server = RedisServer::start();
    let (connection, cache) = runtime.block_on(prepare(&server.url()));
    // As a service does it.
    cache.install().expect("nothing was installed before");
    ratios(&runtime, &connection);
    let mut criterion = Criterion::default().configure_from_args();
    redis(&mut criterion, &runtime, &connection);
    embedded(&mut criterion, &runtime);
    criterion.bench_function("key of four arguments", |b| b.iter(|| black_box(key(black_box(1)))));
    criterion.final_summary();
}

fn redis(criterion: &mut Criterion, runtime: &Runtime, connection: &MultiplexedConnection) {
    let mut group = criterion.benchmark_group("redis");
    group.throughput(Throughput::Elements(1));
    group.bench_function("bare GET and decode", |b| {
        b.to_async(runtime).iter(|| async { bare(&mut connection.clone(), 1).await });
    });
    group.bench_function("hit", |b| b.to_async(runtime).iter(|| call(1)));
    group.finish();
}

fn embedded(criterion: &mut Criterion, runtime: &Runtime) {
    let cache =
        runtime.block_on(Cache::builder().build()).expect("the embedded store needs nothing");
    runtime.block_on(cache.scope(call(1)));
    criterion.bench_function("embedded hit", |b| {
        b.to_async(runtime).iter(|| cache.scope(call(1)));
    });
}

/// Prints ratios of medians: both sides take turns in short rounds, so that a change of the machine's speed meets both.
fn ratios(runtime: &Runtime, connection: &MultiplexedConnection) {
    println!("| work | bare, µs | hit, µs | ratio |\n|---|---|---|---|");
    for tasks in TASKS {
        let (mut left, mut right) = (Vec::new(), Vec::new());
        runtime.block_on(async {
            for round in 0..61 {
                let bare = bare_round(connection, tasks).await;
                let hit = hit_round(tasks).await;
                // The first round warms both up.
                if round > 0 {
                    left.push(bare);
                    right.push(hit);
                }
            }
        });
        let (bare, hit) = (median(left), median(right));
        println!("| Redis hit, {tasks} tasks | {bare:.1} | {hit:.1} | {:.3} |", hit / bare);
    }
}

async fn bare_round(connection: &MultiplexedConnection, tasks: u64) -> f64 {
    let connection = connection.clone();
    let one = move |id| {
        let mut connection = connection.clone();
        async move { _ = black_box(bare(&mut connection, id).await) }
    };
    per_operation(storm(tasks, ROUND / tasks, one).await)
}

async fn hit_round(tasks: u64) -> f64 {
    let one = |id| async move { _ = black_box(call(id).await) };
    per_operation(storm(tasks, ROUND / tasks, one).await)
}

/// Microseconds for each operation of a round.
fn per_operation(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6 / f64::from(u32::try_from(ROUND).expect("a round is small"))
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
