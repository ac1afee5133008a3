//! Calls that are named and not made: what is named is what is touched, on its own handle, or nothing is.

use crate::support::memory;
use async_trait::async_trait;
use cache_runtime::{Cache, cached, invalidate, invalidates, key, prime};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

#[cached(ttl = 60)]
async fn other(id: u64) -> u64 {
    id
}

#[cached(ttl = 60)]
fn blocking(id: u64) -> u64 {
    id + 1
}

#[derive(Default)]
struct Inner;

impl Inner {
    #[cached(ttl = 60, skip(self))]
    async fn user(&self, id: u64) -> u64 {
        id * 10
    }
}

/// Its methods are not `#[cached]`, and call functions that are.
#[derive(Default)]
struct Plain {
    inner: Inner,
}

impl Plain {
    async fn user(&self, id: u64) -> u64 {
        self.inner.user(id + 1).await
    }

    async fn order(&self, id: u64) -> u64 {
        other(id).await
    }

    async fn sum(&self, id: u64) -> u64 {
        blocking(id) + other(id).await
    }

    #[expect(
        clippy::manual_async_fn,
        reason = "a future without a path of the method's own is tried"
    )]
    fn opaque(&self, id: u64) -> impl Future<Output = u64> {
        async move { self.inner.user(other(id).await).await }
    }
}

#[async_trait]
trait Boxed {
    async fn boxed(&self, id: u64) -> u64;
}

#[async_trait]
impl Boxed for Inner {
    #[cached(ttl = 60, skip(self))]
    async fn boxed(&self, id: u64) -> u64 {
        id * 10
    }
}

#[async_trait]
impl Boxed for Plain {
    async fn boxed(&self, id: u64) -> u64 {
        self.inner.boxed(id + 1).await
    }
}

impl Plain {
    #[invalidates(self.user(id), self.order(id), self.sum(id), self.opaque(id), self.boxed(id))]
    async fn change(&self, id: u64) {}
}

/// Entries of other functions stay, `prime!` stores nothing for them, and `key!` gives none of their keys.
#[tokio::test]
async fn a_method_that_is_not_cached_names_no_other_function() {
    let cache = memory().await;
    let plain = Plain::default();
    let calls = async {
        assert_eq!(
            (other(1).await, plain.inner.user(1).await, plain.inner.user(2).await),
            (1, 10, 20)
        );
        assert_eq!((plain.inner.boxed(1).await, plain.inner.boxed(2).await), (10, 20));
        plain.change(1).await;
        assert_eq!(cache.stats().deleted, 0);
        assert_eq!(cache.stats().failed_invalidations, 5);
        for named in [
            invalidate!(plain.user(1)).await,
            invalidate!(plain.order(1)).await,
            invalidate!(plain.sum(1)).await,
            invalidate!(plain.opaque(1)).await,
            invalidate!(plain.boxed(1)).await,
        ] {
            assert!(named.unwrap_err().is_config());
        }
        assert!(prime!(plain.user(1), &99).await.unwrap_err().is_config());
        assert!(prime!(plain.order(1), &99).await.unwrap_err().is_config());
        assert_eq!((key!(plain.user(1)), key!(plain.order(1))), (None, None));
        assert_eq!((other(1).await, plain.user(1).await), (1, 20));
        assert_eq!(invalidate!(plain.inner.boxed(1)).await.unwrap().deleted, 1);
    };
    cache.scope(calls).await;
}

struct Repo {
    inner: Inner,
    next: AtomicU64,
}

impl Repo {
    fn inner(&self) -> &Inner {
        self.next.fetch_add(1, Relaxed);
        &self.inner
    }

    #[invalidates(self.inner.user(blocking(id)), self.inner().user(blocking(id)))]
    async fn change(&self, id: u64) {}
}

/// A cached call among the arguments is answered, and not taken for the named one.
#[tokio::test]
async fn arguments_of_a_named_call_are_evaluated_before() {
    let cache = memory().await;
    let repo = Repo { inner: Inner, next: AtomicU64::new(0) };
    let calls = async {
        assert_eq!((blocking(1), repo.inner.user(2).await), (2, 20));
        repo.change(1).await;
        assert_eq!(cache.stats().deleted, 1);
        assert_eq!(repo.next.load(Relaxed), 1);
        repo.inner.user(2).await;
        assert_eq!(invalidate!(repo.inner.user(blocking(1))).await.unwrap().deleted, 1);
        assert_eq!((blocking(1), cache.stats().loads), (2, 3));
    };
    cache.scope(calls).await;
}

static OWN: LazyLock<Cache> = LazyLock::new(embedded);
static CACHES: LazyLock<[Cache; 2]> = LazyLock::new(|| [embedded(), embedded()]);
static DAYS: [u64; 2] = [86_400, 172_800];

fn embedded() -> Cache {
    let runtime = tokio::runtime::Builder::new_current_thread();
    std::thread::spawn(move || { runtime }.build().expect("it is built").block_on(memory()))
        .join()
        .expect("a handle is built")
}

fn own() -> &'static Cache {
    &OWN
}

#[cached(ttl = 60, cache = own())]
async fn on_own(id: u64) -> u64 {
    id
}

#[cached(ttl = DAYS[0], cache = CACHES[0])]
async fn on_the_first(id: u64) -> u64 {
    id
}

