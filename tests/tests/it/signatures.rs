//! Every function shape: it hits, it keeps its signature, and `return` and `?` skip nothing.

use crate::support::memory;
use async_trait::async_trait;
use cache_runtime::stats::Counts;
use cache_runtime::{cached, invalidates};
use std::collections::HashMap;
use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

type Fallible<T> = Result<T, Fault>;

/// An error type that knows nothing of caches: no `Debug`, no `Clone`, no serde.
struct Fault;

/// Runs `twice` on a fresh handle and expects a miss, then a hit.
async fn expect_hit<F: AsyncFn()>(twice: F) -> Counts {
    let cache = memory().await;
    cache.scope(async { twice().await }).await;
    assert_eq!((cache.stats().hits, cache.stats().loads), (0, 1), "the first call loads");
    cache.scope(async { twice().await }).await;
    assert_eq!((cache.stats().hits, cache.stats().loads), (1, 1), "the second call hits");
    cache.stats().total()
}

#[cached(ttl = 60)]
async fn plain_async(id: u64) -> u64 {
    id + 1
}

#[cached(ttl = "1m", key = "aliased:<name>")]
async fn aliased(name: &str, mut times: usize) -> Fallible<String> {
    times += 1;
    if name.is_empty() {
        return Err(Fault);
    }
    Ok(name.repeat(times))
}

#[cached]
async fn optional(id: u8) -> Option<u8> {
    let id = id.checked_sub(1)?;
    Some(id)
}

#[cached(ttl = 60)]
fn blocking(id: u64) -> Fallible<u64> {
    if id == 7 {
        return Ok(id);
    }
    Err(Fault)
}

#[cached(ttl = 60)]
fn boxed<'a>(name: &'a str) -> Pin<Box<dyn Future<Output = Fallible<String>> + Send + 'a>> {
    if name == "now" {
        return Box::pin(std::future::ready(Ok(name.to_owned())));
    }
    Box::pin(async move { Ok(name.to_uppercase()) })
}

#[cached(ttl = 60)]
fn opaque(id: u64) -> impl Future<Output = u64> + Send {
    async move { id * 2 }
}

#[cached(ttl = 60)]
async fn generic<T, const N: usize>(value: T) -> String
where
    T: Default + Debug + serde::Serialize,
{
    format!("{:?} {N}", (value, T::default()))
}

#[cached(ttl = 60)]
async fn implicit(value: impl Debug + serde::Serialize, list: &[&str]) -> String {
    format!("{value:?} {list:?}")
}

#[cached(ttl = 60)]
async fn destructured((a, b): (u8, u8), [first, ..]: [u8; 3], _: Option<u8>) -> u32 {
    u32::from(a) * 100 + u32::from(b) * 10 + u32::from(first)
}

#[cached(ttl = 60, key = "raw:<type>")]
async fn raw_names(r#type: &str) -> String {
    r#type.to_owned()
}

#[cached(ttl = 60)]
async fn opaque_error(id: u8) -> Result<u8, impl std::error::Error> {
    "8".parse::<u8>().map(|eight| eight + id)
}

#[cached(ttl = 60, skip(loads), unordered(columns))]
async fn skipped(loads: &AtomicU32, columns: Vec<&str>, #[cached(skip)] _trace: String) -> u32 {
    loads.fetch_add(1, SeqCst) + u32::from(columns.is_empty())
}

#[tokio::test]
async fn free_functions_hit() {
    expect_hit(async || assert_eq!(plain_async(1).await, 2)).await;
    expect_hit(async || assert!(aliased("ab", 1).await.is_ok_and(|s| s == "abab"))).await;
    expect_hit(async || assert_eq!(optional(1).await, Some(0))).await;
    expect_hit(async || assert!(blocking(7).is_ok_and(|seven| seven == 7))).await;
    expect_hit(async || assert!(boxed("x").await.is_ok_and(|s| s == "X"))).await;
    expect_hit(async || assert!(boxed("now").await.is_ok_and(|s| s == "now"))).await;
    expect_hit(async || assert_eq!(opaque(2).await, 4)).await;
    expect_hit(async || assert_eq!(generic::<u8, 3>(1).await, "(1, 0) 3")).await;
    expect_hit(async || assert_eq!(implicit(1, &["a"]).await, "1 [\"a\"]")).await;
    expect_hit(async || assert_eq!(destructured((1, 2), [3, 4, 5], None).await, 123)).await;
    expect_hit(async || assert_eq!(raw_names("t").await, "t")).await;
    expect_hit(async || assert!(opaque_error(1).await.is_ok_and(|nine| nine == 9))).await;
}

