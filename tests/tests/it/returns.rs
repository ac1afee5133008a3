//! What functions return: an error is for all who wait where its type can be copied, and this process keeps a value as it is, likewise. Where
//! nothing says that the type outlives everything, the function works all the same: its error is for its own caller, its value is decoded.

use async_trait::async_trait;
use cache_runtime::{Cache, cached};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use testkit::Log;
use tokio::sync::Semaphore;

/// Where values come from: its loads wait until the callers are there.
struct Scene {
    cache: Cache,
    loads: AtomicU64,
    gate: Semaphore,
}

impl Scene {
    async fn load(&self) {
        self.loads.fetch_add(1, SeqCst);
        // There are no permits: it returns when the gate is open.
        let _ = self.gate.acquire().await;
    }
}

async fn scene() -> Scene {
    let built = Cache::builder().memory().local(100).build().await;
    let cache = built.expect("the embedded store needs nothing");
    Scene { cache, loads: AtomicU64::new(0), gate: Semaphore::new(0) }
}

/// Whether a caller who waits gets the error that another's load ended with. The call says whether it failed.
async fn shares(fails: impl AsyncFn(&Scene) -> bool) -> bool {
    let scene = scene().await;
    let (one, other, ()) = tokio::join!(fails(&scene), fails(&scene), async { scene.gate.close() });
    assert!(one && other);
    let stats = scene.cache.stats();
    assert_eq!(stats.stores, 0, "an error is not stored");
    let loads = scene.loads.load(SeqCst);
    assert_eq!((loads, stats.misses + stats.waits), (stats.misses, 2));
    loads == 1
}

/// Whether this process keeps a value as it is, and decodes none. The call says how many have what it returned.
async fn is_valid(owners: impl AsyncFn(&Scene) -> usize) -> bool {
    let scene = scene().await;
    scene.gate.close();
    for _ in 0..4 {
        owners(&scene).await;
    }
    let before = scene.cache.stats().local_hits;
    let owners = owners(&scene).await;
    assert_eq!(scene.cache.stats().local_hits, before + 1, "it is answered in process");
    owners > 1
}

fn failed() -> Shared {
    Arc::new(fmt::Error)
}

type Shared = Arc<dyn Error + Send + Sync>;

/// An error of an application: it can be copied, and is neither `UnwindSafe` nor of one word.
#[derive(Clone, Debug)]
enum Failure {
    Source(#[expect(dead_code, reason = "as errors have")] Shared),
}

impl Failure {
    fn new() -> Self {
        Self::Source(failed())
    }
}

type Fallible<T> = Result<T, Failure>;

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct Row(u64);

#[cached(skip(scene), cache = scene.cache)]
async fn concrete(scene: &Scene) -> Result<Option<Row>, Failure> {
    scene.load().await;
    Err(Failure::new())
}

#[cached(skip(scene), cache = scene.cache)]
async fn aliased(scene: &Scene) -> Fallible<Row> {
    scene.load().await;
    Err(Failure::new())
}

#[cached(skip(scene), cache = scene.cache)]
async fn of_text(scene: &Scene) -> Result<u8, &'static str> {
    scene.load().await;
    Err("none")
}

#[cached(skip(scene), cache = scene.cache)]
async fn of_cow(scene: &Scene) -> Result<u8, Cow<'static, str>> {
    scene.load().await;
    Err("none".into())
}

#[cached(skip(scene), cache = scene.cache)]
async fn of_object(scene: &Scene) -> Result<u8, Arc<dyn Error + Send + Sync>> {
    scene.load().await;
    Err(failed())
}

#[cached(skip(scene), cache = scene.cache)]
fn opaque(scene: &Scene) -> impl Future<Output = Result<Vec<(u8, Row)>, Failure>> {
    async {
        scene.load().await;
        Err(Failure::new())
    }
}

#[cached(each = ids, skip(scene), cache = scene.cache)]
async fn each(scene: &Scene, ids: &[u64]) -> Result<HashMap<u64, Row>, Failure> {
    scene.load().await;
    if ids.is_empty() { Ok(HashMap::new()) } else { Err(Failure::new()) }
}

/// Knows all its types.
struct Table;

#[async_trait]
trait Rows {
    type Failure: Clone + Send;

    async fn of_trait(&self, scene: &Scene) -> Result<Row, Failure>;
    async fn of_its_own(&self, scene: &Scene) -> Result<Row, Self::Failure>;
}

