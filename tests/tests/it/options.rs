//! What each option of the attributes does.

use crate::support::memory_with_ttl;
use cache_runtime::{Cache, Ttl, cached, invalidates};
use std::time::Duration;

/// The time to live of the only entry, in whole seconds, rounded up; `None` without end.
async fn only_ttl(cache: &Cache) -> Option<u64> {
    let mut keys = cache.keys("*").unwrap();
    let key = keys.next().await.expect("one entry is stored").unwrap();
    assert!(keys.next().await.is_none(), "only one entry is stored");
    let left = cache.ttl(key).await.unwrap()?;
    u64::try_from(left.as_millis().div_ceil(1000)).ok()
}

struct Settings {
    ttl: Duration,
    cache: Cache,
}

impl Settings {
    #[cached(ttl = self.ttl, skip(self))]
    async fn by_field(&self) -> u8 {
        1
    }

    #[cached(cache = self.cache, skip(self))]
    async fn on_own_handle(&self) -> u8 {
        2
    }

    #[invalidates("*", cache = self.cache)]
    async fn write_on_own_handle(&self) {}
}

#[cached]
async fn by_default() -> u8 {
    0
}

#[cached(ttl = 300)]
async fn by_seconds() -> u8 {
    0
}

#[cached(ttl = "1h30m")]
async fn by_text() -> Result<u8, ()> {
    Ok(0)
}

#[cached(ttl = 60 * 2)]
async fn by_expression() -> u8 {
    0
}

#[cached(ttl = Ttl::Never)]
async fn endless() -> u8 {
    0
}

#[cached(ttl = "300")]
async fn by_seconds_as_text() -> u8 {
    0
}

#[cached(ttl = |value| Duration::from_secs(u64::from(*value)))]
async fn by_value(seconds: u32) -> Result<u32, ()> {
    Ok(seconds)
}

#[cached(ttl = Duration::ZERO)]
async fn by_zero() -> u8 {
    0
}

#[tokio::test]
async fn every_form_of_ttl_reaches_the_store() {
    let settings = Settings { ttl: Duration::from_secs(42), cache: memory_with_ttl(7777).await };
    let ttl = async |call: std::pin::Pin<Box<dyn Future<Output = ()>>>| {
        let cache = memory_with_ttl(7777).await;
        cache.scope(call).await;
        only_ttl(&cache).await
    };
    assert_eq!(ttl(Box::pin(async { _ = by_default().await })).await, Some(7777));
    assert_eq!(ttl(Box::pin(async { _ = by_seconds().await })).await, Some(300));
    assert_eq!(ttl(Box::pin(async { _ = by_seconds_as_text().await })).await, Some(300));
    assert_eq!(ttl(Box::pin(async { _ = by_text().await })).await, Some(5400));
    assert_eq!(ttl(Box::pin(async { _ = by_expression().await })).await, Some(120));
    assert_eq!(ttl(Box::pin(async { _ = endless().await })).await, None);
    assert_eq!(ttl(Box::pin(async { _ = by_value(9).await })).await, Some(9));
    assert_eq!(ttl(Box::pin(async move { _ = settings.by_field().await })).await, Some(42));
}

#[tokio::test]
async fn a_ttl_of_zero_stores_nothing() {
    let cache = memory_with_ttl(7777).await;
    cache
        .scope(async {
            by_zero().await;
            assert_eq!(by_value(0).await, Ok(0));
        })
        .await;
    assert_eq!((cache.stats().stores, cache.stats().skipped), (0, 2));
}

#[tokio::test]
async fn an_entry_is_gone_after_its_ttl() {
    #[cached(ttl = "1ms")]
    async fn brief() -> u8 {
        0
    }
    let cache = memory_with_ttl(7777).await;
    cache.scope(brief()).await;
    let is_gone = async || cache.keys("*").unwrap().next().await.is_none();
    testkit::eventually(Duration::from_secs(5), is_gone, "the entry expires").await;
    cache.scope(brief()).await;
    assert_eq!((cache.stats().hits, cache.stats().loads), (0, 2));
}

