//! What the embedded store has no room for: whoever stores by hand is told, a load that could not be stored is counted.

use std::collections::HashMap;

use cache_runtime::{Cache, CacheBuilder, cached, prime};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

/// The least that a handle takes; it has room for values of some kilobytes.
fn small() -> CacheBuilder {
    Cache::builder().memory_capacity(16 << 10).max_entry_size(8 << 20)
}

/// A value that is no room for in a small store.
fn too_large() -> String {
    "x".repeat(32 << 10)
}

/// A small store: called directly, and behind a layer, where it is one like any other.
async fn both() -> [Cache; 2] {
    let direct = small().build().await.unwrap();
    [direct, small().layer(|store| store).build().await.unwrap()]
}

#[tokio::test]
async fn a_value_that_is_too_large_is_an_error_alone_and_among_others() {
    for cache in both().await {
        cache.set("large", "an earlier one", 60).await.unwrap();
        let alone = cache.set("large", too_large(), 60).await.unwrap_err();
        assert!(alone.is_codec() && alone.to_string().contains("no room"), "{alone}");
        assert_eq!(cache.get::<String>("large").await.unwrap(), None, "it was to be replaced");
        let values = [("a", "1".to_owned()), ("large", too_large()), ("b", "2".to_owned())];
        let among = cache.set_many(values, 60).await.unwrap_err();
        assert!(among.is_codec(), "{among}");
        assert!(among.to_string().contains("1 of 3 values"), "{among}");
        let stored: Vec<Option<String>> = cache.get_many(["a", "large", "b"]).await.unwrap();
        assert_eq!(stored, [Some("1".into()), None, Some("2".into())]);
        assert_eq!(cache.stats().errors, 2);
    }
}

#[tokio::test]
async fn values_that_are_too_many_for_the_store_are_an_error() {
    for cache in both().await {
        let value = "x".repeat(1 << 10);
        let all = (0..100).map(|n| (n.to_string(), &value));
        let error = cache.set_many(all, 60).await.unwrap_err().to_string();
        let stored = cache.get_many::<String>((0..100).map(|n| n.to_string())).await.unwrap();
        let missing = stored.iter().filter(|value| value.is_none()).count();
        assert!(missing > 80, "{missing}");
        assert!(error.contains(&format!("{missing} of 100 values")), "{error}");
    }
}

#[tokio::test]
async fn a_key_that_comes_twice_holds_its_last_value_and_is_no_error() {
    for cache in both().await {
        let values = (0..1000).map(|n| ("key", n));
        cache.set_many(values, 60).await.unwrap();
        assert_eq!(cache.get::<u32>("key").await.unwrap(), Some(999));
    }
}

#[tokio::test]
async fn what_is_stored_later_may_evict_what_was_stored_and_is_no_error() {
    for cache in both().await {
        for n in 0..100 {
            cache.set(n.to_string(), "x".repeat(1 << 10), 60).await.unwrap();
            assert!(cache.contains(n.to_string()).await.unwrap(), "{n}");
        }
    }
}

#[cached(key = "large:<id>")]
async fn large(id: u32) -> String {
    too_large() + &id.to_string()
}

#[cached(key = "alone:<id>", single_flight = false)]
async fn alone(id: u32) -> String {
    too_large() + &id.to_string()
}

#[cached(key = "each:<ids>", each = ids)]
async fn each(ids: &[u32]) -> HashMap<u32, String> {
    ids.iter().map(|id| (*id, too_large())).collect()
}

#[cached(key = "primed:<id>")]
async fn primed(id: u32) -> String {
    id.to_string()
}

#[tokio::test]
async fn a_load_whose_value_has_no_room_is_counted_however_it_was_made() {
    let cache = small().build().await.unwrap();
    let skipped = || cache.stats().skipped;
    let calls = async {
        large(1).await;
        assert_eq!(skipped(), 1);
        alone(1).await;
        assert_eq!(skipped(), 2, "without a flight");
        each(&[1, 2]).await;
        assert_eq!(skipped(), 4, "element by element");
        assert!(prime!(primed(1), &too_large()).await.unwrap_err().is_codec());
    };
    cache.scope(calls).await;
    assert_eq!((cache.stats().stores, cache.stats().rejected_fills), (0, 0));
}

#[cached(key = "wide:<id>", skip(barrier))]
async fn wide(id: u32, barrier: &Barrier) -> String {
    barrier.wait().await;
    "x".repeat(100_000) + &id.to_string()
}

/// Each takes its lease while there is room, and fills it when all have been loaded.
#[tokio::test]
async fn loads_that_end_at_once_keep_the_bound() {
    const LOADS: u32 = 1000;
    let cache = Cache::builder().memory_capacity(8 << 20).build().await.unwrap();
    let barrier = std::sync::Arc::new(Barrier::new(LOADS as usize));
    let mut calls = JoinSet::new();
    for id in 0..LOADS {
        let barrier = std::sync::Arc::clone(&barrier);
        calls.spawn(cache.scope(async move { wide(id, &barrier).await.len() }));
    }
    calls.join_all().await;
    let mut keys = cache.keys("*").unwrap();
    let (mut stored, mut bytes) = (0, 0);
    while let Some(key) = keys.next().await {
        let value = cache.scope(async { cache.ttl(key.unwrap()).await }).await.unwrap();
        (stored, bytes) = (stored + 1, bytes + if value.is_some() { 100_000 } else { 0 });
    }
    assert!(stored > 20, "{stored} values stay");
    assert!(bytes <= 8 << 20, "{stored} values: {bytes} bytes");
}
