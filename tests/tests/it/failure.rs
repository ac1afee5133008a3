//! No fault of the store changes what an annotated function returns, and none holds it up.

use crate::support::{SOON, current_thread};
use cache_runtime::config::OnUnreachable;
use cache_runtime::{Cache, cached};
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use testkit::{
    BlackHole, ErrorServer, RedisServer, block_on, eventually, eventually_blocking, free_port,
};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

/// What the store may add to one call in these tests.
const BUDGET: Duration = Duration::from_millis(200);

#[cached(ttl = 60, key = "double:<n>", skip(cache), cache = cache)]
async fn double(cache: &Cache, n: u64) -> Result<u64, String> {
    Ok(n * 2)
}

#[cached(ttl = 60, key = "triple:<n>", skip(cache), cache = cache)]
fn triple(cache: &Cache, n: u64) -> Option<u64> {
    Some(n * 3)
}

fn multi_thread() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("threads")
}

fn builder(url: impl Into<String>) -> cache_runtime::CacheBuilder {
    Cache::builder().redis(url).budget(BUDGET).connect_timeout(Duration::from_millis(500))
}

fn cache(url: impl Into<String>) -> Cache {
    block_on(builder(url).build()).expect("`build` needs no server")
}

/// Calls per place. With no breaker the store would cost each one a budget.
const CALLS: u64 = 20;

/// What they may take together, on a machine that is busy with other tests.
const ALLOWED: Duration = Duration::from_secs(2);

async fn double_often(cache: &Cache) {
    for n in 0..CALLS {
        assert_eq!(double(cache, n).await, Ok(n * 2));
    }
}

fn triple_often(cache: &Cache) {
    for n in 0..CALLS {
        assert_eq!(triple(cache, n), Some(n * 3));
    }
}

