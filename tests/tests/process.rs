//! What a whole process logs, and what it counts: in `it`, all other tests would log and count with these.

use std::time::Duration;

use cache_runtime::{Cache, cached, invalidates, invalidations_without_handle};
use testkit::{BlackHole, ErrorServer, Log, RedisServer, free_port};
use tracing::Level;

/// No string that occurs by chance.
const SECRET: &str = "hunter2-hunter2";

#[cached(ttl = 60, key = "square:<n>", skip(cache), cache = cache)]
async fn square(cache: &Cache, n: u64) -> Option<u64> {
    Some(n * n)
}

#[cached(ttl = 60, key = "cube:<n>", skip(cache), cache = cache)]
fn cube(cache: &Cache, n: u64) -> Option<u64> {
    Some(n * n * n)
}

#[invalidates("square:<n>:*", cache = cache)]
async fn forget_square(cache: &Cache, n: u64) -> u64 {
    n
}

#[tokio::test]
async fn passwords_never_show() {
    let log = Log::default();
    log.listen_everywhere(Level::TRACE);
    let echo = format!("ERR unknown command 'AUTH', with args beginning with: '{SECRET}'");
    let (echoing, mute) = (ErrorServer::start(&echo), BlackHole::start());
    let polite = ErrorServer::after_handshake(&echo);
    let tls = RedisServer::builder().tls().start();
    let right = RedisServer::builder().password("another").start();
    let mut shown = Vec::new();
    for url in [
        format!("redis://:{SECRET}@127.0.0.1:{}", echoing.port()),
        format!("redis://{SECRET}:{SECRET}@127.0.0.1:{}/3", echoing.port()),
        format!("redis://:{SECRET}@127.0.0.1:{}", polite.port()),
        format!("redis://:{SECRET}@127.0.0.1:{}", mute.port()),
        format!("redis://:{SECRET}@127.0.0.1:{}", free_port()),
        format!("redis://:{SECRET}@127.0.0.1:{}", right.port()),
        format!("rediss://:{SECRET}@127.0.0.1:{}", tls.port()),
        format!("redis://:{SECRET}@127.0.0.1:{}/999", right.port()),
        format!("unix:///nowhere?pass={SECRET}"),
    ] {
        let builder = Cache::builder().redis(&url).connect_timeout(Duration::from_millis(200));
        shown.push(format!("{builder:?}"));
        let cache = builder.build().await.unwrap();
        assert_eq!(square(&cache, 3).await, Some(9));
        assert_eq!(cube(&cache, 3), Some(27));
        forget_square(&cache, 3).await;
        let error = cache.get::<u8>("k").await.unwrap_err();
        let (health, stats) = (cache.health().await, cache.stats());
        shown.push(format!("{cache:?} {error} {error:?} {health:?} {stats:?}"));
    }
    for url in [format!("redis://:{SECRET}/@h"), format!("redis://h/{SECRET}"), SECRET.to_owned()] {
        let error = Cache::builder().redis(&url).build().await.unwrap_err();
        assert!(error.is_config());
        shown.push(format!("{error} {error:?}"));
    }
    for server in [
        RedisServer::builder().password(SECRET).start(),
        RedisServer::builder().unix_socket().user("shop", SECRET).start(),
    ] {
        let cache = Cache::builder().redis(server.url()).build().await.unwrap();
        cache.set("k", 1, 60).await.unwrap();
        shown.push(format!("{cache:?} {:?}", cache.health().await));
    }
    let log = log.text();
    assert!(log.contains("Redis is away"), "the log is collected");
    let shown = shown.iter().map(String::as_str).chain(log.lines());
    let leaks: Vec<_> = shown.filter(|text| text.contains(SECRET)).collect();
    assert_eq!(leaks, [""; 0]);
}

#[invalidates("number:*")]
async fn write_without_handle() {}

#[tokio::test]
async fn an_invalidation_without_a_handle_is_counted() {
    write_without_handle().await;
    assert_eq!(invalidations_without_handle(), 0, "this process has no handle in scope");
    let cache = Cache::builder().build().await.unwrap();
    let lost = async {
        for _ in 0..2 {
            tokio::spawn(write_without_handle()).await.unwrap();
        }
        write_without_handle().await;
    };
    cache.scope(lost).await;
    assert_eq!(invalidations_without_handle(), 2);
}
