//! `#[invalidates(call(…))]`, `key!`, `invalidate!` and `prime!` must name the very entry that the call stores, whatever the
//! types are spelled like.

use crate::support::memory_with_ttl;
use async_trait::async_trait;
use cache_runtime::{Cache, Ttl, cached, invalidate, invalidates, key, prime};
use serde::Serialize;
use std::collections::HashSet;
use std::fmt::Display;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Counts the loads of one test.
#[derive(Default)]
struct Loads(AtomicU32);

impl Loads {
    fn next(&self) -> u32 {
        self.0.fetch_add(1, Relaxed)
    }
}

/// Calls, invalidates and calls again: the first and the second value must differ.
async fn is_reloaded<R: PartialEq + std::fmt::Debug, C: Future<Output = R>, I: Future>(
    call: impl Fn() -> C,
    invalidate: impl Fn() -> I,
) {
    let cache = Cache::builder().memory().build().await.expect("memory needs nothing");
    let calls = async {
        let first = call().await;
        assert_eq!(first, call().await, "not cached");
        invalidate().await;
        assert_ne!(first, call().await, "not invalidated");
    };
    cache.scope(calls).await;
}

#[cached(skip(loads))]
async fn texts(
    loads: &Loads,
    borrowed: &str,
    owned: String,
    list: Vec<String>,
    slice: &[&str],
) -> u32 {
    let _ = (borrowed, owned, list, slice);
    loads.next()
}

#[invalidates(texts(&name, name.clone(), &["a".to_owned()], &["b"]))]
async fn write_texts(name: String) {
    drop(name);
}

#[tokio::test]
async fn texts_and_lists() {
    let loads = Loads::default();
    is_reloaded(
        || texts(&loads, "n", "n".to_owned(), vec!["a".to_owned()], &["b"]),
        || write_texts("n".to_owned()),
    )
    .await;
}

#[cached(skip(loads))]
async fn generic<T: Serialize + Sync, U: Serialize + Send>(
    loads: &Loads,
    by_ref: &T,
    by_value: U,
) -> u32 {
    let _ = (by_ref, by_value);
    loads.next()
}

#[invalidates(generic(&id, id))]
async fn write_values(id: u64) {}

#[tokio::test]
async fn type_parameters() {
    let loads = Loads::default();
    is_reloaded(|| generic(&loads, &1_u64, 1_u64), || write_values(1)).await;
}

/// `T` is `str` here, and a reference to one there.
#[cached(skip(loads))]
async fn unsized_generic<T: Serialize + Sync + ?Sized>(loads: &Loads, name: &T) -> u32 {
    let _ = name;
    loads.next()
}

#[invalidates(unsized_generic(name))]
async fn write_unsized(name: &str) {}

#[tokio::test]
async fn unsized_type_parameters() {
    let loads = Loads::default();
    is_reloaded(|| unsized_generic(&loads, "n"), || write_unsized("n")).await;
}

#[cached(skip(loads))]
async fn unnamed(
    loads: &Loads,
    value: impl Serialize + Send,
    by_ref: &(impl Display + Serialize + Sync),
) -> u32 {
    let _ = (value, by_ref.to_string());
    loads.next()
}

#[invalidates(unnamed(Some(name), &id))]
async fn write_unnamed(name: &str, id: u64) {}

#[tokio::test]
async fn unnamed_types() {
    let loads = Loads::default();
    is_reloaded(|| unnamed(&loads, Some("n"), &1_u64), || write_unnamed("n", 1)).await;
}

#[cached(skip(loads), unordered(ids))]
async fn sets(loads: &Loads, names: HashSet<String>, ids: Vec<u8>, (a, b): (u8, u8)) -> u32 {
    let _ = (names, ids, a, b);
    loads.next()
}

#[invalidates(sets(names.clone(), vec![2, 1], (1, 2)))]
async fn write_sets(names: HashSet<String>) {
    drop(names);
}

#[tokio::test]
async fn sets_and_destructured_arguments() {
    let loads = Loads::default();
    let names = || HashSet::from(["a", "b", "c", "d"].map(str::to_owned));
    is_reloaded(|| sets(&loads, names(), vec![1, 2], (1, 2)), || write_sets(names())).await;
}

#[cached(key = "part:<context.1>", skip(context))]
async fn part(context: &(Loads, u64), id: u64) -> u32 {
    let _ = id;
    context.0.next()
}

#[invalidates(part(context, id))]
async fn write_part(context: &(Loads, u64), id: u64) {}

#[tokio::test]
async fn parts_of_skipped_arguments() {
    let context = (Loads::default(), 7);
    is_reloaded(|| part(&context, 1), || write_part(&context, 1)).await;
}

