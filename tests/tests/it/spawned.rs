//! Futures of annotated functions can be handed to a runtime: they are `Send`, whatever their values
//! and errors are made of.
//!
//! No bound that depends on a lifetime may stand in a type that a coroutine holds over an await: rustc forgets lifetimes there, and takes
//! `'static` for any (`implementation of Clone is not general enough`).

use async_trait::async_trait;
use cache_runtime::{Cache, cached, invalidates, key};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

type Text = Cow<'static, str>;
type Shared = Arc<dyn Error + Send + Sync>;
type Boxed = Box<dyn Error + Send + Sync>;
type Aliased<T> = Result<T, &'static str>;

/// An error with a lifetime of its own.
#[derive(Clone, Debug)]
struct Fault<'a>(#[expect(dead_code, reason = "it has to hold one")] &'a str);

/// An error of which a copy is another's business.
#[derive(Clone, Debug)]
struct Generic<T>(T);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Row {
    name: Text,
}

/// A value that is one for no other lifetime.
#[derive(Debug)]
struct Lasting<'a>(&'a str);

impl Clone for Lasting<'static> {
    fn clone(&self) -> Self {
        Self(self.0)
    }
}

impl Serialize for Lasting<'static> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl<'de> Deserialize<'de> for Lasting<'static> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|_| Self("read"))
    }
}

/// What awaits what it is given.
async fn twice<F: Future>(first: F, second: F) -> (F::Output, F::Output) {
    (first.await, second.await)
}

fn is_send<T: Send>(value: T) -> T {
    value
}

async fn pause() {
    tokio::task::yield_now().await;
}

