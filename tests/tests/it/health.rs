//! What a handle says of itself: health, statistics, and how both are written and logged.

use crate::support::SOON;
use cache_runtime::{Cache, Strategy, cached, invalidates};
use std::time::Duration;
use testkit::{Log, RedisServer, eventually};

#[cached(ttl = 60, key = "number:<n>", skip(cache), cache = cache)]
async fn number(cache: &Cache, n: u64) -> u64 {
    n
}

#[invalidates("number:<n>:*", cache = cache)]
async fn write(cache: &Cache, n: u64) {
    _ = n;
}

/// It answers, deletes and shows, and takes no value.
#[tokio::test]
async fn a_full_server_is_not_well_until_there_is_room() {
    let log = Log::default();
    let _guard = log.listen();
    for strategy in [Strategy::Scan, Strategy::Scoped] {
        log.clear();
        let server = RedisServer::builder().maxmemory("100mb", "noeviction").start();
        let builder = Cache::builder().redis(server.url()).budget(SOON).strategy(strategy);
        let cache = builder.build().await.unwrap();
        number(&cache, 1).await;
        assert!(cache.health().await.is_well());
        server.command(&["CONFIG", "SET", "maxmemory", "1"]);
        assert!(cache.health().await.is_well(), "nobody has been refused");
        assert_eq!(number(&cache, 2).await, 2);
        for _ in 0..2 {
            let health = cache.health().await;
            assert!(health.reachable && !health.writable && !health.is_well(), "{health:?}");
            assert!(health.error.as_ref().is_some_and(|error| error.to_string().contains("OOM")));
            assert!(
                format!("{health:?}").contains("writable: false, error: \"Redis answered OOM\"")
            );
        }
        assert!(log.text().contains("Redis answered OOM"), "{}", log.text());
        server.command(&["CONFIG", "SET", "maxmemory", "100mb"]);
        assert!(cache.health().await.is_well(), "it has tried");
        assert!(log.text().contains("WARN cache_runtime: the cache stores values again"));
        assert_eq!(number(&cache, 2).await, 2);
        let mut keys = cache.keys("*").unwrap();
        while let Some(key) = keys.next().await {
            assert!(
                !key.unwrap().contains("probe"),
                "what it has tried is no key of the application's"
            );
        }
    }
}

/// Traffic finds it out, too.
#[tokio::test]
async fn a_store_that_takes_a_value_again_is_well() {
    let log = Log::default();
    let _guard = log.listen();
    let server = RedisServer::builder().maxmemory("100mb", "noeviction").start();
    let cache = Cache::builder().redis(server.url()).budget(SOON).build().await.unwrap();
    server.command(&["CONFIG", "SET", "maxmemory", "1"]);
    number(&cache, 1).await;
    server.command(&["CONFIG", "SET", "maxmemory", "100mb"]);
    number(&cache, 1).await;
    assert_eq!(cache.stats().stores, 1);
    assert!(log.text().contains("WARN cache_runtime: the cache stores values again"));
    server.command(&["CONFIG", "SET", "maxmemory", "1"]);
    assert!(cache.health().await.is_well(), "nobody has been refused since");
}

#[tokio::test]
async fn what_a_handle_says_of_itself_can_be_written_and_read() {
    let server = RedisServer::start();
    let redis = Cache::builder().redis(server.url()).prefix("shop").build().await.unwrap();
    let memory = Cache::builder().prefix("shop").build().await.unwrap();
    for cache in [&redis, &memory] {
        let call = || number(cache, 1);
        eventually(SOON, async || call().await == 1 && cache.stats().hits > 0, "it hits").await;
        let store = cache.store_name();
        let health = cache.health().await;
        let written = serde_json::to_value(&health).unwrap();
        assert_eq!((&written["well"], &written["store"]), (&true.into(), &store.into()));
        assert_eq!(written["overdue_invalidations"], 0);
        assert!(written["error"].is_null() && written["latency_ms"].is_f64(), "{written}");
        let shown = format!("{health:?}");
        let expected = format!("Health {{ well: true, store: \"{store}\", latency: ");
        assert!(shown.starts_with(&expected) && !shown.contains("error"), "{shown}");
        assert_eq!(
            format!("{cache:?}"),
            format!("Cache {{ store: \"{store}\", prefix: \"shop\" }}")
        );
        let stats = cache.stats();
        let written = serde_json::to_value(&stats).unwrap();
        let name = concat!(module_path!(), "::number");
        assert_eq!(written["hits"], stats.hits);
        assert_eq!(written["functions"][name]["stores"], 1);
        let shown = format!("{stats:?}");
        assert!(shown.starts_with("Stats { total: {hits: "), "{shown}");
        assert!(!shown.contains("stale_hits") && !shown.contains("corrupt"), "{shown}");
        cache.shutdown(SOON).await;
        assert!(format!("{cache:?}").ends_with("shut_down: true }"));
    }
}

#[tokio::test]
async fn an_invalidation_that_was_made_up_for_is_counted() {
    let server = RedisServer::start();
    let builder = Cache::builder().redis(server.url()).budget(Duration::from_millis(200));
    let cache = builder.build().await.unwrap();
    server.kill();
    for n in 0..3 {
        write(&cache, n).await;
    }
    let health = cache.health().await;
    assert!(!health.is_well() && health.overdue_invalidations == 3);
    assert_eq!(serde_json::to_value(&health).unwrap()["overdue_invalidations"], 3);
    let stats = cache.stats();
    assert_eq!((stats.failed_invalidations, stats.delivered_late), (3, 0));
    server.restart();
    let is_well = async || cache.health().await.is_well();
    eventually(SOON, is_well, "all were delivered").await;
    assert_eq!(cache.stats().delivered_late, 3);
}
