//! `shutdown`: what a process owes its cache is done before it ends, within a deadline.

use crate::support::{SOON, hasty};
use cache_runtime::{Cache, cached, invalidates};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::task::Poll;
use std::time::{Duration, Instant};
use testkit::{Log, RedisServer, block_on, eventually, eventually_blocking};
use tokio::runtime::Builder;
use tokio::sync::Notify;

/// More than any test waits for.
const LONG: Duration = Duration::from_secs(3600);

#[cached(ttl = 3600, key = "number:<n>", skip(cache), cache = cache)]
async fn number(cache: &Cache, n: u64) -> u64 {
    n
}

#[invalidates("number:<n>:*", cache = cache)]
async fn write(cache: &Cache, n: u64) {
    _ = n;
}

#[invalidates("number:<n>:*", again_after = "1h", cache = cache)]
async fn write_and_repeat(cache: &Cache, n: u64) {
    _ = n;
}

#[invalidates("number:<n>:*", again_after = "300ms", cache = cache)]
async fn write_and_repeat_soon(cache: &Cache, n: u64) {
    _ = n;
}

fn is_stored(cache: &Cache) -> bool {
    block_on(number(cache, 1));
    cache.stats().hits > 0
}

async fn stored(cache: &Cache, n: u64) {
    let is_stored = async || {
        number(cache, n).await;
        cache.stats().hits > 0
    };
    eventually(SOON, is_stored, "there is an entry").await;
}

#[tokio::test]
async fn what_the_store_has_failed_is_delivered() {
    let server = RedisServer::start();
    let cache = hasty(&server).await;
    stored(&cache, 4711).await;
    server.freeze();
    write(&cache, 4711).await;
    assert_eq!(cache.health().await.overdue_invalidations, 1);
    let task = tokio::spawn({
        let cache = cache.clone();
        async move { cache.shutdown(SOON).await }
    });
    let begun = async || {
        number(&cache, 1).await;
        cache.stats().uncached > 0
    };
    eventually(SOON, begun, "the shutdown has begun").await;
    assert!(!task.is_finished());
    server.thaw();
    let ended = task.await.unwrap();
    assert!(ended.is_clean() && ended.patterns.is_empty() && ended.took < SOON, "{ended:?}");
    assert_eq!(server.keys("*"), [""; 0]);
    assert_eq!((cache.stats().failed_invalidations, cache.stats().delivered_late), (1, 1));
}

#[tokio::test]
async fn a_deadline_is_kept_whatever_the_store_does() {
    let log = Log::default();
    let _guard = log.listen();
    let server = RedisServer::start();
    let cache = hasty(&server).await;
    stored(&cache, 4711).await;
    server.freeze();
    write(&cache, 4711).await;
    let began = Instant::now();
    let ended = cache.shutdown(Duration::from_millis(300)).await;
    assert!(began.elapsed() < SOON);
    assert!(ended.took >= Duration::from_millis(300) && !ended.is_clean(), "{ended:?}");
    assert_eq!((ended.undelivered, &*ended.patterns), (1, &["number:<_>:*".to_owned()][..]));
    let text = log.text();
    assert!(text.contains("undelivered=1") && text.contains("number:<_>:*"), "{text}");
    assert!(!text.contains("4711"), "{text}");
    let again = cache.shutdown(LONG).await;
    assert_eq!((again.undelivered, again.took), (1, Duration::ZERO));
}

#[tokio::test]
async fn a_server_that_is_away_does_not_hold_the_end_up() {
    let server = RedisServer::start();
    let cache = hasty(&server).await;
    server.kill();
    write(&cache, 1).await;
    let ended = cache.shutdown(Duration::from_millis(100)).await;
    assert_eq!(ended.undelivered, 1);
}

#[tokio::test]
async fn repeated_invalidations_run_in_time_or_at_once() {
    for server in [Some(RedisServer::start()), None] {
        let builder = Cache::builder().budget(SOON / 10);
        let cache = match &server {
            Some(server) => builder.redis(server.url()).build().await.unwrap(),
            None => builder.build().await.unwrap(),
        };
        write_and_repeat(&cache, 1).await;
        write_and_repeat_soon(&cache, 1).await;
        assert_eq!(cache.stats().invalidations, 2);
        let ended = cache.shutdown(SOON).await;
        assert!(ended.is_clean(), "{ended:?}");
        assert_eq!(ended.hastened, 1, "the one that is due in an hour");
        assert!(
            ended.took >= Duration::from_millis(200),
            "the other one was waited for: {ended:?}"
        );
        assert_eq!(cache.stats().invalidations, 4);
    }
}

