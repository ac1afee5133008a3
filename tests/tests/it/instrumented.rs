//! `#[tracing::instrument]` beside the attributes, above or below: the body runs inside its span, and `err` sees its errors.

use async_trait::async_trait;
use cache_runtime::{Cache, cached, invalidates};
use std::future::Future;
use std::pin::Pin;
use testkit::Log;
use tracing::instrument;
use tracing::span::Span;

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The span that this runs in.
fn span() -> String {
    Span::current().metadata().map_or("no span", |metadata| metadata.name()).to_owned()
}

/// The span around a body, before and behind an await.
async fn spans() -> String {
    let before = span();
    tokio::task::yield_now().await;
    assert_eq!(before, span());
    before
}

#[cached(ttl = 60)]
#[instrument]
async fn async_below(id: u8) -> Result<String, String> {
    if id == 0 { Err("none".to_owned()) } else { Ok(spans().await) }
}

#[instrument(err)]
#[cached(ttl = 60)]
async fn async_above(id: u8) -> Result<String, String> {
    if id == 0 { Err("none".to_owned()) } else { Ok(spans().await) }
}

#[cached(ttl = 60, stale = "1m")]
#[instrument(err, ret)]
async fn stale_below(id: u8) -> Result<String, String> {
    if id == 0 { Err("none".to_owned()) } else { Ok(spans().await) }
}

#[cached(ttl = 60)]
#[instrument(err)]
fn boxed_below(id: u8) -> BoxFuture<'static, Result<String, String>> {
    Box::pin(async move { if id == 0 { Err("none".to_owned()) } else { Ok(spans().await) } })
}

#[instrument(err)]
#[cached(ttl = 60)]
fn boxed_above(id: u8) -> BoxFuture<'static, Result<String, String>> {
    Box::pin(async move { if id == 0 { Err("none".to_owned()) } else { Ok(spans().await) } })
}

#[cached(ttl = 60, stale_if_error = "1h")]
#[instrument(err)]
fn boxed_stale_below(id: u8) -> BoxFuture<'static, Result<String, String>> {
    Box::pin(async move { if id == 0 { Err("none".to_owned()) } else { Ok(spans().await) } })
}

#[cached(ttl = 60)]
#[instrument(err)]
fn opaque_below(id: &u8) -> impl Future<Output = Result<String, String>> + Send {
    let id = *id;
    async move { if id == 0 { Err("none".to_owned()) } else { Ok(spans().await) } }
}

#[instrument(err)]
#[cached(ttl = 60)]
fn opaque_above(id: u8) -> impl Future<Output = Result<String, String>> + Send {
    async move { if id == 0 { Err("none".to_owned()) } else { Ok(spans().await) } }
}

#[invalidates("spans:*")]
#[instrument(err)]
async fn write_below(id: u8) -> Result<String, String> {
    if id == 0 { Err("none".to_owned()) } else { Ok(spans().await) }
}

#[invalidates("spans:*")]
#[instrument(err)]
fn boxed_write_below(id: u8) -> BoxFuture<'static, Result<String, String>> {
    Box::pin(async move { if id == 0 { Err("none".to_owned()) } else { Ok(spans().await) } })
}

#[instrument(err)]
#[invalidates("spans:*", when = "always")]
fn boxed_write_above(id: u8) -> BoxFuture<'static, Result<String, String>> {
    Box::pin(async move { if id == 0 { Err("none".to_owned()) } else { Ok(spans().await) } })
}

#[invalidates("spans:<result>:*")]
#[cached(ttl = 60)]
#[instrument(err)]
fn both_below(id: u8) -> impl Future<Output = Result<String, String>> + Send {
    async move { if id == 0 { Err("none".to_owned()) } else { Ok(spans().await) } }
}

#[invalidates(opaque_above(id), refresh)]
#[instrument(err)]
fn refreshed_below(id: u8) -> BoxFuture<'static, Result<String, String>> {
    Box::pin(async move { if id == 0 { Err("none".to_owned()) } else { Ok(spans().await) } })
}

#[cached(ttl = 60, each = ids)]
#[instrument(err)]
fn each_below(ids: Vec<u8>) -> BoxFuture<'static, Result<Vec<(u8, String)>, String>> {
    Box::pin(async move {
        if ids.contains(&0) {
            return Err("none".to_owned());
        }
        let span = spans().await;
        Ok(ids.into_iter().map(|id| (id, span.clone())).collect())
    })
}

#[cached(ttl = 60)]
#[instrument(err)]
fn blocking_below(id: u8) -> Result<String, String> {
    if id == 0 { Err("none".to_owned()) } else { Ok(span()) }
}

