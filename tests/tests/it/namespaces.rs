//! `Cache::namespace`: handles under longer prefixes, on one store.

use crate::support::strategy;
use cache_runtime::{Cache, CacheBuilder, cached};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use testkit::RedisServer;

#[cached(ttl = 60, key = "number:<id>", skip(source))]
async fn number(source: &AtomicU64, id: u64) -> u64 {
    source.fetch_add(1, SeqCst) + id
}

/// The value of one call on a handle.
async fn on(cache: &Cache, source: &AtomicU64) -> u64 {
    cache.scope(number(source, 0)).await
}

fn builders(server: &RedisServer) -> [CacheBuilder; 4] {
    let redis = || Cache::builder().redis(server.url()).strategy(strategy());
    [redis(), redis().local(100), Cache::builder().memory(), Cache::builder().memory().local(100)]
}

#[tokio::test(flavor = "multi_thread")]
async fn each_namespace_has_entries_of_its_own() {
    let server = RedisServer::start();
    for builder in builders(&server) {
        server.flush();
        let root = builder.build().await.unwrap();
        let (eu, us) = (root.namespace("eu"), root.namespace("us"));
        let handles = [&root, &eu, &us, &eu.namespace("us"), &root.namespace("eu:us")];
        let source = AtomicU64::new(0);
        for _ in 0..4 {
            for (expected, cache) in handles.iter().enumerate() {
                assert_eq!(on(cache, &source).await, expected as u64, "{}", cache.prefix());
            }
        }
        assert_eq!(eu.prefix(), "cache:eu");
        assert_eq!(root.namespace("eu:us").prefix(), "cache:eu%3Aus");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_namespace_is_cleared_alone_and_a_handle_with_its_namespaces() {
    let server = RedisServer::start();
    for builder in builders(&server) {
        server.flush();
        let root = builder.build().await.unwrap();
        let (eu, us) = (root.namespace("eu"), root.namespace("us"));
        let source = AtomicU64::new(0);
        let mut seen = Vec::new();
        for cache in [&root, &eu, &us] {
            on(cache, &source).await;
            on(cache, &source).await;
            on(cache, &source).await;
        }
        eu.clear().await.unwrap();
        for cache in [&root, &eu, &us] {
            seen.push(on(cache, &source).await);
        }
        assert_eq!(seen, [0, 3, 2], "only one loads anew");
        eu.invalidate("number:*").await.unwrap();
        us.namespace("*").clear().await.unwrap();
        assert_eq!((on(&eu, &source).await, on(&us, &source).await), (4, 2));
        root.invalidate("eu:*").await.unwrap();
        assert_eq!((on(&eu, &source).await, on(&us, &source).await), (5, 2));
        root.clear().await.unwrap();
        for (expected, cache) in [(6, &root), (7, &eu), (8, &us)] {
            assert_eq!(on(cache, &source).await, expected);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_namespace_counts_for_itself_and_is_one_by_its_name() {
    let root = Cache::builder().memory().build().await.unwrap();
    let source = AtomicU64::new(0);
    let (one, same) = (root.namespace("eu"), root.namespace("eu"));
    on(&one, &source).await;
    on(&same, &source).await;
    assert_eq!((one.stats().hits, same.stats().misses, root.stats().misses), (1, 1, 0));
    assert_eq!(root.namespace("").prefix(), "cache:");
    one.set("key", 1, 60).await.unwrap();
    assert_eq!(root.get::<u64>("eu:key").await.unwrap(), Some(1));
    assert_eq!(root.get::<u64>("key").await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalidation_that_failed_counts_in_every_namespace() {
    let server = RedisServer::start();
    let root = Cache::builder().redis(server.url()).build().await.unwrap();
    let eu = root.namespace("eu");
    let source = AtomicU64::new(0);
    on(&eu, &source).await;
    server.freeze();
    assert!(root.invalidate("eu:*").await.is_err());
    server.thaw();
    assert_eq!(on(&eu, &source).await, 1, "what is stored there is not trusted");
}