static GATE: Notify = Notify::const_new();
static BEGUN: AtomicU64 = AtomicU64::new(0);

#[cached(ttl = 3600, key = "slow:", skip(cache), cache = cache)]
async fn slow(cache: &Cache) -> u64 {
    BEGUN.fetch_add(1, SeqCst);
    GATE.notified().await;
    7
}

#[tokio::test]
async fn leases_of_loads_that_run_are_released() {
    let server = RedisServer::start();
    let cache = hasty(&server).await;
    let load = tokio::spawn({
        let cache = cache.clone();
        async move { slow(&cache).await }
    });
    eventually(SOON, async || BEGUN.load(SeqCst) == 1, "the load has begun").await;
    assert_eq!(server.keys("*").len(), 1, "its lease");
    let ended = cache.shutdown(SOON).await;
    assert!(ended.is_clean(), "{ended:?}");
    assert_eq!(server.keys("*"), [""; 0]);
    GATE.notify_one();
    assert_eq!(load.await.unwrap(), 7);
    assert_eq!(server.keys("*"), [""; 0], "what it has loaded is not stored");
}

static LOADS: AtomicU64 = AtomicU64::new(0);

/// The second load does not end.
#[cached(ttl = "50ms", stale = "1h", key = "old:", skip(cache), cache = cache)]
async fn old(cache: &Cache) -> u64 {
    let load = LOADS.fetch_add(1, SeqCst);
    if load == 1 {
        std::future::pending::<()>().await;
    }
    load
}

/// Others are served an expired value while somebody loads it anew: nobody does any more.
#[tokio::test]
async fn claims_of_loads_that_run_are_taken_back() {
    let server = RedisServer::start();
    let (cache, other) = (hasty(&server).await, hasty(&server).await);
    old(&cache).await;
    let load = tokio::spawn({
        let cache = cache.clone();
        async move {
            // The entry is fresh for a moment.
            loop {
                old(&cache).await;
            }
        }
    });
    eventually(SOON, async || LOADS.load(SeqCst) == 2, "it is loaded anew").await;
    assert_eq!((old(&other).await, LOADS.load(SeqCst)), (0, 2), "others are served meanwhile");
    let ended = cache.shutdown(SOON).await;
    assert!(ended.is_clean(), "{ended:?}");
    assert_eq!((old(&other).await, LOADS.load(SeqCst)), (2, 3));
    load.abort();
}

#[tokio::test]
async fn afterwards_functions_run_without_the_cache() {
    let server = RedisServer::start();
    for builder in [Cache::builder().redis(server.url()), Cache::builder().memory()] {
        let cache = builder.local(100).build().await.unwrap();
        let part = cache.namespace("part");
        for _ in 0..3 {
            number(&cache, 1).await;
            number(&part, 1).await;
        }
        let before = cache.stats();
        assert_eq!(before.hits, 2);
        assert!(cache.shutdown(SOON).await.is_clean());
        for cache in [&cache, &part] {
            assert_eq!((number(cache, 1).await, number(cache, 2).await), (1, 2));
        }
        let after = cache.stats();
        assert_eq!((after.hits, after.stores), (before.hits, before.stores));
        assert_eq!(after.uncached, before.uncached + 2);
        assert!(cache.set("key", 1, 60).await.unwrap_err().is_unreachable());
        assert_eq!(cache.get::<u64>("key").await.unwrap(), None);
        assert!(!cache.health().await.reachable);
        let clients = || {
            let clients = server.command(&["CLIENT", "LIST"]);
            let clients: String = testkit::redis::from_redis_value(clients).unwrap();
            clients.lines().count()
        };
        eventually(SOON, async || clients() == 1, "only the test's own connection is left").await;
    }
}

#[tokio::test]
async fn a_write_afterwards_is_known_to_have_failed() {
    let server = RedisServer::start();
    let cache = hasty(&server).await;
    assert!(cache.shutdown(SOON).await.is_clean());
    write(&cache, 1).await;
    assert_eq!(cache.stats().failed_invalidations, 1);
    assert!(cache.invalidate("number:*").await.unwrap_err().is_unreachable());
}

