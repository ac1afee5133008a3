//! A cached function that calls another one, while a pass looks for the entry of the inner one.

use cache_runtime::{Cache, bypass, cached, invalidates};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use testkit::RedisServer;

/// Enough that without what is tested here some of them show it, wherever the keys stand.
const WRITES: u64 = 20;

static DATABASE: AtomicU64 = AtomicU64::new(0);

static BOARD_POINTS: AtomicU64 = AtomicU64::new(0);

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

/// Enough that the entry of one inner function stands behind that of its outer one, wherever the keys stand.
const BOARDS: u64 = 12;

#[cached(key = "board:<board>")]
async fn board(board: u64) -> u64 {
    board + BOARD_POINTS.load(Ordering::SeqCst)
}

#[cached(key = "wall:<number>")]
async fn wall(number: u64) -> u64 {
    board(number).await
}

/// Reads all walls.
async fn walls() -> Vec<u64> {
    let mut walls = Vec::new();
    for number in 0..BOARDS {
        walls.push(wall(number).await - number);
    }
    walls
}

#[invalidates("board:*", "wall:*")]
async fn set_boards(points: u64) {
    BOARD_POINTS.store(points, Ordering::SeqCst);
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

/// The same where the write names both by patterns: which keys come first in a pass is up to the server.
#[tokio::test(flavor = "multi_thread")]
async fn what_patterns_alone_name_goes_with_it() {
    let server = RedisServer::start();
    let fill = "for n = 1, 20000 do redis.call('SET', 'other:' .. n, 1) end";
    server.command(&["EVAL", fill, "0"]);
    let cache = Cache::builder().redis(server.url()).build().await.unwrap();
    let test = async {
        for number in 1..=WRITES {
            walls().await;
            let is_over = AtomicBool::new(false);
            let reading = async {
                while !is_over.load(Ordering::SeqCst) {
                    walls().await;
                }
            };
            let writing = async {
                set_boards(number).await;
                is_over.store(true, Ordering::SeqCst);
            };
            tokio::join!(reading, writing);
            assert!(walls().await.into_iter().all(|points| points == number));
        }
    };
    cache.scope(test).await;
}
