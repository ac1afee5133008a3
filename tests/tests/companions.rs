//! `#[invalidates(call(…))]` must name the very entry that the call stores, whatever the types are spelled like.

use cache_runtime::{Cache, cached, invalidates};
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