#[cached(ttl = 100, none_ttl = 5)]
async fn brief_none(some: bool) -> Result<Option<u8>, ()> {
    Ok(some.then_some(1))
}

#[cached(ttl = 100, none_ttl = 0)]
async fn no_none(some: bool) -> Option<u8> {
    some.then_some(1)
}

#[cached(ttl = 100)]
async fn usual_none() -> Option<u8> {
    None
}

#[tokio::test]
async fn none_has_its_own_ttl() {
    for (some, expected) in [(true, 100), (false, 5)] {
        let cache = memory_with_ttl(7777).await;
        assert_eq!(cache.scope(brief_none(some)).await, Ok(some.then_some(1)));
        assert_eq!(cache.scope(brief_none(some)).await, Ok(some.then_some(1)));
        assert_eq!((cache.stats().hits, only_ttl(&cache).await), (1, Some(expected)));
    }
    let cache = memory_with_ttl(7777).await;
    cache.scope(usual_none()).await;
    assert_eq!(only_ttl(&cache).await, Some(100));
}

#[tokio::test]
async fn none_is_not_stored_when_asked() {
    let cache = memory_with_ttl(7777).await;
    cache
        .scope(async {
            for _ in 0..2 {
                assert_eq!(no_none(false).await, None);
                assert_eq!(no_none(true).await, Some(1));
            }
        })
        .await;
    assert_eq!((cache.stats().stores, cache.stats().hits, cache.stats().skipped), (1, 1, 2));
}

#[cached(store_if = |rows| rows.len() >= least)]
async fn rows(least: usize, count: usize) -> Result<Vec<usize>, ()> {
    Ok((0..count).collect())
}

#[tokio::test]
async fn store_if_keeps_some_values() {
    let cache = memory_with_ttl(7777).await;
    cache
        .scope(async {
            assert_eq!(rows(2, 1).await, Ok(vec![0]));
            assert_eq!(rows(2, 2).await, Ok(vec![0, 1]));
        })
        .await;
    assert_eq!((cache.stats().stores, cache.stats().skipped), (1, 1));
}

#[tokio::test]
async fn cache_names_another_handle_than_the_one_in_scope() {
    let settings = Settings { ttl: Duration::ZERO, cache: memory_with_ttl(7777).await };
    let scoped = memory_with_ttl(7777).await;
    scoped
        .scope(async {
            settings.on_own_handle().await;
            settings.on_own_handle().await;
            by_seconds().await;
            settings.write_on_own_handle().await;
        })
        .await;
    let own = settings.cache.stats();
    assert_eq!((own.hits, own.loads, own.deleted), (1, 1, 1));
    assert_eq!((scoped.stats().loads, scoped.stats().deleted), (1, 0));
}

#[tokio::test]
async fn with_no_handle_functions_simply_run() {
    assert_eq!(by_seconds().await, 0);
    assert_eq!(by_value(3).await, Ok(3));
}

#[tokio::test]
async fn a_disabled_handle_stores_nothing() {
    let cache = Cache::builder().disabled().build().await.unwrap();
    cache.scope(async { assert_eq!((by_seconds().await, by_seconds().await), (0, 0)) }).await;
    assert!(!cache.is_enabled());
    assert_eq!(cache.stats().total(), cache_runtime::stats::Counts::default());
    assert_eq!(cache.get::<u8>("k").await.unwrap(), None);
}

#[tokio::test]
async fn statistics_are_kept_by_function() {
    let cache = memory_with_ttl(7777).await;
    cache.scope(async { assert_eq!((by_seconds().await, by_seconds().await), (0, 0)) }).await;
    let stats = cache.stats();
    let function = &stats.functions["it::options::by_seconds"];
    assert_eq!((function.hits, function.misses, function.stores), (1, 1, 1));
    assert!((stats.hit_rate() - 0.5).abs() < f64::EPSILON);
}

