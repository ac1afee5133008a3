//! Reads that come at the same time share a request, and nothing else.

use crate::support::{SOON, over};
use cache_runtime::{Cache, cached};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use testkit::RedisServer;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// How many callers come at the same time.
const MANY: u64 = 300;

/// More than share no request.
const FEW: u64 = 16;

/// Whether a load has run that a test does not expect.
#[derive(Default)]
struct Loads(AtomicBool);

#[cached(ttl = 60, key = "square:<n>", skip(cache, loads), cache = cache)]
async fn square(cache: &Cache, loads: &Loads, n: u64) -> u64 {
    loads.0.store(true, Ordering::Relaxed);
    n * n
}

#[cached(ttl = 60, key = "long:<n>", skip(cache), cache = cache)]
async fn long(cache: &Cache, n: u64) -> String {
    format!("{n} {}", "x".repeat(300_000))
}

async fn cache(server: &RedisServer) -> Cache {
    over(server).build().await.unwrap()
}

/// A server that holds the squares of all numbers below [`MANY`].
async fn stored() -> (RedisServer, Cache) {
    let server = RedisServer::start();
    let cache = cache(&server).await;
    for n in 0..MANY {
        square(&cache, &Loads::default(), n).await;
    }
    (server, cache)
}

/// Runs one call in each of many tasks; says of how many hits the handle knows now.
async fn storm(cache: &Cache, number: impl Fn(u64) -> u64) -> u64 {
    let mut tasks = JoinSet::new();
    for n in (0..MANY).map(number) {
        let cache = cache.clone();
        tasks.spawn(async move {
            let loads = Loads::default();
            assert_eq!(square(&cache, &loads, n).await, n * n);
            assert!(!loads.0.into_inner(), "{n} is stored");
        });
    }
    tasks.join_all().await;
    let stats = cache.stats();
    assert_eq!(stats.errors, 0);
    stats.hits
}

/// How often the server was asked for one key, and for several.
fn asked(server: &RedisServer) -> (u64, u64) {
    (server.commandstats("get"), server.commandstats("mget"))
}

#[tokio::test]
async fn many_reads_are_few_requests() {
    let (server, cache) = stored().await;
    let before = asked(&server);
    assert_eq!(storm(&cache, |n| n).await, MANY);
    let after = asked(&server);
    let requests = (after.0 + after.1) - (before.0 + before.1);
    assert!(requests < 40, "{requests} requests for {MANY} reads");
    assert!(after.1 >= before.1 + 3, "no request is for all keys");
}

#[tokio::test]
async fn a_key_that_many_read_is_asked_for_once() {
    let (server, cache) = stored().await;
    let before = server.info("stats")["keyspace_hits"].parse::<u64>().unwrap();
    assert_eq!(storm(&cache, |_| 7).await, MANY);
    let after = server.info("stats")["keyspace_hits"].parse::<u64>().unwrap();
    assert!(after - before < 40, "{} look-ups for {MANY} reads", after - before);
}

#[tokio::test]
async fn one_read_is_one_get() {
    let (server, cache) = stored().await;
    let before = asked(&server);
    square(&cache, &Loads::default(), 1).await;
    assert_eq!(asked(&server), (before.0 + 1, before.1));
}

/// Polls a future once, and leaves it as it is.
async fn poll_once<T>(future: &mut Pin<Box<impl Future<Output = T>>>) {
    poll_fn(|context| {
        assert!(future.as_mut().poll(context).is_pending());
        Poll::Ready(())
    })
    .await;
}

#[tokio::test]
async fn a_caller_that_stops_polling_holds_up_nobody() {
    let (_server, cache) = stored().await;
    let loads = Loads::default();
    let mut left: Vec<_> = (0..2 * FEW).map(|n| Box::pin(square(&cache, &loads, n))).collect();
    for call in &mut left {
        poll_once(call).await;
    }
    let hits = cache.stats().hits;
    assert_eq!(square(&cache, &loads, 50).await, 2500);
    assert_eq!(square(&cache, &loads, 51).await, 2601, "nor the next one");
    assert_eq!(cache.stats().hits, hits + 2);
    drop(left);
    assert_eq!(square(&cache, &loads, 52).await, 2704);
    assert!(!loads.0.into_inner());
}

#[tokio::test]
async fn a_server_that_refuses_many_keys_is_asked_for_each() {
    let (server, cache) = stored().await;
    server.command(&["ACL", "SETUSER", "default", "-mget"]);
    assert_eq!(storm(&cache, |n| n).await, MANY);
    let refused = server.info("errorstats")["errorstat_NOPERM"].clone();
    assert_eq!(storm(&cache, |n| n).await, 2 * MANY);
    let again = server.info("errorstats")["errorstat_NOPERM"].clone();
    assert_eq!(again, refused, "it is asked no more");
}

/// Reads long values at the same time: each by a request of its own.
async fn long_ones_go_alone(server: &RedisServer, cache: &Cache) {
    let before = asked(server);
    let mut tasks = JoinSet::new();
    for n in 0..2 * FEW {
        let cache = cache.clone();
        tasks.spawn(async move { assert!(long(&cache, n).await.starts_with(&format!("{n} x"))) });
    }
    tasks.join_all().await;
    assert_eq!(asked(server), (before.0 + 2 * FEW, before.1));
}