impl Table {
    #[cached(skip(self, scene), cache = scene.cache)]
    async fn method(&self, scene: &Scene) -> Result<Option<Row>, Failure> {
        scene.load().await;
        Err(Failure::new())
    }

    #[cached(skip(scene), cache = scene.cache)]
    async fn associated(scene: &Scene) -> Fallible<Arc<Row>> {
        scene.load().await;
        Err(Failure::new())
    }
}

#[async_trait]
impl Rows for Table {
    type Failure = Failure;

    #[cached(skip(self, scene), cache = scene.cache)]
    async fn of_trait(&self, scene: &Scene) -> Result<Row, Failure> {
        scene.load().await;
        Err(Failure::new())
    }

    #[cached(skip(self, scene), cache = scene.cache)]
    async fn of_its_own(&self, scene: &Scene) -> Result<Row, Self::Failure> {
        scene.load().await;
        Err(Failure::new())
    }
}

#[tokio::test]
async fn an_error_whose_type_is_known_is_shared() {
    #[derive(Clone)]
    struct Here(#[expect(dead_code, reason = "as errors have")] Shared);

    #[cached(skip(scene), cache = scene.cache)]
    async fn of_here(scene: &Scene) -> Result<u8, Here> {
        scene.load().await;
        Err(Here(failed()))
    }

    assert!(shares(async |scene| concrete(scene).await.is_err()).await);
    assert!(shares(async |scene| aliased(scene).await.is_err()).await);
    assert!(shares(async |scene| of_text(scene).await.is_err()).await);
    assert!(shares(async |scene| of_cow(scene).await.is_err()).await);
    assert!(shares(async |scene| of_object(scene).await.is_err()).await);
    assert!(shares(async |scene| opaque(scene).await.is_err()).await);
    assert!(shares(async |scene| each(scene, &[1]).await.is_err()).await);
    assert!(shares(async |scene| Table.method(scene).await.is_err()).await);
    assert!(shares(async |scene| Table::associated(scene).await.is_err()).await);
    assert!(shares(async |scene| Table.of_trait(scene).await.is_err()).await);
    assert!(shares(async |scene| of_here(scene).await.is_err()).await);
}

/// An error that borrows, though its name does not say so.
#[derive(Clone, Debug, PartialEq)]
struct ParseError<'a>(&'a str);

/// A value that may borrow, though its name does not say so.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct Name<'a>(Cow<'a, str>);

#[expect(mismatched_lifetime_syntaxes, reason = "what is hidden is the point")]
mod hidden {
    use super::*;

    #[cached(skip(scene), cache = scene.cache)]
    pub(super) async fn plain(scene: &Scene) -> Result<u8, ParseError> {
        scene.load().await;
        Err(ParseError(scene.cache.store_name()))
    }

    #[cached(key = "stale:", ttl = "1h", stale = "1m", skip(scene), cache = scene.cache)]
    pub(super) async fn stale(scene: &Scene) -> Result<u8, ParseError> {
        scene.load().await;
        Err(ParseError(scene.cache.store_name()))
    }

    #[cached(each = ids, skip(scene), cache = scene.cache)]
    pub(super) async fn each(
        scene: &Scene,
        ids: Vec<u64>,
    ) -> Result<HashMap<u64, Row>, ParseError> {
        scene.load().await;
        assert!(!ids.is_empty());
        Err(ParseError(scene.cache.store_name()))
    }

    #[cached(skip(scene), cache = scene.cache)]
    pub(super) async fn of_value(scene: &Scene) -> Arc<Name> {
        scene.load().await;
        Arc::new(Name(scene.cache.store_name().into()))
    }

    /// Of the value, nothing is hidden.
    #[cached(skip(scene), cache = scene.cache)]
    pub(super) async fn beside(scene: &Scene) -> Result<Arc<Row>, ParseError> {
        scene.load().await;
        Ok(Arc::new(Row(1)))
    }

    #[cached(skip(scene), cache = scene.cache)]
    pub(super) fn blocking(scene: &Scene, id: u64) -> Result<u64, ParseError> {
        scene.loads.fetch_add(1, SeqCst);
        if id == 0 { Err(ParseError(scene.cache.store_name())) } else { Ok(id) }
    }
}

