//! What is kept in process, in which form, and for whom.

use super::stage::{Database, SOON, cache, here, number, warm};
use cache_runtime::{Cache, bypass, cached, defer, observe, refresh};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;
use testkit::{RedisServer, eventually};

#[tokio::test]
async fn a_value_that_was_read_again_costs_no_round_trip() {
    let (server, database) = (RedisServer::start(), Database::default());
    let cache = cache(&server).await;
    warm(&cache, &database, 1).await;
    let asked = server.commandstats("get");
    let (value, observed) = observe(number(&cache, &database, 1)).await;
    assert!(observed.is_hit() && *value == 1);
    assert_eq!((server.commandstats("get"), database.reads()), (asked, 1));
    let stats = cache.stats();
    assert_eq!((stats.hits, stats.local_hits, stats.misses), (3, 2, 1));
}

#[tokio::test]
async fn an_arc_is_shared_and_not_copied() {
    let (server, database) = (RedisServer::start(), Database::default());
    let cache = cache(&server).await;
    let (first, second) = (warm(&cache, &database, 1).await, number(&cache, &database, 1).await);
    assert!(Arc::ptr_eq(&first, &second));
}

#[tokio::test]
async fn calls_that_differ_are_kept_apart() {
    let (server, database) = (RedisServer::start(), Database::default());
    let cache = cache(&server).await;
    for id in 0..20 {
        assert_eq!(*warm(&cache, &database, id).await, id);
    }
    for id in 0..20 {
        assert_eq!(*number(&cache, &database, id).await, id);
    }
    assert_eq!(database.reads(), 20);
}

/// Functions of one shape, with the same arguments.
mod same {
    pub(crate) mod one {
        #[cache_runtime::cached(skip(cache), cache = cache)]
        pub(crate) async fn name(cache: &cache_runtime::Cache, id: u64) -> String {
            format!("one {id}")
        }
    }

    pub(crate) mod other {
        #[cache_runtime::cached(skip(cache), cache = cache)]
        pub(crate) async fn name(cache: &cache_runtime::Cache, id: u64) -> String {
            format!("other {id}")
        }
    }
}

struct Tenant<T>(T);

impl<T: ToString + Serialize> Tenant<T> {
    #[cached(key = "tenant:<self.0>", skip(cache), cache = cache)]
    async fn name(&self, cache: &Cache) -> String {
        self.0.to_string()
    }
}

#[tokio::test]
async fn functions_and_receivers_are_kept_apart() {
    let cache = Cache::builder().memory().local(100).build().await.unwrap();
    for _ in 0..4 {
        assert_eq!(same::one::name(&cache, 1).await, "one 1");
        assert_eq!(same::other::name(&cache, 1).await, "other 1");
        assert_eq!(Tenant(1).name(&cache).await, "1");
        assert_eq!(Tenant("1").name(&cache).await, "1");
        assert_eq!(Tenant("a").name(&cache).await, "a");
        assert_eq!(Tenant("b").name(&cache).await, "b");
    }
    // Of one method, without arguments: the type alone tells them apart.
    for _ in 0..4 {
        assert_eq!(Rows(vec![1u8]).all(&cache).await, [1]);
        assert_eq!(Rows(vec![2u16]).all(&cache).await, [2]);
    }
    assert_eq!((here(&cache), cache.stats().misses), (8 * 2, 8));
}

/// Nothing of the tenant is hashed: it stands in the key alone.
#[derive(Serialize)]
struct Context {
    #[serde(skip)]
    tenant: String,
    id: u64,
}

#[cached(key = "of:<context.tenant>:<context.id>", skip(cache), cache = cache)]
async fn of_tenant(cache: &Cache, context: &Context) -> String {
    format!("{} {}", context.tenant, context.id)
}

/// Neither the hash nor the readable part has an order of tags.
#[cached(key = "tags:<first>:<second>:<tags>", unordered(tags), skip(cache), cache = cache)]
async fn tagged(cache: &Cache, first: &str, second: &str, tags: &[&str]) -> String {
    format!("{first} {second} {}", tags.len())
}

#[tokio::test]
async fn what_stands_in_the_key_alone_keeps_calls_apart() {
    let cache = Cache::builder().memory().local(100).build().await.unwrap();
    for _ in 0..4 {
        for tenant in ["a", "b"] {
            let context = Context { tenant: tenant.to_owned(), id: 1 };
            assert_eq!(of_tenant(&cache, &context).await, format!("{tenant} 1"));
        }
        for tags in [["x", "y"], ["y", "x"]] {
            assert_eq!(tagged(&cache, "1", "2", &tags).await, "1 2 2");
        }
    }
    assert_eq!((here(&cache), cache.stats().misses), (4 * 4 - 2 * 3, 3));
    // Its promises are those of its own key.
    cache.invalidate("tags:1:2:*x*y*").await.unwrap();
    tagged(&cache, "1", "2", &["y", "x"]).await;
    assert_eq!(cache.stats().misses, 4, "the value in process went with its entry");
}

/// It cannot be copied.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Single(String);

#[cached(skip(cache), cache = cache)]
async fn single(cache: &Cache, id: u64) -> Result<Option<Single>, std::fmt::Error> {
    Ok((id > 0).then(|| Single(id.to_string())))
}

