//! Code of the application that the cache runs, as `Drop` and `Clone` of values and errors: never under a lock of the cache, and never on a
//! thread that others wait for. Such code may take locks, and may call cached functions.
//!
//! Each scene runs in a thread of its own, so that a process that stands still for ever fails one test.

use crate::support::{SOON, current_thread};
use cache_runtime::{Cache, cached};
use serde::{Deserialize, Serialize};
use std::cell::Cell;
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, mpsc};
use std::task::{Context, Waker};
use std::thread;
use std::time::Duration;
use testkit::{RedisServer, eventually, eventually_blocking};
use tokio::runtime::Builder;

/// Runs a scene that has to end.
fn ends<T: Send + 'static>(what: &str, scene: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, ended) = mpsc::channel();
    thread::spawn(move || done.send(scene()));
    ended.recv_timeout(2 * SOON).unwrap_or_else(|_| panic!("{what} stands still"))
}

/// What an application is made of: a lock, and a handle of its own.
struct Application {
    lock: Mutex<()>,
    cache: OnceLock<Cache>,
    /// How often a value has asked for the lock, and how often it got through.
    asked: AtomicU64,
    dropped: AtomicU64,
}

thread_local! {
    /// Whether this thread has the lock, or shall not take it.
    static HOLDS: Cell<bool> = const { Cell::new(false) };
}

impl Application {
    const fn new() -> Self {
        Self {
            lock: Mutex::new(()),
            cache: OnceLock::new(),
            asked: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
        }
    }

    fn lock(&self) -> MutexGuard<'_, ()> {
        self.lock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cache(&self) -> &Cache {
        self.cache.get().expect("the scene has begun")
    }

    /// What its values do when they go: take the lock, and ask a cached function.
    fn goes(&'static self) {
        if !HOLDS.get() {
            self.asked.fetch_add(1, SeqCst);
            drop(self.lock());
        }
        if let Some(cache) = self.cache.get() {
            small(cache, 1);
        }
        self.dropped.fetch_add(1, SeqCst);
    }
}

#[cached(ttl = "1h", skip(cache), cache = cache)]
fn small(cache: &Cache, id: u64) -> u64 {
    id
}

#[cached(ttl = "1h", skip(cache), cache = cache)]
async fn small_async(cache: &Cache, id: u64) -> u64 {
    id
}

/// A value, or an error, that has to do with its application when it goes.
macro_rules! of_an_application {
    ($name:ident, $application:ident) => {
        static $application: Application = Application::new();

        #[derive(Debug, PartialEq, Serialize, Deserialize)]
        struct $name(u64);

        impl Clone for $name {
            fn clone(&self) -> Self {
                $application.goes();
                Self(self.0)
            }
        }

        impl Drop for $name {
            fn drop(&mut self) {
                $application.goes();
            }
        }
    };
}

of_an_application!(Evicted, EVICTED);

#[cached(ttl = "1h", skip(cache), cache = cache)]
async fn evicted(cache: &Cache, id: u64, size: usize) -> (Arc<Evicted>, String) {
    (Arc::new(Evicted(id)), "x".repeat(size))
}

/// A tier under one lock, which keeps each value at the second call.
fn tier(server: &RedisServer) -> Cache {
    let builder = Cache::builder().redis(server.url()).budget(SOON).connect_timeout(SOON);
    let builder = builder.local(100).local_bytes(80_000).local_cap(Duration::from_secs(3600));
    current_thread().block_on(builder.build()).unwrap()
}

#[test]
fn a_value_that_is_evicted_with_others() {
    let server = RedisServer::start();
    _ = EVICTED.cache.set(tier(&server));
    ends("an eviction", || {
        current_thread().block_on(async {
            let cache = EVICTED.cache();
            for round in 0..3 {
                for id in 0..100 {
                    for _ in 0..3 {
                        evicted(cache, id, 10).await;
                    }
                }
                // In the place of many.
                for _ in 0..3 {
                    evicted(cache, 1000 + round, 10_000).await;
                }
            }
        });
    });
    assert!(EVICTED.dropped.load(SeqCst) > 100);
}

of_an_application!(Flushed, FLUSHED);

#[cached(ttl = "1h", skip(cache), cache = cache)]
async fn flushed(cache: &Cache, id: u64) -> Arc<Flushed> {
    Arc::new(Flushed(id))
}

/// The thread that hears of changes waits for nobody, and holds nothing.
#[test]
fn a_value_that_is_flushed() {
    ends("to be flushed", flush_values);
}