#[tokio::test]
async fn an_error_that_hides_a_lifetime_is_for_its_own_caller() {
    assert!(!shares(async |scene| hidden::plain(scene).await.is_err()).await);
    assert!(!shares(async |scene| hidden::stale(scene).await.is_err()).await);
    assert!(!shares(async |scene| hidden::each(scene, vec![1]).await.is_err()).await);
    let scene = scene().await;
    for _ in 0..2 {
        assert_eq!(hidden::blocking(&scene, 0), Err(ParseError(scene.cache.store_name())));
        assert_eq!(hidden::blocking(&scene, 1), Ok(1));
    }
    assert_eq!((scene.loads.into_inner(), scene.cache.stats().hits), (3, 1));
}

/// A table of whatever rows there are, and of whatever can go wrong. Nothing says that they outlive everything.
struct Repo<Row, Failure> {
    row: Row,
    failure: Failure,
    cache: PhantomData<Row>,
}

/// What the application says of a parameter, without `'static`.
trait Usable: Clone + Send + Sync + Unpin {}

impl<T: Clone + Send + Sync + Unpin> Usable for T {}

impl<Row, Failure> Repo<Row, Failure>
where
    Row: Usable + Serialize + DeserializeOwned,
    Failure: Usable,
{
    #[cached(skip(self, scene), cache = scene.cache)]
    async fn fails(&self, scene: &Scene) -> Result<Option<Row>, Failure> {
        scene.load().await;
        Err(self.failure.clone())
    }

    #[cached(skip(self, scene), cache = scene.cache)]
    fn boxed<'a>(
        &'a self,
        scene: &'a Scene,
    ) -> Pin<Box<dyn Future<Output = Result<Row, Vec<Failure>>> + Send + 'a>> {
        Box::pin(async {
            scene.load().await;
            Err(vec![self.failure.clone()])
        })
    }

    #[cached(each = ids, skip(self, scene), cache = scene.cache)]
    async fn each(&self, scene: &Scene, ids: &[u64]) -> Result<Vec<(u64, Row)>, Failure> {
        scene.load().await;
        assert!(!ids.is_empty());
        Err(self.failure.clone())
    }

    #[cached(skip(self, scene), cache = scene.cache)]
    async fn fails_as_all(&self, scene: &Scene) -> Fallible<Row> {
        scene.load().await;
        Err(super_failure())
    }

    #[cached(skip(self, scene), cache = scene.cache)]
    async fn one(&self, scene: &Scene) -> Arc<Row> {
        scene.load().await;
        Arc::new(self.row.clone())
    }

    #[cached(skip(row, scene), cache = scene.cache)]
    async fn associated(row: &Row, scene: &Scene) -> Result<Arc<Row>, Failure> {
        scene.load().await;
        Ok(Arc::new(row.clone()))
    }

    #[cached(skip(self, scene), cache = scene.cache)]
    async fn number(&self, scene: &Scene) -> Arc<u64> {
        scene.load().await;
        Arc::new(1)
    }
}

fn super_failure() -> Failure {
    Failure::new()
}

fn repo() -> Repo<u64, Failure> {
    Repo { row: 7, failure: Failure::new(), cache: PhantomData }
}

#[tokio::test]
async fn an_error_that_is_a_type_parameter_is_for_its_own_caller() {
    assert!(!shares(async |scene| repo().fails(scene).await.is_err()).await);
    assert!(!shares(async |scene| repo().boxed(scene).await.is_err()).await);
    assert!(!shares(async |scene| repo().each(scene, &[1]).await.is_err()).await);
    assert!(!shares(async |scene| Table.of_its_own(scene).await.is_err()).await);
    assert!(
        shares(async |scene| repo().fails_as_all(scene).await.is_err()).await,
        "this one is not"
    );
}

#[cached(skip(scene), cache = scene.cache)]
async fn one(scene: &Scene) -> Arc<Row> {
    scene.load().await;
    Arc::new(Row(1))
}

impl Table {
    #[cached(skip(self, scene), cache = scene.cache)]
    async fn one(&self, scene: &Scene) -> Result<Arc<Row>, ParseError<'_>> {
        scene.load().await;
        Ok(Arc::new(Row(1)))
    }
}

#[tokio::test]
async fn a_value_whose_type_is_known_is_kept_as_it_is() {
    assert!(is_valid(async |scene| Arc::strong_count(&one(scene).await)).await);
    assert!(is_valid(async |scene| Arc::strong_count(&Table.one(scene).await.unwrap())).await);
    assert!(is_valid(async |scene| Arc::strong_count(&hidden::beside(scene).await.unwrap())).await);
    assert!(is_valid(async |scene| Arc::strong_count(&repo().number(scene).await)).await);
}

