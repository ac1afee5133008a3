//! Arguments that are taken apart in the signature, as the handlers of a web framework do it: what the pattern names is an argument.
//!
//! The extractors are those of axum, and like them no `Serialize`.

use cache_runtime::{Cache, Source, cached, invalidates, key, observe};
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

#[derive(Clone)]
struct Path<T>(T);

struct Query<T>(T);

struct State<T>(T);

struct Filter {
    page: u32,
    tags: Vec<String>,
    #[expect(dead_code, reason = "the body does not see it")]
    session: u64,
}

/// A database, which is no part of a key.
#[derive(Default)]
struct App {
    loads: AtomicU32,
}

impl App {
    fn load(&self) -> u32 {
        self.loads.fetch_add(1, SeqCst)
    }
}

#[cached(key = "article:<slug>", ttl = 60, skip(app))]
async fn handler(State(app): State<Arc<App>>, Path(slug): Path<String>) -> Result<String, String> {
    app.load();
    Ok(slug)
}

#[cached(key = "articles:<page>", ttl = 60, skip(app), unordered(tags))]
async fn list(
    State(app): State<Arc<App>>,
    Query(Filter { page, mut tags, .. }): Query<Filter>,
) -> Vec<String> {
    app.load();
    tags.push(page.to_string());
    tags
}

#[cached(key = "deep:<c>:<name.0>", ttl = 60)]
async fn deep(
    (Path((a, mut b)), [c, ..]): (Path<(u8, u8)>, [u8; 3]),
    &(d, ref e): &(u8, String),
    whole @ (_,): (u8,),
    #[cached(skip)] Path(ignored): Path<u8>,
    name: (u8, u8),
) -> String {
    b += 1;
    format!("{a}{b}{c}{d}{e}{ignored}{}{}", whole.0, name.1)
}

#[cached(key = "plain:<slug>", ttl = 60)]
async fn plain(slug: &str) -> String {
    slug.to_owned()
}

#[cached(key = "plain:<slug>", ttl = 60, id = "patterns.plain")]
fn blocking(Path(slug): Path<String>) -> String {
    slug
}

#[cached(key = "boxed:<slug>", ttl = 60, skip(app))]
fn boxed(
    State(app): State<Arc<App>>,
    Path(slug): Path<String>,
) -> Pin<Box<dyn Future<Output = String> + Send>> {
    Box::pin(async move {
        app.load();
        slug
    })
}

#[cached(key = "opaque:<slug>", ttl = 60, stale = "1m")]
fn opaque(Path(slug): Path<String>) -> impl Future<Output = String> + Send {
    async move { slug }
}

#[cached(key = "each:<slug>:<ids>", ttl = 60, each = ids)]
async fn each(Path(mut slug): Path<String>, ids: &[u8]) -> HashMap<u8, String> {
    slug.push('!');
    ids.iter().map(|id| (*id, format!("{slug}{id}"))).collect()
}

#[invalidates("article:<slug>:*", plain(slug), plain(&slug), key_of(Path(slug.clone())), "<result>:*")]
async fn update(State(_app): State<Arc<App>>, Path(slug): Path<String>) -> Result<String, String> {
    Ok(slug)
}

#[cached(key = "key_of:<slug>", ttl = 60)]
async fn key_of(Path(slug): Path<String>) -> String {
    slug
}

#[invalidates(key_of(Path(slug.clone())), refresh)]
async fn update_and_refresh(Path(slug): Path<String>) -> String {
    slug
}

#[invalidates("articles:<page>:*", when = "always")]
fn update_list(Query(Filter { page, tags, .. }): Query<Filter>) -> usize {
    tags.len() + page as usize
}

/// A load, and then a hit with what the load gave.
async fn loads_once<T: PartialEq + std::fmt::Debug>(call: impl AsyncFn() -> T) -> T {
    let (loaded, first) = observe(call()).await;
    let (again, second) = observe(call()).await;
    assert_eq!((first.last, second.last), (Some(Source::Miss), Some(Source::Hit)));
    assert_eq!(loaded, again);
    loaded
}

fn path(slug: &str) -> Path<String> {
    Path(slug.to_owned())
}

fn filter(page: u32, tags: [&str; 2], session: u64) -> Query<Filter> {
    Query(Filter { page, tags: tags.map(str::to_owned).to_vec(), session })
}

async fn in_cache(scene: impl AsyncFnOnce(Cache)) {
    let cache = Cache::builder().memory().build().await.unwrap();
    cache.scope(scene(cache.clone())).await;
}