/// One function for each signature and list of options, and one test that spawns them all.
macro_rules! spawned {
    ($test:ident($id:ident, $text:ident): $(#[$attribute:meta] $name:ident -> $returned:ty = $value:expr;)*) => {
        mod $test {
            use super::*;
            $(
                #[$attribute]
                pub(super) async fn $name($id: u32, $text: &str) -> $returned {
                    pause().await;
                    let _ = ($id, $text);
                    $value
                }
            )*
        }

        #[tokio::test(flavor = "multi_thread")]
        async fn $test() {
            let cache = Cache::builder().memory().build().await.unwrap();
            $({
                let cache = cache.clone();
                let task = tokio::spawn(async move {
                    let text = String::from("text");
                    let call = async { twice($test::$name(1, &text), $test::$name(1, &text)).await };
                    let _ = cache.scope(call).await;
                });
                task.await.unwrap();
                drop(is_send($test::$name(2, "text")));
            })*
        }
    };
}

spawned! { plain(id, text):
    #[cached(ttl = 60)] word -> Result<u8, &'static str> = Ok(1);
    #[cached(ttl = 60)] failed_word -> Result<u8, &'static str> = Err("no");
    #[cached(ttl = 60)] text -> Result<u8, Cow<'static, str>> = Ok(1);
    #[cached(ttl = 60)] text_by_name -> Result<u8, Text> = Ok(1);
    #[cached(ttl = 60)] values_of_text -> Result<Cow<'static, str>, fmt::Error> = Ok("x".into());
    #[cached(ttl = 60)] values_by_name -> Text = "x".into();
    #[cached(ttl = 60)] many_texts -> Vec<Cow<'static, str>> = vec!["x".into()];
    #[cached(ttl = 60)] map_of_texts -> HashMap<Cow<'static, str>, Vec<Text>> = HashMap::new();
    #[cached(ttl = 60)] row -> Result<Row, Arc<dyn Error + Send + Sync>> = Ok(Row { name: "x".into() });
    #[cached(ttl = 60)] shared_by_name -> Result<Row, Shared> = Ok(Row { name: "x".into() });
    #[cached(ttl = 60)] boxed -> Result<Option<Row>, Box<dyn Error + Send + Sync>> = Ok(None);
    #[cached(ttl = 60)] boxed_by_name -> Result<Option<Row>, Boxed> = Ok(None);
    #[cached(ttl = 60)] boxed_static -> Result<u8, Box<dyn Error + Send + Sync + 'static>> = Ok(1);
    #[cached(ttl = 60)] alias -> Aliased<u8> = Ok(1);
    #[cached(ttl = 60)] alias_of_texts -> Aliased<Option<Vec<Text>>> = Ok(None);
    #[cached(ttl = 60)] fault -> Result<u8, Fault<'static>> = Ok(1);
    #[cached(ttl = 60)] generic -> Result<u8, Generic<&'static str>> = Ok(1);
    #[cached(ttl = 60)] generic_fault -> Result<Arc<Row>, Generic<Option<Fault<'static>>>> = Err(Generic(None));
    #[cached(ttl = 60)] pair -> Result<(u8, Text), (&'static str, Text)> = Err(("a", "b".into()));
    #[cached(ttl = 60)] several -> Result<u8, [&'static str; 2]> = Err(["a", "b"]);
    #[cached(ttl = 60)] pointer -> Result<u8, fn(&str) -> &str> = Ok(1);
    #[cached(ttl = 60)] maybe -> Option<Cow<'static, str>> = None;
    #[cached(ttl = 60)] lasting -> Result<Lasting<'static>, Lasting<'static>> = Ok(Lasting("x"));
    #[cached(ttl = 60)] pointed_to -> Result<u8, &'static (dyn Error + Send + Sync)> = Ok(1);
}

spawned! { served_stale(id, text):
    #[cached(ttl = 60, stale = "1m")] word -> Result<u8, &'static str> = Ok(1);
    #[cached(ttl = 60, stale = "1m")] text -> Result<Cow<'static, str>, Cow<'static, str>> = Err("x".into());
    #[cached(ttl = 60, stale = "1m")] shared -> Result<Row, Arc<dyn Error + Send + Sync>> = Ok(Row { name: "x".into() });
    #[cached(ttl = 60, stale_if_error = "1h")] word_if_error -> Result<u8, &'static str> = Err("no");
    #[cached(ttl = 60, stale_if_error = "1h")] shared_if_error -> Result<Vec<Text>, Shared> = Ok(vec![]);
    #[cached(ttl = 60, early = 1.0)] word_early -> Result<u8, &'static str> = Ok(1);
    #[cached(ttl = 60, early = 1.0)] fault_early -> Result<Text, Fault<'static>> = Ok("x".into());
    #[cached(ttl = 60, stale = "1m", stale_if_error = "1h", early = 1.0)] everything -> Aliased<Text> = Ok("x".into());
    #[cached(ttl = 60, stale = "1m", stale_if_error = "1h")] lasting -> Result<Lasting<'static>, Lasting<'static>> = Ok(Lasting("x"));
}

spawned! { with_options(id, text):
    #[cached(ttl = |value: &u8| u64::from(*value) + 1)] ttl_of_value -> Result<u8, &'static str> = Ok(1);
    #[cached(ttl = 60, store_if = |value| !value.is_empty())] kept_if -> Result<Cow<'static, str>, &'static str> = Ok("x".into());
    #[cached(ttl = 60, none_ttl = 5)] none -> Result<Option<Text>, &'static str> = Ok(None);
    #[cached(ttl = 60, codec = "msgpack")] packed -> Result<Text, Text> = Ok("x".into());
    #[cached(ttl = 60, local = false)] not_local -> Result<Text, &'static str> = Ok("x".into());
    #[cached(ttl = 60, single_flight = false)] alone -> Result<Text, &'static str> = Ok("x".into());
    #[cached(ttl = std::time::Duration::from_secs(u64::from(id)))] ttl_of_argument -> Result<u8, &'static str> = Ok(1);
    #[cached(ttl = 60, stale = "1m", store_if = |value| *value > 0)] stale_kept_if -> Result<u8, &'static str> = Ok(1);
    #[cached(key = "text:<text>")] keyed -> Result<u8, &'static str> = Ok(1);
}

spawned! { written(id, text):
    #[invalidates("texts:<id>:*")] word -> Result<u8, &'static str> = Ok(1);
    #[invalidates("texts:<result>:*")] result -> Result<Cow<'static, str>, Cow<'static, str>> = Ok("x".into());
    #[invalidates("texts:<text>:*", when = "always")] always -> Result<(), Arc<dyn Error + Send + Sync>> = Ok(());
    #[invalidates(plain::word(id, text))] named -> Result<Text, &'static str> = Ok("x".into());
    #[invalidates(plain::word(id, text), refresh)] refreshed -> Result<Text, &'static str> = Ok("x".into());
    #[invalidates("texts:*", on_error = "return")] returned -> Result<u8, Boxed> = Ok(1);
    #[invalidates("texts:*", on_error = "return", when = "always")] always_returned -> Result<Text, Boxed> = Ok("x".into());
    #[invalidates("texts:*", again_after = "1s")] again -> Result<&'static str, Fault<'static>> = Ok("x");
    #[invalidates("texts:*")] lasting -> Result<Lasting<'static>, Lasting<'static>> = Ok(Lasting("x"));
}

type Pairs<V> = HashMap<u32, V>;

mod each {
    use super::*;

    #[cached(ttl = 60, each = ids)]
    pub(super) async fn words(ids: &[u32]) -> Result<HashMap<u32, u8>, &'static str> {
        pause().await;
        Ok(ids.iter().map(|id| (*id, 1)).collect())
    }

    #[cached(ttl = 60, each = ids)]
    pub(super) async fn texts(ids: Vec<u32>) -> Result<Vec<(u32, Cow<'static, str>)>, Text> {
        pause().await;
        Ok(ids.iter().map(|id| (*id, "x".into())).collect())
    }

    #[cached(ttl = 60, each = ids)]
    pub(super) async fn shared(ids: &[u32]) -> Result<Pairs<Row>, Arc<dyn Error + Send + Sync>> {
        pause().await;
        Ok(ids.iter().map(|id| (*id, Row { name: "x".into() })).collect())
    }

    #[cached(ttl = 60, each = ids, store_if = |value| value.0 != "no")]
    pub(super) async fn lasting(
        ids: &[u32],
    ) -> Result<HashMap<u32, Lasting<'static>>, Lasting<'static>> {
        pause().await;
        Ok(ids.iter().map(|id| (*id, Lasting("x"))).collect())
    }

    #[cached(ttl = 60, each = ids)]
    pub(super) async fn by_name(ids: &[Text]) -> Aliased<HashMap<Text, Text>> {
        pause().await;
        Ok(ids.iter().map(|id| (id.clone(), id.clone())).collect())
    }
}