#[tokio::test]
async fn a_value_that_may_go_away_is_decoded() {
    assert!(!is_valid(async |scene| Arc::strong_count(&hidden::of_value(scene).await)).await);
    assert!(!is_valid(async |scene| Arc::strong_count(&repo().one(scene).await)).await);
    assert!(!is_valid(async |scene| Arc::strong_count(&associated(scene).await)).await);
    let scene = scene().await;
    scene.gate.close();
    for _ in 0..4 {
        assert_eq!(hidden::of_value(&scene).await.0, scene.cache.store_name());
    }
}

async fn associated(scene: &Scene) -> Arc<u8> {
    let found = Repo::<_, fmt::Error>::associated(&7, scene).await;
    found.expect("nothing fails")
}

/// A `Result` by another name.
type Answer<T> = Result<T, String>;

/// A type of the application's that is called as the standard library's.
mod search {
    use serde::{Deserialize, Serialize};

    #[derive(Debug, Deserialize, PartialEq, Serialize)]
    pub(crate) struct Result<T>(pub(crate) T);
}

/// What went well and what did not, as the application chose to keep it.
#[derive(Debug, Deserialize, PartialEq, Serialize)]
enum MyResult<T> {
    Good(T),
    Bad(String),
}

fn answer(id: u8) -> Answer<u8> {
    if id == 0 { Err("none".to_owned()) } else { Ok(id) }
}

/// Each has an error in it that its signature does not show.
mod inside {
    use super::*;

    #[cached]
    pub(super) async fn shared() -> Arc<Answer<u8>> {
        Arc::new(answer(0))
    }

    #[cached]
    pub(super) async fn optional() -> Option<Answer<u8>> {
        Some(answer(0))
    }

    #[cached]
    pub(super) async fn twice() -> Answer<Answer<u8>> {
        Ok(answer(0))
    }

    #[cached]
    pub(super) fn list() -> Vec<Answer<u8>> {
        vec![answer(1), answer(0)]
    }

    #[cached]
    pub(super) async fn pair() -> (u8, Box<Answer<u8>>) {
        (1, Box::new(answer(0)))
    }

    #[cached(each = ids)]
    pub(super) async fn each(ids: &[u8]) -> HashMap<u8, Answer<u8>> {
        ids.iter().map(|id| (*id, answer(*id))).collect()
    }

    #[cached]
    pub(super) async fn any<T: From<u8> + Serialize + DeserializeOwned>() -> Vec<T> {
        vec![1.into()]
    }
}

#[derive(Debug, Deserialize, Serialize)]
struct Wrapped<T>(T);

impl From<u8> for Wrapped<Answer<u8>> {
    fn from(id: u8) -> Self {
        Self(answer(id))
    }
}

#[tokio::test]
async fn an_error_inside_a_value_is_not_stored_and_each_function_says_so_once() {
    let log = Log::default();
    let _logging = log.listen();
    let cache = Cache::builder().memory().build().await.unwrap();
    let calls = || async {
        inside::shared().await;
        inside::optional().await;
        inside::twice().await.unwrap().unwrap_err();
        inside::list();
        inside::pair().await.1.unwrap_err();
        inside::each(&[0]).await;
        inside::any::<Wrapped<Answer<u8>>>().await;
    };
    for _ in 0..3 {
        cache.scope(calls()).await;
    }
    let stats = cache.stats();
    assert_eq!((stats.hits, stats.stores, stats.skipped), (0, 0, 21));
    for name in ["shared", "optional", "twice", "list", "pair", "each", "any"] {
        let label = format!("returns::inside::{name}\"");
        assert_eq!(log.text().matches(&label).count(), 1, "{label} in {}", log.text());
    }
}

#[tokio::test]
async fn a_type_of_the_applications_own_may_hold_what_it_likes() {
    #[cached]
    async fn found(id: u8) -> Vec<search::Result<u8>> {
        vec![search::Result(id)]
    }

    #[cached]
    async fn mine(id: u8) -> Vec<MyResult<u8>> {
        match answer(id) {
            Ok(id) => vec![MyResult::Good(id)],
            Err(error) => vec![MyResult::Bad(error)],
        }
    }

    let cache = Cache::builder().memory().build().await.unwrap();
    for _ in 0..2 {
        assert_eq!(cache.scope(found(1)).await, [search::Result(1)]);
        assert_eq!(cache.scope(mine(0)).await, [MyResult::Bad("none".to_owned())]);
    }
    assert_eq!((cache.stats().hits, cache.stats().stores), (2, 2));
}