#[tokio::test]
async fn what_a_pattern_names_is_an_argument() {
    in_cache(async |_| {
        let app = Arc::new(App::default());
        let state = || State(Arc::clone(&app));
        let call = async || handler(state(), path("a")).await;
        assert_eq!(loads_once(call).await.as_deref(), Ok("a"));
        assert_eq!(handler(state(), path("b")).await.as_deref(), Ok("b"));
        assert_eq!(app.loads.load(SeqCst), 2);
        let listed = loads_once(async || list(state(), filter(1, ["x", "y"], 7)).await).await;
        assert_eq!(listed, ["x", "y", "1"]);
        // What the body does not see tells no calls apart, and neither does the order.
        assert_eq!(list(state(), filter(1, ["y", "x"], 8)).await, ["x", "y", "1"]);
        assert_eq!(list(state(), filter(2, ["x", "y"], 7)).await, ["x", "y", "2"]);
        assert_eq!(loads_once(async || boxed(state(), path("a")).await).await, "a");
        assert_eq!(loads_once(async || opaque(path("a")).await).await, "a");
    })
    .await;
}

#[tokio::test]
async fn patterns_of_all_kinds() {
    in_cache(async |_| {
        let call = |a, c, e: &'static str, w| async move {
            let pair = (4, e.to_owned());
            deep((Path((a, 2)), [c, 9, 9]), &pair, (w,), Path(6), (7, 8)).await
        };
        assert_eq!(loads_once(async || call(1, 3, "e", 5).await).await, "1334e658");
        assert_eq!(call(0, 3, "e", 5).await, "0334e658");
        assert_eq!(call(1, 0, "e", 5).await, "1304e658");
        assert_eq!(call(1, 3, "f", 5).await, "1334f658");
        assert_eq!(call(1, 3, "e", 0).await, "1334e608");
        let pairs = loads_once(async || each(path("s"), &[1, 2]).await).await;
        assert_eq!(pairs[&2], "s!2");
        assert_eq!(each(path("t"), &[2]).await[&2], "t!2");
    })
    .await;
}

/// Taken apart or not: the name and the value are the same, and so is the key.
#[tokio::test]
async fn a_call_is_named_by_whole_arguments() {
    in_cache(async |cache| {
        let named = key!(key_of(path("a"))).unwrap();
        key_of(path("a")).await;
        assert!(cache.contains(named.as_str()).await.unwrap());
        let taken_apart = key!(blocking(path("a"))).unwrap();
        assert_eq!(taken_apart.as_str().split(':').count(), 3);
        assert!(
            key!(deep((Path((1, 2)), [3, 4, 5]), &(6, "x".to_owned()), &(1,), &(7, 8))).is_some()
        );
    })
    .await;
}

#[tokio::test]
async fn a_write_invalidates_by_what_its_patterns_name() {
    in_cache(async |_| {
        let app = Arc::new(App::default());
        let state = || State(Arc::clone(&app));
        let read = async || {
            let (_, article) = observe(handler(state(), path("a"))).await;
            let (_, text) = observe(plain("a")).await;
            let (_, key) = observe(key_of(path("a"))).await;
            [article, text, key].map(|seen| seen.last.unwrap())
        };
        read().await;
        assert_eq!(read().await, [Source::Hit; 3]);
        assert_eq!(update(state(), path("b")).await.as_deref(), Ok("b"));
        assert_eq!(read().await, [Source::Hit; 3]);
        assert_eq!(update(state(), path("a")).await.as_deref(), Ok("a"));
        assert_eq!(read().await, [Source::Miss; 3]);
        assert_eq!(update_and_refresh(path("b")).await, "b");
        let (_, fresh) = observe(key_of(path("b"))).await;
        assert_eq!(fresh.last, Some(Source::Hit));
        list(state(), filter(1, ["x", "y"], 7)).await;
        assert_eq!(update_list(filter(1, ["x", "y"], 7)), 3);
        let (_, listed) = observe(list(state(), filter(1, ["x", "y"], 7))).await;
        assert_eq!(listed.last, Some(Source::Miss));
    })
    .await;
}

macro_rules! pair {
    ($x:ident) => {
        #[cached(key = "pair")]
        async fn pair_of_one_name(($x, id): (u8, u8)) -> u8 {
            $x * 10 + id
        }
    };
}

pair!(id);

/// Two variables of one text, told apart by who wrote them: the argument is hashed whole.
#[tokio::test]
async fn names_that_look_alike() {
    let cache = Cache::builder().build().await.unwrap();
    let calls = async {
        assert_eq!(pair_of_one_name((1, 2)).await, 12);
        assert_eq!(pair_of_one_name((1, 3)).await, 13);
        assert_eq!(pair_of_one_name((2, 3)).await, 23);
    };
    cache.scope(calls).await;
    assert_eq!((cache.stats().loads, cache.stats().uncached), (3, 0));
}