#[tokio::test]
async fn errors_are_not_stored() {
    let cache = memory().await;
    cache
        .scope(async {
            assert!(aliased("", 1).await.is_err());
            assert!(aliased("", 1).await.is_err());
            assert!(blocking(1).is_err());
        })
        .await;
    let stats = cache.stats();
    assert_eq!((stats.loads, stats.stores, stats.hits), (3, 0, 0));
}

#[tokio::test]
async fn skipped_and_unordered_arguments_do_not_tell_calls_apart() {
    let (one, other) = (AtomicU32::new(0), AtomicU32::new(10));
    memory()
        .await
        .scope(async {
            assert_eq!(skipped(&one, vec!["a", "b"], "x".into()).await, 0);
            assert_eq!(skipped(&other, vec!["b", "a"], "y".into()).await, 0);
            assert_eq!(skipped(&other, vec!["b"], "y".into()).await, 10);
        })
        .await;
}

#[derive(Clone)]
struct Repo {
    tenant: u32,
    table: Arc<HashMap<u64, String>>,
}

impl Repo {
    fn new(tenant: u32) -> Self {
        Self { tenant, table: Arc::new(HashMap::from([(1, format!("one of {tenant}"))])) }
    }

    #[cached(ttl = 60, key = "row:<self.tenant>:<id>")]
    pub async fn by_ref(&self, id: u64) -> Option<String> {
        self.table.get(&id).cloned()
    }

    #[cached(ttl = 60, key = "mut:<self.tenant>")]
    async fn by_mut(&mut self) -> u32 {
        self.tenant += 0;
        self.tenant
    }

    #[cached(ttl = 60, skip(self))]
    async fn by_value(self, id: u64) -> Option<String> {
        self.table.get(&id).cloned()
    }

    #[cached(ttl = 60, key = "arc:<self.tenant>")]
    async fn by_arc(self: Arc<Self>) -> u32 {
        self.tenant
    }

    #[cached(ttl = 60, key = "box:<self.tenant>")]
    fn by_box(self: Box<Self>) -> u32 {
        self.tenant
    }

    #[cached(ttl = 60, key = "pin:<self.tenant>")]
    async fn by_pin(self: Pin<&mut Self>) -> u32 {
        self.tenant
    }

    #[cached(ttl = 60)]
    pub async fn associated(id: u64) -> u64 {
        id
    }

    #[invalidates("row:<self.tenant>:*", self.by_value(1))]
    async fn write(self, fail: bool) -> Fallible<()> {
        if fail {
            return Err(Fault);
        }
        Ok(())
    }

    #[invalidates(self.by_ref(id))]
    async fn write_one(&self, id: u64) {}

    #[invalidates(Repo::associated(id + 1))]
    async fn write_associated(id: u64) {}
}

#[tokio::test]
async fn methods_with_any_receiver_hit() {
    let repo = Repo::new(1);
    expect_hit(async || assert_eq!(repo.by_ref(1).await.as_deref(), Some("one of 1"))).await;
    expect_hit(async || assert_eq!(repo.clone().by_mut().await, 1)).await;
    expect_hit(async || assert_eq!(repo.clone().by_value(1).await.unwrap(), "one of 1")).await;
    expect_hit(async || assert_eq!(Arc::new(repo.clone()).by_arc().await, 1)).await;
    expect_hit(async || assert_eq!(Box::new(repo.clone()).by_box(), 1)).await;
    expect_hit(async || assert_eq!(Pin::new(&mut repo.clone()).by_pin().await, 1)).await;
    expect_hit(async || assert_eq!(Repo::associated(3).await, 3)).await;
}