/// A type with methods.
struct Users<T> {
    tenant: T,
    loads: Loads,
}

impl<T: Serialize + Sync> Users<T> {
    #[cached(key = "user:<self.tenant>:<id>")]
    async fn user(&self, id: u64) -> u32 {
        let _ = id;
        self.loads.next()
    }

    #[cached(skip(loads))]
    async fn associated(loads: &Loads, id: u64) -> u32 {
        let _ = id;
        loads.next()
    }

    #[cached(skip(self))]
    fn boxed(&self, id: u64) -> Pin<Box<dyn Future<Output = u32> + Send + '_>> {
        let _ = id;
        Box::pin(async { self.loads.next() })
    }

    #[invalidates(self.user(result + 1))]
    async fn write(&self, id: u64) -> u64 {
        id - 1
    }

    #[invalidates(Self::associated(id))]
    async fn write_associated(&self, id: u64) -> Result<(), String> {
        if id == 0 { Err(String::new()) } else { Ok(()) }
    }

    #[invalidates(self.boxed(id))]
    async fn write_boxed(&self, id: u64) {}
}

#[tokio::test]
async fn methods() {
    let users = Users { tenant: "t", loads: Loads::default() };
    is_reloaded(|| users.user(1), || users.write(1)).await;
    is_reloaded(|| Users::<&str>::associated(&users.loads, 1), || users.write_associated(1)).await;
    is_reloaded(|| users.boxed(1), || users.write_boxed(1)).await;
}

#[cached(key = "tenant:<tenant>:<id>", skip(loads))]
async fn named(loads: &Loads, tenant: String, id: u64) -> u32 {
    let _ = (tenant, id);
    loads.next()
}

#[invalidates("tenant:<tenant>:<result.0>:*")]
async fn write_named(tenant: String, id: u64) -> Result<(u64, String), String> {
    Ok((id, tenant))
}

#[tokio::test]
async fn patterns_of_arguments_and_results() {
    let loads = Loads::default();
    is_reloaded(|| named(&loads, "a:*".to_owned(), 1), || write_named("a:*".to_owned(), 1)).await;
}

#[tokio::test]
async fn other_entries_stay() {
    let loads = Loads::default();
    let cache = Cache::builder().memory().build().await.expect("memory needs nothing");
    let calls = async {
        let first = Users::<u8>::associated(&loads, 1).await;
        let users = Users { tenant: "t", loads: Loads::default() };
        users.write_associated(1).await.expect("1 is no error");
        assert_eq!(Users::<u8>::associated(&loads, 1).await, first, "another type's entry");
    };
    cache.scope(calls).await;
}

struct Uncached;

impl Uncached {
    /// It lost its attribute, say.
    async fn plain(&self, runs: &AtomicU32) -> u32 {
        tokio::task::yield_now().await;
        runs.fetch_add(1, Relaxed)
    }

    #[invalidates(self.plain(runs))]
    async fn write(&self, runs: &AtomicU32) {}
}

#[tokio::test]
async fn a_named_method_that_is_not_cached_is_counted_and_never_asked_without_a_cache() {
    let runs = AtomicU32::new(0);
    Uncached.write(&runs).await;
    assert_eq!(runs.load(Relaxed), 0, "with no cache there is nothing to invalidate");
    let cache = Cache::builder().build().await.unwrap();
    cache.scope(Uncached.write(&runs)).await;
    assert_eq!(cache.stats().failed_invalidations, 1);
}

/// The keys of a handle, with their seconds left, rounded up; `None` without end.
async fn entries(cache: &Cache) -> Vec<(String, Option<u64>)> {
    let mut keys = cache.keys("*").unwrap();
    let mut entries = Vec::new();
    while let Some(key) = keys.next().await {
        let key = key.unwrap();
        let left = cache.ttl(&key).await.unwrap();
        entries.push((key, left.map(|left| left.as_secs() + u64::from(left.subsec_nanos() > 0))));
    }
    entries
}

/// The call finds what was primed, and loads once that is invalidated. The key is the entry's.
macro_rules! check_named {
    ($primed:expr, $value:expr, $other:expr; $($named:tt)*) => {{
        let cache = memory_with_ttl(7777).await;
        let calls = async {
            prime!($($named)*, &$value).await.unwrap();
            assert_eq!($primed, $value, "not primed");
            let key = key!($($named)*).expect("it has a key");
            let stored = entries(&cache).await;
            assert_eq!((stored.len(), &*stored[0].0), (1, key.as_str()));
            assert_eq!(invalidate!($($named)*).await.unwrap().deleted, 1);
            assert_eq!($primed, $other, "not invalidated");
        };
        cache.scope(calls).await;
        assert_eq!((cache.stats().hits, cache.stats().stores, cache.stats().deleted), (1, 2, 1));
    }};
}