#[cached(ttl = if cfg!(test) { DAYS[1] } else { 1 }, cache = CACHES[usize::from(cfg!(test))])]
async fn on_the_second(id: u64) -> u64 {
    id
}

#[invalidates(on_own(id), on_the_first(id), on_the_second(id), other(id))]
async fn change_all(id: u64) {}

#[invalidates(on_own(id), cache = cache)]
async fn change_there(cache: &Cache, id: u64) {}

async fn call_each() {
    on_own(1).await;
    on_the_first(1).await;
    on_the_second(1).await;
    other(1).await;
}

/// The entry of a named call is deleted where its function stores it, whatever handle the write has.
#[tokio::test]
async fn a_named_call_goes_to_the_handle_of_its_function() {
    let cache = memory().await;
    let handles = [own(), &CACHES[0], &CACHES[1]];
    let calls = async {
        call_each().await;
        change_all(1).await;
        call_each().await;
        assert_eq!(
            handles.map(|handle| (handle.stats().loads, handle.stats().deleted)),
            [(2, 1); 3]
        );
        assert_eq!((cache.stats().loads, cache.stats().deleted), (2, 1));
    };
    cache.scope(calls).await;
    // Nothing is in scope: the functions have their own handles all the same.
    change_all(1).await;
    assert_eq!(handles.map(|handle| handle.stats().deleted), [2; 3]);
    prime!(on_the_first(7), &70).await.unwrap();
    prime!(on_the_second(7), &70).await.unwrap();
    assert_eq!((on_the_first(7).await, on_the_second(7).await), (70, 70));
    let ttl = CACHES[1].ttl(key!(on_the_second(7)).expect("a key").as_str()).await.unwrap();
    assert!(format!("{ttl:?}").contains("1727"), "two days, less a moment: {ttl:?}");
    change_there(&cache, 1).await;
    assert_eq!(on_own(1).await, 1);
}

#[cached(ttl = 60, cache = cache, skip(cache))]
async fn on_the_callers(cache: &Cache, id: u64) -> u64 {
    id + cache.stats().hits
}

/// The handle is an argument: it is known where it is in scope, and nowhere else.
#[tokio::test]
async fn a_handle_that_is_an_argument_must_be_in_scope() {
    let cache = memory().await;
    on_the_callers(&cache, 1).await;
    assert!(invalidate!(on_the_callers(1)).await.unwrap_err().is_config());
    assert!(prime!(on_the_callers(1), &1).await.unwrap_err().is_config());
    assert_eq!(cache.scope(invalidate!(on_the_callers(1))).await.unwrap().deleted, 1);
    cache.scope(prime!(on_the_callers(1), &70)).await.unwrap();
    assert_eq!(on_the_callers(&cache, 1).await, 70);
}

struct Job {
    result: u64,
}

#[cached(ttl = 60)]
async fn outcome(id: u64) -> u64 {
    id
}

#[invalidates(outcome(job.result))]
async fn finish(job: &Job) -> Result<(), String> {
    (job.result > 0).then_some(()).ok_or_else(String::new)
}

#[invalidates(outcome(result.result), when = "ok")]
async fn start(id: u64) -> Job {
    Job { result: id }
}

#[tokio::test]
async fn result_is_the_placeholder_where_it_stands_alone() {
    let cache = memory().await;
    let calls = async {
        outcome(7).await;
        finish(&Job { result: 7 }).await.unwrap();
        assert_eq!(cache.stats().deleted, 1);
        outcome(7).await;
        start(7).await;
        assert_eq!(cache.stats().deleted, 2);
    };
    cache.scope(calls).await;
}

mod users {
    #[cache_runtime::cached(ttl = 60, skip(_factor))]
    pub(super) async fn get(_factor: u64, id: u64) -> u64 {
        id
    }
}

use users::get as get_user;

#[invalidates(get_user(7, id), refresh)]
async fn rename(id: u64) {}

#[tokio::test]
async fn a_function_is_itself_by_whatever_name() {
    let cache = memory().await;
    let calls = async {
        users::get(7, 1).await;
        rename(1).await;
        assert_eq!((cache.stats().deleted, cache.stats().loads), (1, 2));
    };
    cache.scope(calls).await;
}

static BODIES: AtomicU64 = AtomicU64::new(0);

#[cached(ttl = 60)]
#[invalidates(other(id))]
async fn cached_above(id: u64) -> u64 {
    BODIES.fetch_add(1, Relaxed) + id
}

#[invalidates(other(id))]
#[cached(ttl = 60)]
async fn cached_below(id: u64) -> u64 {
    BODIES.fetch_add(1, Relaxed) + id
}

/// The body invalidates, and a hit has none, in whichever order the attributes stand.
#[tokio::test]
async fn both_attributes_on_one_function() {
    for below in [false, true] {
        let cache = memory().await;
        let call = async || if below { cached_below(1).await } else { cached_above(1).await };
        let calls = async {
            other(1).await;
            call().await;
            assert_eq!(cache.stats().deleted, 1, "below: {below}");
            other(1).await;
            call().await;
            assert_eq!(cache.stats().deleted, 1, "below: {below}");
        };
        cache.scope(calls).await;
    }
}