fn flush_values() {
    let server = RedisServer::start();
    _ = FLUSHED.cache.set(tier(&server));
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    for disturb in [RedisServer::flush, |server: &RedisServer| {
        server.kill();
        server.restart();
    }] {
        runtime.block_on(async {
            eventually(
                SOON,
                async || {
                    // Other functions are called when a value goes.
                    let hits =
                        || FLUSHED.cache().stats().functions["it::user_code::flushed"].local_hits;
                    flushed(FLUSHED.cache(), 1).await;
                    let kept = hits();
                    flushed(FLUSHED.cache(), 1).await;
                    hits() > kept
                },
                "the value is kept in process",
            )
            .await;
        });
        let dropped = FLUSHED.dropped.load(SeqCst);
        // The application has it meanwhile.
        let held = FLUSHED.lock();
        disturb(&server);
        eventually_blocking(
            SOON,
            || {
                runtime.block_on(async {
                    FLUSHED.cache().set("k", 1, 60).await.is_ok()
                        && small_async(FLUSHED.cache(), 2).await == 2
                })
            },
            "the cache is of use again",
        );
        assert_eq!(FLUSHED.dropped.load(SeqCst), dropped, "it waits for the lock");
        drop(held);
        eventually_blocking(SOON, || FLUSHED.dropped.load(SeqCst) > dropped, "the value has gone");
    }
}

of_an_application!(Fault, FAULT);

static IS_OPEN: AtomicBool = AtomicBool::new(false);

#[cached(ttl = "1h", skip(cache), cache = cache, key = "failing:<id>")]
async fn failing(cache: &Cache, id: u64) -> Result<u64, Fault> {
    while !IS_OPEN.load(SeqCst) {
        tokio::task::yield_now().await;
    }
    Err(Fault(id))
}

/// The bridge has one thread, on which each blocking call in the process depends.
#[test]
fn an_error_that_nobody_takes() {
    let server = RedisServer::start();
    let builder = Cache::builder().redis(server.url()).budget(SOON).connect_timeout(SOON);
    _ = FAULT.cache.set(current_thread().block_on(builder.build()).unwrap());
    for is_invalidated in [true, false] {
        IS_OPEN.store(false, SeqCst);
        let asked = FAULT.asked.load(SeqCst);
        let server = server.url();
        let held = FAULT.lock();
        ends("a failed load", move || {
            HOLDS.set(true);
            current_thread().block_on(async {
                let cache = FAULT.cache();
                let misses = cache.stats().misses;
                let leader = tokio::spawn(failing(cache, 1));
                eventually(SOON, async || cache.stats().misses > misses, "it loads").await;
                let mut listener = Box::pin(failing(cache, 1));
                // Nothing tells that a caller waits.
                let given_up = tokio::time::timeout(Duration::from_millis(100), &mut listener);
                assert!(given_up.await.is_err(), "it waits for the load");
                // A copy of the error is made for every caller that ever waited. The last one to leave has it,
                // so that the caller who gives up leaves before the load ends.
                let _waits = is_invalidated.then_some(listener);
                if is_invalidated {
                    let other = Cache::builder().redis(&server).build().await.unwrap();
                    other.invalidate("failing:*").await.unwrap();
                }
                IS_OPEN.store(true, SeqCst);
                drop(leader.await.unwrap());
            });
        });
        eventually_blocking(SOON, || FAULT.asked.load(SeqCst) > asked, "a copy goes");
        assert_eq!(ends("a blocking call", || small(FAULT.cache(), 7)), 7);
        drop(held);
    }
}

of_an_application!(Shared, SHARED);

static SHARED_IS_OPEN: AtomicBool = AtomicBool::new(false);

#[cached(ttl = "1h", skip(cache), cache = cache, key = "shared:<id>")]
async fn shared(cache: &Cache, id: u64) -> Result<u64, Shared> {
    while !SHARED_IS_OPEN.load(SeqCst) {
        tokio::task::yield_now().await;
    }
    Err(Shared(id))
}

/// One copies it while it waits for the lock that another one holds, who copies it, too.
#[test]
fn an_error_that_two_copy() {
    let runtime = current_thread();
    _ = SHARED.cache.set(runtime.block_on(Cache::builder().memory().build()).unwrap());
    let cache = SHARED.cache();
    let call = |waits: bool| {
        move || {
            HOLDS.set(!waits);
            current_thread().block_on(shared(cache, 1)).unwrap_err();
        }
    };
    let leader = thread::spawn(call(false));
    eventually_blocking(SOON, || cache.stats().misses > 0, "it loads");
    HOLDS.set(true);
    let held = SHARED.lock();
    let mut own = Box::pin(shared(cache, 1));
    assert!(
        runtime
            .block_on(async { own.as_mut().poll(&mut Context::from_waker(Waker::noop())) })
            .is_pending()
    );
    let other = thread::spawn(call(true));
    // The follower joins the load, or will copy no error.
    thread::sleep(Duration::from_millis(100));
    SHARED_IS_OPEN.store(true, SeqCst);
    eventually_blocking(SOON, || SHARED.asked.load(SeqCst) > 0, "the other one copies");
    ends("to copy an error", move || {
        HOLDS.set(true);
        runtime.block_on(own).unwrap_err();
    });
    drop(held);
    leader.join().unwrap();
    other.join().unwrap();
}