#[tokio::test]
async fn values_larger_than_the_limit_are_not_stored() {
    let cache = Cache::builder().max_entry_size(10).build().await.unwrap();
    assert_eq!(cache.scope(rows(0, 100)).await.map(|rows| rows.len()), Ok(100));
    assert_eq!((cache.stats().stores, cache.stats().skipped), (0, 1));
    assert!(cache.set("k", "longer than ten", 5).await.is_err_and(|error| error.is_codec()));
}

#[tokio::test]
async fn a_handle_is_a_plain_key_value_store_too() {
    let cache = memory_with_ttl(7777).await;
    cache.set("a", vec![1, 2], Duration::from_secs(60)).await.unwrap();
    cache.set_many([("b", 3), ("c", 4)], Ttl::Never).await.unwrap();
    assert_eq!(cache.get("a").await.unwrap(), Some(vec![1, 2]));
    assert_eq!(cache.get_many::<u8>(["b", "x", "c"]).await.unwrap(), vec![Some(3), None, Some(4)]);
    assert_eq!(cache.get::<String>("a").await.unwrap(), None, "another type is absent");
    assert!(cache.contains("b").await.unwrap() && !cache.contains("x").await.unwrap());
    assert_eq!(cache.ttl("b").await.unwrap(), None);
    assert!(cache.ttl("a").await.unwrap().is_some_and(|left| left > Duration::from_secs(50)));
    assert!(cache.remove("a").await.unwrap() && !cache.remove("a").await.unwrap());
    assert_eq!(cache.clear().await.map(|cleared| cleared.deleted).unwrap(), 2);
    assert!(cache.set("", 1, 1).await.is_err_and(|error| error.is_key()));
    assert!(cache.set("z", 1, 0).await.is_err_and(|error| error.is_config()));
    assert!(cache.invalidate("a[").await.is_err_and(|error| error.is_key()));
}

/// No pattern deletes them, and no list shows them.
#[tokio::test]
async fn keys_of_the_caches_own_are_refused() {
    let cache = memory_with_ttl(7777).await;
    for key in ["~lock", "job:~lock", "a:~epoch", "b:~ran", "~probe", "c:~beside", "d:~fleet"] {
        let refused = cache.set(key, 1, 60).await.unwrap_err();
        assert!(refused.is_key() && refused.to_string().contains(":~lock"), "{refused}");
        assert!(cache.get::<u8>(key).await.is_err_and(|error| error.is_key()), "{key}");
        assert!(cache.set_many([(key, 1)], 60).await.is_err_and(|error| error.is_key()), "{key}");
        assert!(cache.remove(key).await.is_err_and(|error| error.is_key()), "{key}");
    }
    assert_eq!(cache.set("job~lock", 1, 60).await.unwrap(), (), "only a segment of that name");
}

#[tokio::test]
async fn bad_options_are_reported_by_build() {
    let cases = [
        (Cache::builder().redis("not a url"), "Redis URL"),
        (Cache::builder().redis("redis://:hunter2@"), "host"),
        (Cache::builder().prefix(""), "prefix"),
        (Cache::builder().prefix("a b"), "prefix"),
        (Cache::builder().prefix("a:"), "prefix"),
        (Cache::builder().prefix("x".repeat(200)), "prefix"),
        (Cache::builder().default_ttl(0), "TTL"),
        (Cache::builder().budget(Duration::ZERO), "budget"),
        (Cache::builder().memory_capacity(0), "capacity"),
        (Cache::builder().memory_capacity(64), "capacity"),
    ];
    for (builder, says) in cases {
        let error = builder.build().await.unwrap_err();
        assert!(error.is_config() && error.to_string().contains(says), "{error}");
        assert!(!error.to_string().contains("hunter2"));
    }
}

#[test]
fn a_blocking_function_uses_the_scope_around_it() {
    #[cached(ttl = 60)]
    fn squared(n: u64) -> u64 {
        n * n
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let cache = runtime.block_on(memory_with_ttl(7777));
    runtime.block_on(cache.scope(async { assert_eq!((squared(3), squared(3)), (9, 9)) }));
    assert_eq!(cache.stats().hits, 1);
}