#[cached(skip(loads), key = "free:<id>", ttl = 60)]
async fn free(loads: &Loads, id: u64, name: String) -> Result<Option<u32>, String> {
    Ok((id > 0).then(|| loads.next() + u32::try_from(name.len()).unwrap()))
}

#[cached(skip(loads))]
fn blocking(loads: &Loads, id: u64) -> Vec<u32> {
    vec![loads.next(), u32::try_from(id).unwrap()]
}

#[cached(skip(loads))]
async fn of_type<T: Serialize + Sync, const N: usize>(loads: &Loads, value: &T) -> Option<u32> {
    let _ = value;
    Some(loads.next())
}

#[tokio::test]
async fn functions_by_name() {
    let loads = Loads::default();
    let name = String::from("n");
    check_named!(
        free(&loads, 1, name.clone()).await.unwrap(), Some(9), Some(1); free(1, &name));
    check_named!(blocking(&loads, 1), vec![9], vec![1, 1]; blocking(1));
    check_named!(of_type::<u8, 3>(&loads, &1).await, Some(9), Some(2); of_type::<u8, 3>(&1));
    check_named!(
        Users::<u8>::associated(&loads, 1).await, 9, 3; Users::<u8>::associated(1));
}

#[async_trait]
trait Names: Sync {
    async fn name(&self, loads: &Loads, id: u64) -> Result<String, std::fmt::Error>;
}

#[async_trait]
impl Names for u8 {
    #[cached(skip(loads), key = "<self>:<id>", ttl = "5m")]
    async fn name(&self, loads: &Loads, id: u64) -> Result<String, std::fmt::Error> {
        Ok(format!("{id} at {}", loads.next()))
    }
}

#[tokio::test]
async fn methods_by_name() {
    let users = Users { tenant: "t", loads: Loads::default() };
    check_named!(users.user(1).await, 9, 0; users.user(1));
    check_named!(users.boxed(1).await, 9, 1; users.boxed(1));
    let names: Box<dyn Names> = Box::new(7);
    let loads = Loads::default();
    check_named!(
        names.name(&loads, 1).await.unwrap(), "Ada".to_owned(), "1 at 0"; names.name(&loads, 1));
}

struct Shop {
    ttl: Ttl,
    cache: Cache,
}

const DAY: std::time::Duration = std::time::Duration::from_secs(86_400);

impl Shop {
    #[cached(ttl = self.ttl, skip(self))]
    async fn by_field(&self, id: u64) -> u64 {
        id
    }

    #[cached(cache = self.cache, skip(self), ttl = 60)]
    async fn on_own_handle(&self, id: u64) -> u64 {
        id
    }

    #[cached(ttl = |id| std::time::Duration::from_secs(*id), skip(self))]
    async fn by_value(&self, id: u64) -> u64 {
        id
    }

    #[cached(ttl = DAY * 2)]
    fn by_constant(id: u64) -> u64 {
        id
    }

    #[cached(ttl = std::time::Duration::from_secs(id))]
    async fn by_argument(id: u64) -> u64 {
        id
    }

    #[cached(ttl = 60, none_ttl = "2m")]
    async fn optional(id: u64) -> Result<Option<u64>, String> {
        if id == 0 { Err("no".to_owned()) } else { Ok(Some(id)) }
    }

    #[cached(none_ttl = 0)]
    async fn without_none(id: u64) -> Option<u64> {
        Some(id)
    }

    #[cached]
    async fn by_float(ratio: f64) -> f64 {
        ratio
    }
}

#[tokio::test]
async fn a_primed_value_lives_as_long_as_a_loaded_one() {
    let shop = Shop { ttl: Ttl::Never, cache: memory_with_ttl(7777).await };
    macro_rules! ttl_of {
        ($($primed:tt)*) => {{
            let cache = memory_with_ttl(7777).await;
            cache.scope(async { prime!($($primed)*).await.unwrap() }).await;
            entries(&cache).await[0].1
        }};
    }
    assert_eq!(ttl_of!(free(1, "n"), &Some(1)), Some(60));
    assert_eq!(ttl_of!(shop.by_field(1), &1), None);
    assert_eq!(ttl_of!(Shop::by_constant(1), &1), Some(172_800));
    assert_eq!(ttl_of!(Shop::by_argument(1), &1), Some(7777), "the handle's");
    assert_eq!(ttl_of!(Shop::optional(1), &Some(1)), Some(60));
    assert_eq!(ttl_of!(Shop::optional(1), &None), Some(120));
}