/// Everything that is called without a name of its own.
macro_rules! spawn {
    ($cache:ident, $call:expr) => {{
        let cache = $cache.clone();
        let task = tokio::spawn(async move { _ = cache.scope(async { $call.await }).await });
        task.await.unwrap();
    }};
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_of_ids() {
    let cache = Cache::builder().memory().build().await.unwrap();
    spawn!(cache, each::words(&[1, 2]));
    spawn!(cache, each::texts(vec![1, 2]));
    spawn!(cache, each::lasting(&[1, 2]));
    spawn!(cache, each::shared(&[1, 2]));
    spawn!(cache, each::by_name(&["a".into(), "b".into()]));
}

trait Repository: Send + Sync {
    fn opaque(&self, id: u32) -> impl Future<Output = Result<u8, &'static str>> + Send;
    fn shared(&self, id: u32) -> impl Future<Output = Result<Text, Shared>> + Send;
    fn stale(&self, id: u32) -> impl Future<Output = Result<Row, Cow<'static, str>>> + Send;
    fn written(&self, id: u32) -> impl Future<Output = Result<Text, &'static str>> + Send;
    fn listed(
        &self,
        ids: &[u32],
    ) -> impl Future<Output = Result<HashMap<u32, Text>, &'static str>> + Send;
    fn explicit(&self, id: u32) -> impl Future<Output = Result<u8, &'static str>> + Send;
}

struct Repo;

impl Repository for Repo {
    #[cached(ttl = 60, skip(self))]
    async fn opaque(&self, id: u32) -> Result<u8, &'static str> {
        pause().await;
        if id == 0 { Err("no") } else { Ok(1) }
    }

    #[cached(ttl = 60, skip(self))]
    async fn shared(&self, id: u32) -> Result<Text, Shared> {
        pause().await;
        if id == 0 { Err(Arc::new(fmt::Error)) } else { Ok("x".into()) }
    }

    #[cached(ttl = 60, skip(self), stale = "1m", stale_if_error = "1h")]
    async fn stale(&self, id: u32) -> Result<Row, Cow<'static, str>> {
        pause().await;
        if id == 0 { Err("no".into()) } else { Ok(Row { name: "x".into() }) }
    }

    #[invalidates("texts:<id>:*")]
    async fn written(&self, id: u32) -> Result<Text, &'static str> {
        pause().await;
        if id == 0 { Err("no") } else { Ok("x".into()) }
    }

    #[cached(ttl = 60, skip(self), each = ids)]
    async fn listed(&self, ids: &[u32]) -> Result<HashMap<u32, Text>, &'static str> {
        pause().await;
        Ok(ids.iter().map(|id| (*id, "x".into())).collect())
    }

    #[cached(ttl = 60, skip(self))]
    fn explicit(&self, id: u32) -> impl Future<Output = Result<u8, &'static str>> + Send {
        async move {
            pause().await;
            if id == 0 { Err("no") } else { Ok(1) }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn methods_of_traits() {
    async fn all(repository: &impl Repository) {
        for id in [0, 1, 1] {
            let _ = is_send(repository.opaque(id)).await;
            let _ = is_send(repository.shared(id)).await;
            let _ = is_send(repository.stale(id)).await;
            let _ = is_send(repository.written(id)).await;
            let _ = is_send(repository.listed(&[id])).await;
            let _ = is_send(repository.explicit(id)).await;
        }
    }
    let cache = Cache::builder().memory().build().await.unwrap();
    spawn!(cache, all(&Repo));
}

#[async_trait]
trait Dynamic: Send + Sync {
    async fn word(&self, id: u32) -> Result<u8, &'static str>;
    async fn stale(&self, id: u32) -> Result<Text, Shared>;
    async fn written(&self, id: u32) -> Result<Text, Text>;
    async fn listed(&self, ids: Vec<u32>) -> Result<HashMap<u32, Text>, &'static str>;
}

#[async_trait]
impl Dynamic for Repo {
    #[cached(ttl = 60, skip(self))]
    async fn word(&self, id: u32) -> Result<u8, &'static str> {
        pause().await;
        if id == 0 { Err("no") } else { Ok(1) }
    }

    #[cached(ttl = 60, skip(self), stale = "1m", stale_if_error = "1h")]
    async fn stale(&self, id: u32) -> Result<Text, Shared> {
        pause().await;
        if id == 0 { Err(Arc::new(fmt::Error)) } else { Ok("x".into()) }
    }

    #[invalidates("texts:<result>:*", word(id))]
    async fn written(&self, id: u32) -> Result<Text, Text> {
        pause().await;
        if id == 0 { Err("no".into()) } else { Ok("x".into()) }
    }

    #[cached(ttl = 60, skip(self), each = ids)]
    async fn listed(&self, ids: Vec<u32>) -> Result<HashMap<u32, Text>, &'static str> {
        pause().await;
        Ok(ids.iter().map(|id| (*id, "x".into())).collect())
    }
}