/// A place where an application calls from, and its calls.
type Place = (&'static str, fn(&Cache));

/// Runs calls in every kind of place that an application may have, and expects the loads' results without delay.
#[track_caller]
fn nobody_notices(cache: &Cache) {
    let places: [Place; 6] = [
        ("async, threads", |cache| multi_thread().block_on(double_often(cache))),
        ("blocking, threads", |cache| multi_thread().block_on(async { triple_often(cache) })),
        ("async, one thread", |cache| current_thread().block_on(double_often(cache))),
        ("blocking, one thread", |cache| current_thread().block_on(async { triple_often(cache) })),
        ("async, no tokio", |cache| block_on(double_often(cache))),
        ("blocking, no tokio", triple_often),
    ];
    for (place, calls) in places {
        let started = Instant::now();
        calls(cache);
        let taken = started.elapsed();
        assert!(taken < ALLOWED, "{place}: {CALLS} calls took {taken:?}");
    }
}

/// Calls again and again until calls are hits, in every kind of place.
#[track_caller]
fn hits_come_back(cache: &Cache) {
    let hits = || cache.stats().hits;
    let hit = |call: &dyn Fn()| {
        let before = hits();
        call();
        hits() > before
    };
    let async_call = || async { assert_eq!(double(cache, 7).await, Ok(14)) };
    let blocking_call = || assert_eq!(triple(cache, 7), Some(21));
    eventually_blocking(SOON, || hit(&|| block_on(async_call())), "there is a hit without tokio");
    eventually_blocking(SOON, || hit(&blocking_call), "there is a hit in a blocking function");
    for (runtime, what) in [(multi_thread(), "threads"), (current_thread(), "one thread")] {
        runtime.block_on(eventually(
            SOON,
            async || {
                let before = hits();
                async_call().await;
                hits() > before
            },
            what,
        ));
    }
}

#[test]
fn a_server_that_was_never_there() {
    let server = RedisServer::start();
    server.kill();
    let cache = cache(server.url());
    nobody_notices(&cache);
    assert!(cache.stats().errors > 0);
    server.restart();
    hits_come_back(&cache);
}

#[test]
fn a_server_killed_and_restarted() {
    let server = RedisServer::start();
    let cache = cache(server.url());
    hits_come_back(&cache);
    server.kill();
    nobody_notices(&cache);
    server.restart();
    hits_come_back(&cache);
}

#[test]
fn a_frozen_server() {
    let server = RedisServer::start();
    let cache = cache(server.url());
    hits_come_back(&cache);
    server.freeze();
    nobody_notices(&cache);
    server.thaw();
    hits_come_back(&cache);
}

#[test]
fn a_full_server() {
    let server = RedisServer::builder().maxmemory("1", "noeviction").start();
    let cache = cache(server.url());
    nobody_notices(&cache);
    assert_eq!(cache.stats().stores, 0);
    assert!(cache.stats().errors > 0);
    let refused = block_on(cache.set("k", 1, 60)).unwrap_err();
    assert!(refused.is_server() && refused.to_string().contains("OOM"), "{refused}");
    let refused = block_on(cache.set_many([("k", 1)], 60)).unwrap_err();
    assert!(refused.is_server(), "{refused}");
    server.command(&["CONFIG", "SET", "maxmemory", "0"]);
    hits_come_back(&cache);
}

#[test]
fn a_broken_entry_on_a_full_server() {
    let server = RedisServer::start();
    let cache = cache(server.url());
    assert_eq!(block_on(double(&cache, 1)), Ok(2));
    let key = server.keys("*").remove(0);
    server.set_raw(&key, b"not ours");
    server.command(&["CONFIG", "SET", "maxmemory", "1"]);
    assert_eq!(block_on(double(&cache, 1)), Ok(2));
    assert_eq!(server.get_raw(&key), None, "deleting needs no memory");
}

#[test]
fn a_server_that_answers_errors_to_everything() {
    for server in [ErrorServer::start("ERR no"), ErrorServer::after_handshake("LOADING data")] {
        let cache = cache(server.url());
        nobody_notices(&cache);
        let health = block_on(cache.health());
        assert!(!health.reachable && health.error.is_some(), "{health:?}");
    }
}

#[test]
fn a_server_that_only_answers_pings() {
    let server = RedisServer::start();
    server.command(&["ACL", "SETUSER", "pinger", "on", ">secret", "+ping"]);
    let cache = cache(format!("redis://pinger:secret@127.0.0.1:{}", server.port()));
    nobody_notices(&cache);
    assert!(block_on(cache.get::<u8>("k")).unwrap_err().is_unreachable());
    server.command(&["ACL", "SETUSER", "pinger", "~*", "+@all"]);
    hits_come_back(&cache);
}

#[test]
fn a_server_that_accepts_and_never_answers() {
    let server = BlackHole::start();
    let cache = cache(server.url());
    nobody_notices(&cache);
}

#[test]
fn a_wrong_password() {
    let server = RedisServer::builder().password("right").start();
    let cache = cache(format!("redis://:wrong@127.0.0.1:{}", server.port()));
    nobody_notices(&cache);
    let error = block_on(cache.health()).error.expect("it is not reachable");
    assert!(error.to_string().contains("refused the user or password"), "{error}");
    server.command(&["CONFIG", "SET", "requirepass", "wrong"]);
    hits_come_back(&cache);
}

#[test]
fn build_fails_on_demand_when_the_server_cannot_be_used() {
    let (mute, refusing) = (BlackHole::start(), ErrorServer::start("ERR no"));
    let absent = format!("redis://127.0.0.1:{}", free_port());
    for url in [mute.url(), refusing.url(), absent] {
        let strict = builder(url).on_unreachable(OnUnreachable::Error);
        let error = block_on(strict.build()).unwrap_err();
        assert!(error.is_unreachable() || error.is_timeout(), "{error:?}");
    }
}

/// The breaker: one call pays for finding out, the others find it open.
#[tokio::test]
async fn one_call_pays_for_a_frozen_server() {
    let server = RedisServer::start();
    let cache = builder(server.url()).build().await.unwrap();
    let gets = server.commandstats("get");
    server.freeze();
    let started = Instant::now();
    for n in 0..1000 {
        assert_eq!(double(&cache, n).await, Ok(n * 2));
    }
    let taken = started.elapsed();
    server.thaw();
    assert!(taken < BUDGET * 5, "1,000 calls took {taken:?}");
    // A thawed server first answers what it was sent while it was frozen.
    assert!(server.commandstats("get") - gets <= 2, "calls went to a frozen server");
}

/// The first attempt to connect is no excuse for holding up more than one call.
#[test]
fn one_call_pays_for_a_first_connection_that_does_not_come() {
    let server = BlackHole::start();
    // Longer than the calls below may take, so that they all meet the first attempt of their runtime.
    let patient = builder(server.url()).connect_timeout(BUDGET * 10);
    let cache = block_on(patient.build()).expect("`build` needs no server");
    let started = Instant::now();
    current_thread().block_on(async {
        for n in 0..1000 {
            assert_eq!(double(&cache, n).await, Ok(n * 2));
        }
    });
    let taken = started.elapsed();
    assert!(taken < BUDGET * 5, "1,000 calls took {taken:?}");
    assert!(server.connections() < 10, "{} connections", server.connections());
}

#[tokio::test]
async fn many_callers_of_a_frozen_server_wait_side_by_side() {
    let server = RedisServer::start();
    let cache = builder(server.url()).build().await.unwrap();
    server.freeze();
    let mut calls = JoinSet::new();
    for n in 0..64 {
        let cache = cache.clone();
        calls.spawn(async move {
            let started = Instant::now();
            assert_eq!(double(&cache, n).await, Ok(n * 2));
            started.elapsed()
        });
    }
    for taken in calls.join_all().await {
        assert!(taken < BUDGET * 5, "{taken:?}");
    }
}

#[test]
fn many_blocking_callers_of_a_frozen_server_wait_side_by_side() {
    let server = RedisServer::start();
    let cache = cache(server.url());
    server.freeze();
    let call = |n| {
        let cache = cache.clone();
        thread::spawn(move || {
            let started = Instant::now();
            assert_eq!(triple(&cache, n), Some(n * 3));
            started.elapsed()
        })
    };
    let calls: Vec<_> = (0..64).map(call).collect();
    for call in calls {
        let taken = call.join().expect("no panic");
        assert!(taken < BUDGET * 5, "{taken:?}");
    }
}

#[tokio::test]
async fn a_caller_that_gives_up_leaves_nothing_broken() {
    let server = RedisServer::start();
    let patient = builder(server.url()).budget(SOON);
    let cache = patient.build().await.unwrap();
    server.freeze();
    for n in 0..64 {
        // Drops the call while it waits for the server's answer, which is not going to come.
        let given_up = tokio::time::timeout(Duration::from_millis(2), double(&cache, n)).await;
        assert!(given_up.is_err());
    }
    server.thaw();
    for n in 0..64 {
        assert_eq!(double(&cache, n).await, Ok(n * 2));
        assert_eq!(double(&cache, n).await, Ok(n * 2));
    }
    let stats = cache.stats();
    assert_eq!((stats.hits, stats.errors), (64, 0), "answers went to their own callers");
}

/// Callers of a service that waits for less than a budget must not all fail.
#[tokio::test]
async fn one_impatient_caller_pays_for_a_frozen_server() {
    let server = RedisServer::start();
    let cache = builder(server.url()).build().await.unwrap();
    server.freeze();
    let mut given_up = 0;
    for n in 0..20 {
        let call = tokio::time::timeout(BUDGET / 2, double(&cache, n));
        given_up += u32::from(call.await.is_err());
    }
    assert!(given_up <= 2, "{given_up} of 20 callers gave up");
}

#[test]
fn a_runtime_without_timers_or_sockets() {
    let server = RedisServer::start();
    let cache = cache(server.url());
    let runtimes = [
        Builder::new_current_thread().build().unwrap(),
        Builder::new_current_thread().enable_time().build().unwrap(),
        Builder::new_current_thread().enable_io().build().unwrap(),
        Builder::new_multi_thread().worker_threads(1).build().unwrap(),
    ];
    for runtime in runtimes {
        let hits = cache.stats().hits;
        runtime.block_on(async {
            double_often(&cache).await;
            triple_often(&cache);
            double_often(&cache).await;
        });
        assert!(cache.stats().hits >= hits + CALLS);
    }
    assert_eq!(cache.stats().errors, 0);
}

#[test]
fn the_runtime_of_the_connection_may_end() {
    let server = RedisServer::start();
    // In a runtime that ends at once, with the connection that was made there.
    let cache = current_thread().block_on(builder(server.url()).build()).unwrap();
    for runtime in [current_thread(), multi_thread(), current_thread()] {
        let hits = cache.stats().hits;
        runtime.block_on(async {
            double_often(&cache).await;
            double_often(&cache).await;
        });
        assert!(cache.stats().hits >= hits + CALLS, "a runtime got no connection of its own");
    }
    assert_eq!(cache.stats().errors, 0);
}

/// Such a program never idles in its runtime: what goes on behind the callers has to get its turn during calls.
#[test]
fn a_runtime_that_runs_only_during_calls_finds_the_server_again() {
    let server = RedisServer::start();
    let cache = cache(server.url());
    let runtime = current_thread();
    let hits_again = || {
        let call = || runtime.block_on(async { assert_eq!(double(&cache, 1).await, Ok(2)) });
        let hits = cache.stats().hits;
        eventually_blocking(
            SOON,
            || {
                call();
                cache.stats().hits > hits
            },
            "there is a hit",
        );
    };
    hits_again();
    server.restart();
    hits_again();
    server.freeze();
    assert_eq!(runtime.block_on(double(&cache, 2)), Ok(4));
    server.thaw();
    hits_again();
}

#[test]
fn a_connection_that_the_server_closes() {
    let server = RedisServer::start();
    let cache = cache(server.url());
    hits_come_back(&cache);
    server.command(&["CLIENT", "KILL", "TYPE", "normal"]);
    nobody_notices(&cache);
    hits_come_back(&cache);
}

#[test]
fn a_server_that_becomes_a_replica_and_a_primary_again() {
    let (server, primary) = (RedisServer::start(), RedisServer::start());
    let cache = cache(server.url());
    hits_come_back(&cache);
    server.command(&["REPLICAOF", "127.0.0.1", &primary.port().to_string()]);
    nobody_notices(&cache);
    server.command(&["REPLICAOF", "NO", "ONE"]);
    server.flush();
    hits_come_back(&cache);
}

/// After a failover the name of the server leads to another one, but the old connection still stands.
#[test]
fn a_replica_is_left_for_the_server_that_took_its_place() {
    let (old, new) = (RedisServer::start(), RedisServer::start());
    let proxy = Proxy::start(old.port());
    let cache = cache(proxy.url());
    hits_come_back(&cache);
    old.command(&["REPLICAOF", "127.0.0.1", &new.port().to_string()]);
    proxy.lead_to(new.port());
    let moved = || {
        assert_eq!(triple(&cache, 1000), Some(3000));
        !new.keys("*triple:1000:*").is_empty()
    };
    eventually_blocking(SOON, moved, "the new primary is used");
}

/// A server whose every answer takes longer than the budget is as good as away, though it answers.
#[tokio::test]
async fn a_server_slower_than_the_budget_holds_up_one_call() {
    let server = RedisServer::start();
    let proxy = Proxy::start(server.port());
    let cache = builder(proxy.url()).build().await.unwrap();
    assert_eq!(double(&cache, 1).await, Ok(2));
    proxy.delay(BUDGET + BUDGET / 4);
    let mut held_up = 0;
    let started = Instant::now();
    while started.elapsed() < BUDGET * 10 {
        let call = Instant::now();
        assert_eq!(double(&cache, 1).await, Ok(2));
        held_up += u32::from(call.elapsed() > BUDGET / 2);
        // Calls come now and then, so that whatever happens between them can happen.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(held_up <= 2, "{held_up} calls waited for a server that is too slow for all of them");
    proxy.delay(Duration::ZERO);
    let hits = cache.stats().hits;
    let hit = async || {
        assert_eq!(double(&cache, 1).await, Ok(2));
        cache.stats().hits > hits
    };
    eventually(SOON, hit, "the server is fast again").await;
}

/// Passes connections on to a server that can be exchanged, as a name in DNS or a virtual address does.
struct Proxy {
    port: u16,
    target: Arc<AtomicU16>,
    /// How long each answer takes, in milliseconds.
    delay: Arc<AtomicU64>,
}

impl Proxy {
    fn start(target: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("127.0.0.1 has a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let target = Arc::new(AtomicU16::new(target));
        let delay = Arc::<AtomicU64>::default();
        let (to, wait) = (Arc::clone(&target), Arc::clone(&delay));
        // It ends with the process: `accept` cannot be interrupted, and idle threads disturb nobody.
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let wait = Arc::clone(&wait);
                let _ = pass_on(client, to.load(Ordering::SeqCst), wait);
            }
        });
        Self { port, target, delay }
    }

    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    fn lead_to(&self, port: u16) {
        self.target.store(port, Ordering::SeqCst);
    }

    fn delay(&self, delay: Duration) {
        let millis = u64::try_from(delay.as_millis()).expect("a short time");
        self.delay.store(millis, Ordering::SeqCst);
    }
}

fn pass_on(client: TcpStream, port: u16, delay: Arc<AtomicU64>) -> io::Result<()> {
    let server = TcpStream::connect(("127.0.0.1", port))?;
    let (from_client, from_server) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || copy(from_client, server, || {}));
    thread::spawn(move || {
        // The delay of a network is not to be had otherwise.
        copy(from_server, client, || {
            thread::sleep(Duration::from_millis(delay.load(Ordering::SeqCst)));
        });
    });
    Ok(())
}

fn copy(mut from: TcpStream, mut to: TcpStream, before_each: impl Fn()) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        before_each();
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}