#[tokio::test]
async fn the_functions_own_handle_is_used() {
    let shop = Shop { ttl: Ttl::Never, cache: memory_with_ttl(7777).await };
    prime!(shop.on_own_handle(1), &9).await.unwrap();
    assert_eq!((shop.on_own_handle(1).await, shop.cache.stats().hits), (9, 1));
    let scoped = memory_with_ttl(7777).await;
    assert_eq!(scoped.scope(invalidate!(shop.on_own_handle(1))).await.unwrap().deleted, 1);
    assert_eq!(
        key!(shop.on_own_handle(1)),
        scoped.scope(async { key!(shop.on_own_handle(1)) }).await
    );
    assert_eq!(shop.on_own_handle(1).await, 1);
}

#[tokio::test]
async fn the_handle_is_chosen_where_the_future_runs() {
    let cache = Cache::builder().prefix("user").build().await.unwrap();
    let value = Some(9);
    cache.scope(prime!(user_of(1), &value)).await.unwrap();
    assert_eq!(cache.scope(user_of(1)).await, value);
    assert_eq!(cache.scope(invalidate!(user_of(1))).await.unwrap().deleted, 1);
}

/// Its readable part begins as the handle's prefix does.
#[cached(key = "user:user:<id>")]
async fn user_of(id: u32) -> Option<u32> {
    Some(id)
}

#[tokio::test]
async fn without_a_cache_nothing_happens() {
    prime!(Shop::without_none(1), &None).await.unwrap();
    prime!(Shop::by_float(f64::NAN), &1.0).await.unwrap();
    assert_eq!(invalidate!(Shop::without_none(1)).await.unwrap().deleted, 0);
    assert!(key!(Shop::without_none(1)).is_some(), "a key needs no handle");
    let disabled = Cache::builder().disabled().build().await.unwrap();
    disabled.scope(prime!(Shop::by_float(1.0), &f64::NAN)).await.unwrap();
    assert_eq!(disabled.scope(invalidate!(Shop::by_float(1.0))).await.unwrap().deleted, 0);
}

#[tokio::test]
async fn what_cannot_be_primed_is_an_error() {
    let shop =
        Shop { ttl: Ttl::After(std::time::Duration::ZERO), cache: memory_with_ttl(7777).await };
    let runs = AtomicU32::new(0);
    let cache = memory_with_ttl(7777).await;
    let calls = async {
        assert!(prime!(Shop::without_none(1), &None).await.unwrap_err().is_config());
        assert!(prime!(shop.by_field(1), &1).await.unwrap_err().is_config(), "a TTL of zero");
        assert!(prime!(shop.by_value(1), &1).await.unwrap_err().is_config(), "a TTL of the value");
        assert!(prime!(Shop::by_float(1.0), &f64::NAN).await.unwrap_err().is_codec());
        assert!(prime!(Shop::by_float(f64::NAN), &1.0).await.unwrap_err().is_key());
        assert!(prime!(Uncached.plain(&runs), &1).await.unwrap_err().is_config());
        assert!(invalidate!(Uncached.plain(&runs)).await.unwrap_err().is_config());
        assert_eq!(key!(Uncached.plain(&runs)), None);
        assert_eq!(key!(Shop::by_float(f64::NAN)), None);
        assert_eq!(invalidate!(Shop::by_float(f64::NAN)).await.unwrap().deleted, 0);
    };
    cache.scope(calls).await;
    assert_eq!(entries(&cache).await, []);
}

#[tokio::test]
async fn two_functions_of_one_identity_do_not_prime_each_other() {
    #[cached(id = "companions.twice")]
    async fn first(id: u64) -> u64 {
        id
    }
    #[cached(id = "companions.twice")]
    async fn second(id: u64) -> u64 {
        id + 1
    }
    let cache = memory_with_ttl(7777).await;
    let calls = async {
        assert!(prime!(first(1), &9).await.unwrap_err().is_config());
        assert!(prime!(second(1), &8).await.unwrap_err().is_config());
        assert_eq!((first(1).await, second(1).await), (1, 2));
    };
    cache.scope(calls).await;
}

/// What the companions return is `Send`, so that they can be used in spawned tasks.
#[test]
fn futures_can_be_sent() {
    fn check(_: impl Send) {}
    let users = Users { tenant: "t", loads: Loads::default() };
    check(prime!(users.user(1), &1));
    check(invalidate!(users.user(1)));
    check(prime!(free(1, "n"), &None));
}
