//! A cached function that calls another one, while a pass looks for the entry of the inner one.

use cache_runtime::{Cache, bypass, cached, invalidates};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tests::RedisServer;

/// Enough that without what is tested here some of them show it, wherever the keys stand.
const WRITES: u64 = 20;

static DATABASE: AtomicU64 = AtomicU64::new(0);

#[cached(key = "points:")]
async fn points() -> u64 {
    DATABASE.load(Ordering::SeqCst)
}

#[cached(key = "front:")]
async fn front() -> u64 {
    points().await
}

#[cached(key = "careful:")]
async fn careful() -> u64 {
    bypass(points()).await
}

#[invalidates("points:*", "careful:*", front())]
async fn set_points(points: u64) {
    DATABASE.store(points, Ordering::SeqCst);
}

/// Has others read all the while.
async fn write_among_readers(points: u64) {
    let is_over = AtomicBool::new(false);
    let reading = async {
        while !is_over.load(Ordering::SeqCst) {
            front().await;
            careful().await;
        }
    };
    let writing = async {
        set_points(points).await;
        is_over.store(true, Ordering::SeqCst);
    };
    tokio::join!(reading, writing);
}

/// As it was found: a front page that was made during the pass, of the points that the pass had not reached yet, stayed for its TTL.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_loaded_through_an_entry_that_the_pass_had_not_reached_goes_with_it() {
    let server = RedisServer::start();
    let fill = "for n = 1, 20000 do redis.call('SET', 'other:' .. n, 1) end";
    server.command(&["EVAL", fill, "0"]);
    let cache = Cache::builder().redis(server.url()).build().await.unwrap();
    let test = async {
        for number in 1..=WRITES {
            points().await;
            write_among_readers(number).await;
            assert_eq!((front().await, careful().await), (number, number));
        }
    };
    cache.scope(test).await;
}
