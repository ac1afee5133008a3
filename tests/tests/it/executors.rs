//! Executors that are not tokio's, and tokio runtimes without timers: nothing of the cache panics in a user's function there.

use crate::support::SOON;
use cache_runtime::{Cache, Source, cached, invalidates, key, observe};
use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::task::Poll;
use std::thread;
use std::time::Duration;
use testkit::{RedisServer, block_on, eventually_blocking};
use tokio::runtime::Builder;

/// Longer than the TTL of one millisecond.
const EXPIRED: Duration = Duration::from_millis(2);

/// A tokio runtime in which timers panic.
fn without_timers<F: Future>(future: F) -> F::Output {
    Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

/// A tokio runtime in which sockets panic.
fn without_sockets<F: Future>(future: F) -> F::Output {
    Builder::new_current_thread().enable_time().build().expect("a runtime").block_on(future)
}

/// What is loaded, and how.
#[derive(Default)]
struct Database {
    loads: AtomicU64,
    hangs: AtomicBool,
    fails: AtomicBool,
}

impl Database {
    /// A load that awaits something of no runtime.
    async fn load(&self) -> Result<u64, &'static str> {
        let number = self.loads.fetch_add(1, SeqCst) + 1;
        let mut is_second = false;
        let hangs = self.hangs.load(SeqCst);
        poll_fn(|context| {
            if std::mem::replace(&mut is_second, true) && !hangs {
                return Poll::Ready(());
            }
            if !hangs {
                context.waker().wake_by_ref();
            }
            Poll::Pending
        })
        .await;
        if self.fails.load(SeqCst) { Err("the load fails") } else { Ok(number) }
    }
}

#[cached(ttl = "1ms", stale = "1h", stale_if_error = "2h", wait = "50ms", skip(source))]
async fn stale(source: &Database, id: u8) -> Result<u64, &'static str> {
    source.load().await
}

#[cached(ttl = "1ms", stale_if_error = "1h", wait = "50ms", skip(source))]
async fn spare(source: &Database, id: u8) -> Result<u64, &'static str> {
    source.load().await
}

#[cached(ttl = "1m", early = 1.0, key = "early", skip(source))]
async fn early(source: &Database, id: u8) -> Result<u64, &'static str> {
    source.load().await
}

#[cached(ttl = "1m", each = ids, skip(source))]
async fn each(source: &Database, ids: &[u8]) -> Result<HashMap<u8, u64>, &'static str> {
    let number = source.load().await?;
    Ok(ids.iter().map(|id| (*id, number)).collect())
}

#[invalidates("early:*", each(&1), each(&2), again_after = "1ms")]
async fn write(source: &Database) -> Result<u64, &'static str> {
    source.load().await
}

#[invalidates(each(source, &[1]), early(source, id), refresh)]
async fn write_and_refresh(source: &Database, id: u8) -> Result<u64, &'static str> {
    source.load().await
}

/// Expires, is loaded anew, fails, and takes long; each answer is one of a load.
async fn near_the_end_of_its_time(
    cache: &Cache,
    call: impl AsyncFn(&Database) -> Result<u64, &'static str>,
) {
    let database = Database::default();
    let seen = async || cache.scope(observe(call(&database))).await;
    assert_eq!(seen().await.0, Ok(1));
    thread::sleep(EXPIRED);
    assert_eq!(seen().await.0, Ok(2), "loaded anew");
    thread::sleep(EXPIRED);
    database.hangs.store(true, SeqCst);
    let (served, observed) = seen().await;
    assert_eq!((served, observed.last), (Ok(2), Some(Source::Stale)), "after its patience");
    database.hangs.store(false, SeqCst);
    database.fails.store(true, SeqCst);
    assert_eq!(seen().await.0, Ok(2), "in place of the error");
}

/// Everything else that may need a timer.
async fn the_rest(cache: &Cache) {
    let database = Database::default();
    let work = async {
        assert_eq!(early(&database, 1).await, Ok(1));
        assert_eq!(early(&database, 1).await, Ok(1));
        assert_eq!(each(&database, &[1, 2]).await.map(|found| found.len()), Ok(2));
        assert_eq!(write(&database).await, Ok(3));
        assert_eq!(write_and_refresh(&database, 1).await, Ok(4));
        assert!(key!(early(1)).is_some());
    };
    cache.scope(work).await;
    cache.set("k", 1, 60).await.unwrap();
    assert_eq!(cache.get::<u8>("k").await.unwrap(), Some(1));
    assert!(cache.ttl("k").await.is_ok());
    cache.invalidate("*").await.unwrap();
    cache.clear().await.unwrap();
    assert!(cache.health().await.error.is_none());
}

macro_rules! on_executors {
    ($($executor:ident;)*) => {$(
        mod $executor {
            use super::*;

            #[test]
            fn in_process() {
                super::$executor(async {
                    let cache = Cache::builder().memory().build().await.unwrap();
                    near_the_end_of_its_time(&cache, async |db| stale(db, 1).await).await;
                    near_the_end_of_its_time(&cache, async |db| spare(db, 1).await).await;
                    the_rest(&cache).await;
                });
            }

            #[test]
            fn on_redis() {
                let server = RedisServer::start();
                super::$executor(async {
                    let cache = Cache::builder().redis(server.url()).build().await.unwrap();
                    eventually_blocking(
                        SOON,
                        || block_on(cache.set("k", 1, 60)).is_ok(),
                        "the cache is connected",
                    );
                    near_the_end_of_its_time(&cache, async |db| stale(db, 1).await).await;
                    near_the_end_of_its_time(&cache, async |db| spare(db, 1).await).await;
                    the_rest(&cache).await;
                });
            }
        }
    )*};
}

on_executors! {
    block_on;
    without_timers;
    without_sockets;
}