#[tokio::test]
async fn a_shutdown_that_nobody_waits_for_goes_on() {
    let server = RedisServer::start();
    let cache = hasty(&server).await;
    stored(&cache, 1).await;
    server.freeze();
    write(&cache, 1).await;
    {
        let mut shutdown = pin!(cache.shutdown(SOON));
        let polled = futures_poll(shutdown.as_mut());
        assert!(polled.is_pending());
    }
    server.thaw();
    let is_gone = async || server.keys("*").is_empty();
    eventually(SOON, is_gone, "the invalidation was delivered").await;
}

fn futures_poll<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
}

/// The connections, and the look at what handles leave for each other, though a clone is still there.
#[tokio::test]
async fn every_task_of_a_handle_ends() {
    let server = RedisServer::start();
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    assert_eq!(tasks(), 0);
    let cache = hasty(&server).await;
    stored(&cache, 1).await;
    assert!(tasks() > 0, "there is something to end");
    assert!(cache.shutdown(SOON).await.is_clean());
    eventually(SOON, async || tasks() == 0, "its tasks have ended").await;
}

#[test]
fn a_blocking_program_ends_its_cache_too() {
    let server = RedisServer::start();
    let cache = block_on(hasty(&server));
    eventually_blocking(SOON, || is_stored(&cache), "there is an entry");
    server.kill();
    block_on(write(&cache, 1));
    server.restart();
    let ended = cache.shutdown_blocking(SOON);
    assert!(ended.is_clean(), "{ended:?}");
    assert_eq!(cache.stats().delivered_late, 1);
}

/// What a handle owes whose last clone was dropped is tried for a while, and then nothing of it
/// lives on.
#[test]
fn the_last_clone_that_is_dropped_ends_the_handle() {
    let server = RedisServer::start();
    let cache = block_on(hasty(&server));
    eventually_blocking(SOON, || is_stored(&cache), "there is an entry");
    server.freeze();
    block_on(write(&cache, 1));
    drop(cache);
    server.thaw();
    let is_gone = || server.keys("*").is_empty();
    eventually_blocking(SOON, is_gone, "the invalidation was delivered");
    let clients = || {
        let clients = server.command(&["CLIENT", "LIST"]);
        let clients: String = testkit::redis::from_redis_value(clients).unwrap();
        clients.lines().count()
    };
    eventually_blocking(SOON, || clients() == 1, "its connection was closed");
}

#[test]
fn what_cannot_be_delivered_ends_some_time_after_the_last_clone() {
    let log = Log::default();
    let _guard = log.listen();
    let server = RedisServer::start();
    let cache = block_on(hasty(&server));
    server.kill();
    block_on(write(&cache, 1));
    drop(cache);
    let is_said = || log.text().contains("undelivered=1");
    eventually_blocking(SOON, is_said, "it was given up");
}

/// A duty of a runtime that stands still, with its caller or without.
#[test]
fn an_invalidation_does_not_wait_for_a_runtime_that_stands_still() {
    for is_dropped in [false, true] {
        let server = RedisServer::start();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let cache = runtime.block_on(hasty(&server));
        runtime.block_on(stored(&cache, 1));
        let key = server.keys("*").remove(0);
        server.freeze();
        let mut call = Some(Box::pin(write(&cache, 1)));
        runtime.block_on(async {
            let call = call.as_mut().unwrap().as_mut();
            assert!(futures_poll(call).is_pending(), "the invalidation is under way");
        });
        if is_dropped {
            call = None;
            let before = cache.stats().uncached;
            block_on(number(&cache, 1));
            assert_eq!(cache.stats().uncached, before + 1, "it is not known to be fresh");
            assert_eq!(block_on(cache.health()).overdue_invalidations, 1, "nobody waits for it");
        }
        server.thaw();
        let is_gone = || server.get_raw(&key).is_none();
        eventually_blocking(
            SOON,
            is_gone,
            "the entry was deleted, though nobody enters the runtime",
        );
        let nothing = || block_on(cache.health()).overdue_invalidations == 0;
        eventually_blocking(SOON, nothing, "nothing is overdue");
        assert!(cache.shutdown_blocking(SOON).took < SOON / 2, "it waits for no caller");
        drop(call);
    }
}