#[instrument(err)]
#[cached(ttl = 60)]
fn blocking_above(id: u8) -> Result<String, String> {
    if id == 0 { Err("none".to_owned()) } else { Ok(span()) }
}

#[async_trait]
trait Repository: Sync {
    async fn required_below(&self, id: u8) -> Result<String, String>;
    async fn required_above(&self, id: u8) -> Result<String, String>;
    async fn written(&self, id: u8) -> Result<String, String>;
    async fn owner(&self) -> &str;

    #[cached(ttl = 60, skip(self))]
    #[instrument(skip(self), err)]
    async fn provided_below(&self, id: u8) -> Result<String, String> {
        if id == 0 { Err("none".to_owned()) } else { Ok(spans().await) }
    }

    #[instrument(skip(self), err)]
    #[cached(ttl = 60, skip(self))]
    async fn provided_above(&self, id: u8) -> Result<String, String> {
        if id == 0 { Err(self.owner().await.to_owned()) } else { Ok(spans().await) }
    }
}

struct Repo {
    owner: String,
}

#[async_trait]
impl Repository for Repo {
    #[cached(ttl = 60, key = "<self.owner>")]
    #[instrument(skip(self), fields(owner = self.owner), err)]
    async fn required_below(&self, id: u8) -> Result<String, String> {
        if id == 0 { Err("none".to_owned()) } else { Ok(spans().await) }
    }

    #[instrument(skip(self), fields(owner = self.owner), err)]
    #[cached(ttl = 60, key = "<self.owner>")]
    async fn required_above(&self, id: u8) -> Result<String, String> {
        if id == 0 { Err("none".to_owned()) } else { Ok(spans().await) }
    }

    #[invalidates("spans:<id>:*")]
    #[instrument(skip(self), err)]
    async fn written(&self, id: u8) -> Result<String, String> {
        if id == 0 { Err(self.owner().await.to_owned()) } else { Ok(spans().await) }
    }

    async fn owner(&self) -> &str {
        &self.owner
    }
}

/// What is logged while a call runs.
async fn logged<T>(log: &Log, call: impl Future<Output = T>) -> (T, String) {
    log.clear();
    let returned = call.await;
    (returned, log.text())
}

/// Each function runs in the span of its name, with a cache and without.
macro_rules! run_in_their_spans {
    ($test:ident: $($name:ident($call:expr);)*) => {
        #[tokio::test]
        async fn $test() {
            let log = Log::default();
            let _guard = log.listen_to(tracing::Level::INFO);
            let cache = Cache::builder().memory().build().await.unwrap();
            $(
                for handle in [Some(&cache), None] {
                    let call = |id: u8| async move {
                        let call = $call;
                        match handle {
                            Some(cache) => cache.scope(call(id)).await,
                            None => call(id).await,
                        }
                    };
                    assert_eq!(call(1).await.as_deref(), Ok(stringify!($name)));
                    assert_eq!(call(1).await.as_deref(), Ok(stringify!($name)), "a hit");
                    let (failed, logged) = logged(&log, call(0)).await;
                    failed.unwrap_err();
                    let is_told = logged.contains(concat!(stringify!($name), "{"))
                        && logged.contains("ERROR");
                    // One function alone says nothing of its errors.
                    let is_silent = stringify!($name) == "async_below";
                    assert_eq!(is_told, !is_silent, "{}: {logged}", stringify!($name));
                }
            )*
        }
    };
}

const REPO: fn() -> &'static Repo = || Box::leak(Box::new(Repo { owner: "me".to_owned() }));

run_in_their_spans! { functions:
    async_below(async_below);
    async_above(async_above);
    stale_below(stale_below);
    blocking_below(|id| async move { blocking_below(id) });
    blocking_above(|id| async move { blocking_above(id) });
}

run_in_their_spans! { functions_that_return_a_future:
    boxed_below(boxed_below);
    boxed_above(boxed_above);
    boxed_stale_below(boxed_stale_below);
    opaque_below(|id| async move { opaque_below(&id).await });
    opaque_above(opaque_above);
    each_below(|id| async move {
        each_below(vec![id]).await.map(|mut pairs| pairs.remove(0).1)
    });
}

run_in_their_spans! { writes:
    write_below(write_below);
    boxed_write_below(boxed_write_below);
    boxed_write_above(boxed_write_above);
    both_below(both_below);
    refreshed_below(refreshed_below);
}

run_in_their_spans! { methods_of_async_trait:
    required_below(|id| REPO().required_below(id));
    required_above(|id| REPO().required_above(id));
    provided_below(|id| REPO().provided_below(id));
    provided_above(|id| REPO().provided_above(id));
    written(|id| REPO().written(id));
}