#[tokio::test]
async fn tenants_do_not_share_entries() {
    memory()
        .await
        .scope(async {
            assert_eq!(Repo::new(1).by_ref(1).await.unwrap(), "one of 1");
            assert_eq!(Repo::new(2).by_ref(1).await.unwrap(), "one of 2");
        })
        .await;
}

#[tokio::test]
async fn a_write_clears_its_patterns_and_the_calls_it_names() {
    let cache = memory().await;
    let (one, two) = (Repo::new(1), Repo::new(2));
    cache
        .scope(async {
            one.by_ref(1).await;
            one.by_ref(2).await;
            two.by_ref(1).await;
            one.clone().by_value(1).await;
            assert!(one.clone().write(true).await.is_err());
            assert_eq!(cache.stats().deleted, 0, "a failed write clears nothing");
            assert!(one.clone().write(false).await.is_ok());
            assert_eq!(cache.stats().deleted, 3);
            two.write_one(2).await;
            assert_eq!(cache.stats().deleted, 3, "another call's entry stays");
            two.write_one(1).await;
            assert_eq!(cache.stats().deleted, 4);
            Repo::associated(5).await;
            Repo::write_associated(4).await;
            assert_eq!(cache.stats().deleted, 5);
        })
        .await;
}

trait Source {
    fn name(&self) -> String;

    #[cached(ttl = 60, skip(self))]
    fn with_default(&self, id: u64) -> String {
        format!("{} {id}", self.name())
    }
}

struct Left;
struct Right;

impl Source for Left {
    fn name(&self) -> String {
        "left".into()
    }
}

impl Source for Right {
    fn name(&self) -> String {
        "right".into()
    }
}

#[async_trait]
trait Catalog: Send + Sync {
    async fn table(&self, id: u64) -> Fallible<Option<String>>;
    async fn rename(&self, id: u64) -> Fallible<()>;
    async fn drop_all(&self, tables: &dyn Catalog) -> Fallible<()>;
}

#[async_trait]
impl Catalog for Repo {
    #[cached(ttl = 60, key = "table:<id>", skip(self))]
    async fn table(&self, id: u64) -> Fallible<Option<String>> {
        let Some(table) = self.table.get(&id) else { return Err(Fault) };
        Ok(Some(table.clone()))
    }

    #[invalidates(self.table(id))]
    async fn rename(&self, id: u64) -> Fallible<()> {
        let _table = self.table.get(&id).ok_or(Fault)?;
        Ok(())
    }

    #[invalidates(tables.table(1), "other:*")]
    async fn drop_all(&self, tables: &dyn Catalog) -> Fallible<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_traits_default_method_keeps_its_implementors_apart() {
    memory()
        .await
        .scope(async {
            assert_eq!(Left.with_default(1), "left 1");
            assert_eq!(Right.with_default(1), "right 1");
            assert_eq!(Left.with_default(1), "left 1");
        })
        .await;
}

#[tokio::test]
async fn async_trait_methods_work_through_trait_objects() {
    let cache = memory().await;
    let catalog: Arc<dyn Catalog> = Arc::new(Repo::new(1));
    let task = cache.scope(async move {
        assert!(catalog.table(1).await.is_ok());
        assert!(catalog.table(1).await.is_ok());
        assert!(catalog.rename(2).await.is_err());
        assert!(catalog.table(1).await.is_ok());
        assert!(catalog.rename(1).await.is_ok());
        assert!(catalog.table(1).await.is_ok());
        assert!(catalog.drop_all(&*catalog).await.is_ok());
        assert!(catalog.table(1).await.is_ok());
    });
    tokio::spawn(task).await.unwrap();
    let stats = cache.stats();
    assert_eq!((stats.hits, stats.loads, stats.deleted), (2, 3, 2));
}
