//! Warnings: one line for each kind and function in a time, with the pattern and never with a
//! value.
//!
//! Every test here listens, so that none silences a line for another.

use crate::support::{SOON, hasty};
use cache_runtime::{Cache, cached, invalidates};
use std::time::Duration;
use testkit::{Log, RedisServer, eventually};

#[cached(ttl = 60, key = "number:<n>", skip(cache), cache = cache)]
async fn number(cache: &Cache, n: u64) -> u64 {
    n
}

#[cached(ttl = 60, key = "text:<n>", skip(cache), cache = cache)]
async fn text(cache: &Cache, n: u64) -> String {
    n.to_string()
}

#[invalidates("number:<n>:*", cache = cache)]
async fn write(cache: &Cache, n: u64) {
    _ = n;
}

#[invalidates("text:<n>:*", number(n), cache = cache)]
async fn write_text(cache: &Cache, n: u64) {
    _ = n;
}

#[invalidates("rare:<secret>:*", cache = cache)]
async fn write_rarely(cache: &Cache, secret: &str) {
    _ = secret;
}

fn lines(log: &Log, what: &[&str]) -> usize {
    let text = log.text();
    text.lines().filter(|line| what.iter().all(|part| line.contains(part))).count()
}

/// Measured once: 6,005 lines for 1,194 writes.
#[tokio::test]
async fn a_server_that_is_away_floods_no_log() {
    let log = Log::default();
    let _guard = log.listen();
    let server = RedisServer::start();
    let cache = hasty(&server).await;
    server.kill();
    for n in 5_000..5_200 {
        write(&cache, n).await;
        write_text(&cache, n).await;
        assert_eq!(number(&cache, n).await, n);
    }
    write_rarely(&cache, "hunter2").await;
    assert_eq!(cache.stats().failed_invalidations, 601);
    let failed = "an invalidation failed";
    for (function, pattern) in [
        ("it::logs::write", "number:<_>:*"),
        ("it::logs::write_text", "text:<_>:*"),
        ("it::logs::write_rarely", "rare:<_>:*"),
    ] {
        let function = format!("function=\"{function}\"");
        assert_eq!(lines(&log, &[failed, &function]), 1, "{}", log.text());
        assert_eq!(lines(&log, &[failed, &function, pattern]), 1, "{}", log.text());
    }
    assert!(lines(&log, &[]) < 10, "{}", log.text());
    for value in ["hunter2", "number:5", "text:5"] {
        assert!(!log.text().contains(value), "{}", log.text());
    }
    cache.shutdown(Duration::ZERO).await;
    let more = "more warnings of this kind were not logged";
    assert_eq!(lines(&log, &[more, "logs::write\"", "suppressed=199"]), 1, "{}", log.text());
    assert_eq!(lines(&log, &[more, "logs::write_text\"", "suppressed=399"]), 1, "{}", log.text());
    assert_eq!(lines(&log, &[more, "write_rarely"]), 0, "{}", log.text());
}

#[tokio::test]
async fn what_is_over_is_logged_as_loudly_as_it_began() {
    let log = Log::default();
    let _guard = log.listen();
    let server = RedisServer::start();
    let cache = hasty(&server).await;
    server.kill();
    write(&cache, 1).await;
    write(&cache, 2).await;
    eventually(SOON, async || lines(&log, &["WARN", "an invalidation failed"]) == 1, "").await;
    server.restart();
    let made_up = ["WARN", "all invalidations that had failed have been made up for"];
    eventually(SOON, async || lines(&log, &made_up) == 1, "they were made up for").await;
    assert_eq!(cache.health().await.overdue_invalidations, 0);
}

/// A connection's lines come from its runtime.
#[tokio::test]
async fn the_return_of_a_server_is_a_warning_like_its_absence() {
    let log = Log::default();
    let _guard = log.listen();
    let server = RedisServer::start();
    server.kill();
    let cache = Cache::builder().redis(server.url()).build().await.unwrap();
    let away = ["WARN", "Redis is away"];
    // A runtime of one thread has a second connection, for its invalidations.
    let is_logged = |what: &[&str]| (1..=2).contains(&lines(&log, what));
    eventually(SOON, async || is_logged(&away), "its absence was logged").await;
    server.restart();
    let back = ["WARN", "Redis is back"];
    eventually(SOON, async || is_logged(&back), "its return was logged").await;
    drop(cache);
}

/// A frequent fault of one function hides no other one.
#[tokio::test]
async fn each_function_has_its_own_warnings() {
    let log = Log::default();
    let _guard = log.listen();
    let server = RedisServer::builder().maxmemory("1", "noeviction").start();
    let cache = Cache::builder().redis(server.url()).budget(SOON).build().await.unwrap();
    for n in 0..20 {
        number(&cache, n).await;
    }
    assert_eq!(text(&cache, 1).await, "1");
    for function in ["it::logs::number", "it::logs::text"] {
        let function = format!("function=\"{function}\"");
        assert_eq!(lines(&log, &["the cache failed", "OOM", &function]), 1, "{}", log.text());
    }
}