#[tokio::test]
async fn large_values_wait_for_no_others() {
    let server = RedisServer::start();
    let cache = cache(&server).await;
    for n in 0..2 * FEW {
        long(&cache, n).await;
        long(&cache, n).await; // now the handle has seen how large they are
    }
    long_ones_go_alone(&server, &cache).await;
}

/// The average of what was read before says little of what comes now.
#[tokio::test]
async fn one_large_value_is_enough_to_know() {
    let (server, cache) = stored().await;
    storm(&cache, |n| n).await;
    for n in 0..2 * FEW {
        long(&cache, n).await;
    }
    long(&cache, 0).await;
    long_ones_go_alone(&server, &cache).await;
}

#[tokio::test]
async fn values_of_unknown_size_go_together_in_small_parts() {
    let (server, cache) = stored().await;
    let before = asked(&server);
    storm(&cache, |n| n).await;
    let together = asked(&server).1 - before.1;
    assert!(together >= MANY / 32 - 1, "{together} requests for {MANY} values of any size");
}

/// Puts a list in the place of one square.
fn spoil(server: &RedisServer, n: u64) {
    let key = server.keys(&format!("cache:square:{n}:*")).remove(0);
    server.command(&["DEL", &key]);
    server.command(&["LPUSH", &key, "not ours"]);
}

/// Runs `call` for many numbers at the same time, so that the last ones go together.
async fn at_once<F>(cache: &Cache, call: impl Fn(Cache, u64) -> F)
where
    F: Future<Output = u64> + Send + 'static,
{
    let mut tasks = JoinSet::new();
    for n in 0..2 * FEW {
        let call = call(cache.clone(), n);
        tasks.spawn(async move { assert_eq!(call.await, n * n) });
    }
    tasks.join_all().await;
}

async fn is_stored(cache: &Cache, n: u64) -> bool {
    let loads = Loads::default();
    assert_eq!(square(cache, &loads, n).await, n * n);
    !loads.0.into_inner()
}

#[tokio::test]
async fn what_is_no_entry_is_replaced_here_too() {
    let (server, cache) = stored().await;
    spoil(&server, 30);
    at_once(&cache, async |cache, n| square(&cache, &Loads::default(), n).await).await;
    assert_eq!(cache.stats().corrupt, 1);
    assert!(is_stored(&cache, 30).await);
}

#[tokio::test]
async fn what_is_no_entry_is_replaced_where_keys_are_not_tracked() {
    let server = RedisServer::start();
    server.command(&["ACL", "SETUSER", "default", "-client"]);
    let cache = cache(&server).await;
    at_once(&cache, async |cache, n| square(&cache, &Loads::default(), n).await).await;
    spoil(&server, 30);
    let loads = cache.stats().loads;
    at_once(&cache, async |cache, n| square(&cache, &Loads::default(), n).await).await;
    assert_eq!((cache.stats().corrupt, cache.stats().loads), (1, loads + 1));
    assert!(is_stored(&cache, 30).await);
}

#[cached(ttl = 60, id = "square", key = "square:<n>", skip(cache), cache = cache, single_flight = false)]
async fn lonely(cache: &Cache, n: u64) -> u64 {
    n * n
}

#[tokio::test]
async fn what_is_no_entry_is_replaced_without_flights_too() {
    let server = RedisServer::start();
    let cache = cache(&server).await;
    at_once(&cache, async |cache, n| lonely(&cache, n).await).await;
    spoil(&server, 30);
    at_once(&cache, async |cache, n| lonely(&cache, n).await).await;
    assert_eq!(cache.stats().corrupt, 1);
}

#[tokio::test]
async fn a_refresh_replaces_what_is_no_entry() {
    let (server, cache) = stored().await;
    spoil(&server, 30);
    at_once(&cache, async |cache, n| {
        cache_runtime::refresh(square(&cache, &Loads::default(), n)).await
    })
    .await;
    assert_eq!(cache.stats().corrupt, 1);
    assert!(is_stored(&cache, 30).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn threads_get_their_own_answers() {
    let (_server, cache) = stored().await;
    for round in 1..=20 {
        assert_eq!(storm(&cache, |n| (n * round) % MANY).await, round * MANY);
    }
}

/// What a runtime has begun is gone with it; who asked goes on elsewhere.
#[test]
fn a_runtime_that_ends_leaves_no_reader_behind() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (first, second) = (runtime(), runtime());
    let (_server, cache) = first.block_on(stored());
    let loads = Loads::default();
    let mut left: Vec<_> = (0..2 * FEW).map(|n| Box::pin(square(&cache, &loads, n))).collect();
    first.block_on(async {
        for call in &mut left {
            poll_once(call).await;
        }
    });
    drop(first);
    second.block_on(async {
        for (n, call) in (0..).zip(left) {
            // Who is left behind waits for all of the budget.
            let answer = timeout(SOON / 2, call).await.expect("nobody is left behind");
            assert_eq!(answer, n * n);
        }
    });
}