struct Rows<T>(Vec<T>);

impl<T: Clone + Send + Sync + Serialize + serde::de::DeserializeOwned> Rows<T> {
    /// Nothing says that `T` outlives everything, as a decoded value in process has to.
    #[cached(skip(self, cache), cache = cache)]
    async fn all(&self, cache: &Cache) -> Vec<T> {
        self.0.clone()
    }
}

#[tokio::test]
async fn what_cannot_be_copied_is_decoded_for_each_caller() {
    let server = RedisServer::start();
    let cache = cache(&server).await;
    for _ in 0..4 {
        assert_eq!(single(&cache, 7).await, Ok(Some(Single("7".into()))));
        assert_eq!(single(&cache, 0).await, Ok(None));
        assert_eq!(Rows(vec![1, 2]).all(&cache).await, [1, 2]);
    }
    assert_eq!(here(&cache), 6);
}

#[cached(skip(cache, text), cache = cache)]
async fn long(cache: &Cache, id: u64, text: &str, rest: &[String]) -> String {
    format!("{id} {text} {}", rest.len())
}

#[tokio::test]
async fn arguments_that_are_hashed_on_the_way_are_not_kept() {
    let cache = Cache::builder().memory().local(100).build().await.unwrap();
    let rest = vec!["x".repeat(100); 100];
    for _ in 0..4 {
        assert_eq!(long(&cache, 1, "a", &rest).await, "1 a 100");
        assert_eq!(long(&cache, 1, "a", &rest[..1]).await, "1 a 1");
    }
    assert_eq!((here(&cache), cache.stats().hits), (2, 6));
}

#[cached(skip(cache), local = false, cache = cache)]
async fn elsewhere(cache: &Cache, id: u64) -> u64 {
    id
}

#[tokio::test]
async fn a_function_can_do_without() {
    let server = RedisServer::start();
    let cache = cache(&server).await;
    for _ in 0..5 {
        elsewhere(&cache, 1).await;
    }
    assert_eq!((here(&cache), cache.stats().hits), (0, 4));
}

#[cached(ttl = "1h", skip(cache, loads), local = "5ms", cache = cache)]
async fn fleeting(cache: &Cache, loads: &AtomicU64) -> u64 {
    loads.fetch_add(1, SeqCst)
}

#[cached(ttl = "1h", skip(cache, loads), local = "1h", cache = cache)]
async fn lasting(cache: &Cache, loads: &AtomicU64) -> u64 {
    loads.fetch_add(1, SeqCst)
}

#[tokio::test]
async fn a_value_is_read_again_when_its_time_here_is_over() {
    let (server, loads) = (RedisServer::start(), AtomicU64::new(0));
    let brief = super::stage::builder(&server).local_cap(Duration::from_nanos(1));
    let cache = brief.build().await.unwrap();
    let is_read_again = async || {
        let before = cache.stats();
        fleeting(&cache, &loads).await;
        let after = cache.stats();
        after.hits == before.hits + 1 && after.local_hits == before.local_hits
    };
    fleeting(&cache, &loads).await;
    for _ in 0..3 {
        eventually(SOON, is_read_again, "the value is read from Redis again").await;
    }
    for _ in 0..4 {
        lasting(&cache, &loads).await;
    }
    assert!(
        cache.stats().functions["it::tier::keeping::lasting"].local_hits == 2,
        "the function's own time counts"
    );
    assert_eq!(loads.into_inner(), 2);
}

#[cached(ttl = "20ms", skip(cache, loads), cache = cache)]
async fn brief(cache: &Cache, loads: &AtomicU64) -> u64 {
    loads.fetch_add(1, SeqCst)
}

#[tokio::test]
async fn a_value_is_not_kept_longer_than_it_is_fresh() {
    let loads = AtomicU64::new(0);
    let cache = Cache::builder().memory().local(100).local_cap(SOON).build().await.unwrap();
    let is_loaded_again = async || brief(&cache, &loads).await > 1;
    eventually(SOON, is_loaded_again, "it is loaded again, twice").await;
}

#[tokio::test]
async fn modes_and_transactions_pass_it_by() {
    let (server, database) = (RedisServer::start(), Database::default());
    let cache = cache(&server).await;
    warm(&cache, &database, 1).await;
    let kept = here(&cache);
    database.write(5);
    assert_eq!(*bypass(number(&cache, &database, 1)).await, 6);
    let read = async { Ok::<_, ()>(*number(&cache, &database, 1).await) };
    assert_eq!(defer(read).await, Ok(1), "from Redis");
    assert_eq!(here(&cache), kept);
    assert_eq!(*refresh(number(&cache, &database, 1)).await, 6);
    assert_eq!(*number(&cache, &database, 1).await, 6, "a refresh is a write");
}

#[cached(ttl = 60, skip(cache), cache = cache)]
fn blocking(cache: &Cache, id: u64) -> u64 {
    id
}

#[test]
fn blocking_functions_have_it_too() {
    let server = RedisServer::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let cache = runtime.block_on(cache(&server));
    for _ in 0..5 {
        assert_eq!(blocking(&cache, 1), 1);
    }
    assert_eq!(here(&cache), 3);
}
