//! A list of a hundred ids, next to one hit. See `benches/README.md`.

use benches::{BATCH_LOADS, User, call, prepare, users};
use cache_runtime::{Cache, invalidate};
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use std::hint::black_box;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;
use testkit::RedisServer;
use tokio::runtime::Runtime;

/// Of the ids, how many are not stored in the second line.
const MISSING: u64 = 10;

const ROUNDS: usize = 400;

fn main() {
    let runtime = Runtime::new().expect("a runtime starts");
    let server = RedisServer::start();
    let (connection, cache) = runtime.block_on(prepare(&server.url()));
    cache.install().expect("nothing was installed before");
    runtime.block_on(compare(&cache, &connection));
}

/// One after another in each round, so that a change of the machine's speed meets all.
async fn compare(cache: &Cache, connection: &MultiplexedConnection) {
    let ids: Vec<u64> = (0..100).collect();
    let keys: Vec<String> = (0..100).map(|id| format!("by-hand:{id}")).collect();
    let values = keys.iter().map(|key| (key, User::new(1)));
    cache.set_many(values, 3600).await.expect("Redis answers");
    users(&ids).await.expect("the load cannot fail");
    let mut times: [Vec<f64>; 5] = Default::default();
    for _ in 0..ROUNDS {
        times[0].push(timed(async { _ = black_box(call(1).await) }).await);
        times[1].push(timed(async { _ = black_box(users(&ids).await) }).await);
        for id in 0..MISSING {
            invalidate!(benches::users(id)).await.expect("Redis answers");
        }
        let before = BATCH_LOADS.load(Relaxed);
        times[2].push(timed(async { _ = black_box(users(&ids).await) }).await);
        assert_eq!(BATCH_LOADS.load(Relaxed) - before, 1, "one load for all that are missing");
        times[3].push(timed(async { _ = black_box(cache.get_many::<User>(&keys).await) }).await);
        times[4].push(timed(async { _ = black_box(bare_many(connection).await) }).await);
    }
    let [hit, present, missing, by_hand, bare] = times.map(median);
    println!("| work | µs | in hits |\n|---|---|---|");
    for (name, time) in [
        ("one hit", hit),
        ("100 ids, all present", present),
        ("100 ids, 90 present, one load that takes no time", missing),
        ("get_many of 100 keys", by_hand),
        ("bare MGET of 100 keys and decode", bare),
    ] {
        println!("| {name} | {time:.1} | {:.2} |", time / hit);
    }
}

async fn bare_many(connection: &MultiplexedConnection) -> Vec<User> {
    let keys: Vec<String> = (0..100).map(benches::bare_key).collect();
    let values: Vec<Vec<u8>> = connection.clone().mget(keys).await.expect("MGET answers");
    let users = values.iter().map(|json| serde_json::from_slice(json).expect("it is JSON"));
    users.collect()
}

async fn timed(work: impl Future<Output = ()>) -> f64 {
    let started = Instant::now();
    work.await;
    started.elapsed().as_secs_f64() * 1e6
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
