//! A hit, next to the least that it could be. See `benches/README.md` for how to read the numbers.

use benches::{bare, call, key, prepare, storm};
use cache_runtime::Cache;
use criterion::{Criterion, Throughput};
use std::hint::black_box;
use std::time::{Duration, Instant};
use tests::RedisServer;
use tokio::runtime::Runtime;

/// Tasks at once.
const MANY: usize = 64;

fn main() {
    let runtime = Runtime::new().expect("a runtime starts");
    let server = RedisServer::start();
    ratios(&runtime, &server.url());
    let mut criterion = Criterion::default().configure_from_args();
    redis(&mut criterion, &runtime, &server.url());
    embedded(&mut criterion, &runtime);
    criterion.bench_function("key of four arguments", |b| b.iter(|| black_box(key(black_box(1)))));
    criterion.final_summary();
}

fn redis(criterion: &mut Criterion, runtime: &Runtime, url: &str) {
    let (connection, cache) = runtime.block_on(prepare(url));
    let mut group = criterion.benchmark_group("redis");
    group.throughput(Throughput::Elements(1));
    group.bench_function("bare GET and decode", |b| {
        b.to_async(runtime).iter(|| async { bare(&mut connection.clone(), "bare").await });
    });
    group.bench_function("hit", |b| b.to_async(runtime).iter(|| cache.scope(call(1))));
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
fn ratios(runtime: &Runtime, url: &str) {
    println!("| work | bare, µs | hit, µs | ratio |\n|---|---|---|---|");
    for tasks in [1, MANY] {
        let (mut left, mut right) = (Vec::new(), Vec::new());
        runtime.block_on(async {
            let (connection, cache) = prepare(url).await;
            for round in 0..61 {
                let bare = bare_round(&connection, tasks).await;
                let hit = hit_round(&cache, tasks).await;
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

/// Operations in one round.
fn each(tasks: usize) -> usize {
    2000 / tasks
}

async fn bare_round(connection: &redis::aio::MultiplexedConnection, tasks: usize) -> f64 {
    if tasks == 1 {
        let started = Instant::now();
        for _ in 0..each(1) {
            black_box(bare(&mut connection.clone(), "bare").await);
        }
        return per_operation(started.elapsed(), 1);
    }
    let connection = connection.clone();
    let one = move || {
        let mut connection = connection.clone();
        async move { _ = black_box(bare(&mut connection, "bare").await) }
    };
    per_operation(storm(tasks, each(tasks), one).await, tasks)
}

async fn hit_round(cache: &Cache, tasks: usize) -> f64 {
    if tasks == 1 {
        let started = Instant::now();
        for _ in 0..each(1) {
            black_box(cache.scope(call(1)).await);
        }
        return per_operation(started.elapsed(), 1);
    }
    let cache = cache.clone();
    let one = move || {
        let call = cache.scope(call(1));
        async move { _ = black_box(call.await) }
    };
    per_operation(storm(tasks, each(tasks), one).await, tasks)
}

/// Microseconds for each operation of a round.
fn per_operation(time: Duration, tasks: usize) -> f64 {
    let operations = u32::try_from(each(tasks) * tasks).expect("a round is small");
    time.as_secs_f64() * 1e6 / f64::from(operations)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