#[cached(ttl = 60)]
async fn word(id: u32) -> Result<u8, &'static str> {
    pause().await;
    if id == 0 { Err("no") } else { Ok(1) }
}

#[tokio::test(flavor = "multi_thread")]
async fn methods_behind_a_pointer() {
    let cache = Cache::builder().memory().build().await.unwrap();
    let repository: Arc<dyn Dynamic> = Arc::new(Repo);
    for id in [0, 1, 1] {
        let repository = Arc::clone(&repository);
        spawn!(cache, async {
            let _ = repository.word(id).await;
            let _ = repository.stale(id).await;
            let _ = repository.written(id).await;
            let _ = repository.listed(vec![id]).await;
        });
    }
}

#[cached(ttl = 60)]
fn boxed(id: u32) -> Pin<Box<dyn Future<Output = Result<Text, &'static str>> + Send>> {
    Box::pin(async move {
        pause().await;
        if id == 0 { Err("no") } else { Ok("x".into()) }
    })
}

#[cached(ttl = 60, stale = "1m")]
fn opaque(id: &u32) -> impl Future<Output = Result<Text, Shared>> + Send {
    let id = *id;
    async move {
        pause().await;
        if id == 0 { Err(Arc::new(fmt::Error) as Shared) } else { Ok("x".into()) }
    }
}

#[cached(ttl = 60)]
fn blocking(id: u32) -> Result<Text, &'static str> {
    if id == 0 { Err("no") } else { Ok("x".into()) }
}

#[cached(ttl = 60, stale = "1m", stale_if_error = "1h")]
fn blocking_stale(id: u32) -> Result<Text, Shared> {
    if id == 0 { Err(Arc::new(fmt::Error)) } else { Ok("x".into()) }
}

#[cached(ttl = 60, each = ids)]
fn blocking_list(ids: &[u32]) -> Result<HashMap<u32, Text>, &'static str> {
    Ok(ids.iter().map(|id| (*id, "x".into())).collect())
}

#[invalidates("texts:<result>:*")]
fn blocking_write(id: u32) -> Result<Text, &'static str> {
    if id == 0 { Err("no") } else { Ok("x".into()) }
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_that_return_futures_and_those_that_block() {
    let cache = Cache::builder().memory().build().await.unwrap();
    for id in [0, 1, 1] {
        spawn!(cache, boxed(id));
        spawn!(cache, opaque(&id));
        let task = tokio::task::spawn_blocking(move || {
            let _ = blocking(id);
            let _ = blocking_stale(id);
            let _ = blocking_list(&[id]);
            let _ = blocking_write(id);
        });
        task.await.unwrap();
    }
}

/// A future that holds generics is `Send` for every one of them.
#[cached(ttl = 60)]
async fn of_generics<T, E>(value: T) -> Result<T, E>
where
    T: Clone + Serialize + for<'de> Deserialize<'de> + Send + Sync + 'static,
    E: Clone + Send + Sync + 'static,
{
    pause().await;
    Ok(value)
}

#[tokio::test(flavor = "multi_thread")]
async fn generics_and_named_calls() {
    let cache = Cache::builder().memory().build().await.unwrap();
    spawn!(cache, of_generics::<Text, &'static str>("x".into()));
    spawn!(cache, of_generics::<String, Text>("x".into()));
    spawn!(cache, async {
        let _ = key!(word(1));
        let _ = cache_runtime::invalidate!(word(1)).await;
        let _ = cache_runtime::prime!(word(1), &1).await;
        let _ = cache_runtime::invalidate!(Repo.opaque(1)).await;
        let _ = cache_runtime::prime!(Repo.shared(1), &Text::from("x")).await;
    });
}
