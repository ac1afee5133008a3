//! This toolkit.

use super::{Entry, Peer, ReadThrough, any};
use crate::database::{self, LANG, PAGE, TENANT, TTL_SECONDS, User, server};
use cache_runtime::{Cache, CacheBuilder, Strategy, cached, invalidates};
use futures_util::future::BoxFuture;
use std::sync::Arc;

pub(crate) const REDIS: Entry = Entry {
    name: "**ours**, Redis",
    setup: "`#[cached]` and `#[invalidates]`, nothing set but the URL; JSON",
    shared: true,
    connect: redis,
};

pub(crate) const SCOPED: Entry = Entry {
    name: "**ours**, Redis, scopes",
    setup: "the same with `Strategy::Scoped`: each read takes three epochs with it",
    shared: true,
    connect: with_scopes,
};

pub(crate) const TIERED: Entry = Entry {
    name: "**ours**, in-process tier",
    setup: "`Cache::builder().redis(…).local(10_000)`; each hit is a copy of the `Arc`",
    shared: true,
    connect: tiered,
};

pub(crate) const EMBEDDED: Entry = Entry {
    name: "**ours**, embedded store",
    setup: "`Cache::builder().memory()`; it keeps JSON, and decodes it in each hit",
    shared: false,
    connect: embedded,
};

fn redis() -> BoxFuture<'static, Arc<dyn Peer>> {
    Box::pin(async { any(Ours(handle(server()).await)) })
}

fn with_scopes() -> BoxFuture<'static, Arc<dyn Peer>> {
    Box::pin(async { any(Ours(scoped(server()).await)) })
}

fn tiered() -> BoxFuture<'static, Arc<dyn Peer>> {
    // No round is longer than the usual cap, and all of them are.
    let cap = std::time::Duration::from_secs(3600);
    in_process(Cache::builder().redis(server()).prefix("tiered").local(10_000).local_cap(cap))
}

fn embedded() -> BoxFuture<'static, Arc<dyn Peer>> {
    in_process(Cache::builder().memory())
}

/// A handle whose hits stay in this process; one with a tier before its store differs in the builder alone.
fn in_process(builder: CacheBuilder) -> BoxFuture<'static, Arc<dyn Peer>> {
    Box::pin(async { any(InProcess(builder.build().await.expect("the options are good"))) })
}

/// Returns a handle on a server.
pub(crate) async fn handle(url: &str) -> Cache {
    Cache::builder().redis(url).build().await.expect("the URL is good")
}

/// The same, where prefix patterns are invalidated by epochs.
pub(crate) async fn scoped(url: &str) -> Cache {
    let builder = Cache::builder().redis(url).prefix("scoped").strategy(Strategy::Scoped);
    builder.build().await.expect("the URL is good")
}

#[derive(Clone)]
struct Ours(Cache);

impl Ours {
    #[cached(ttl = TTL_SECONDS, key = "user:<id>", skip(self), cache = self.0)]
    async fn user(
        &self,
        id: u64,
        tenant: &str,
        lang: &str,
        page: Option<u32>,
    ) -> Result<User, String> {
        Ok(database::user(id, tenant, lang, page).await)
    }

    #[invalidates(self.user(id, TENANT, LANG, PAGE), cache = self.0, on_error = "return")]
    async fn changed(&self, id: u64) -> Result<(), Failed> {
        Ok(())
    }
}

/// What is returned here, so that an invalidation that failed is seen.
struct Failed(String);

impl From<cache_runtime::Error> for Failed {
    fn from(error: cache_runtime::Error) -> Self {
        Self(error.to_string())
    }
}

impl ReadThrough for Ours {
    type Value = User;

    async fn call(&self, id: u64) -> Result<User, String> {
        self.user(id, TENANT, LANG, PAGE).await
    }

    async fn invalidate(&self, id: u64) -> Result<(), String> {
        self.changed(id).await.map_err(|failed| failed.0)
    }
}

/// A function that shares its value, on a handle that keeps it in this process.
#[derive(Clone)]
struct InProcess(Cache);

impl InProcess {
    #[cached(ttl = TTL_SECONDS, key = "user:<id>", skip(self), cache = self.0)]
    async fn user(&self, id: u64, tenant: &str, lang: &str, page: Option<u32>) -> Arc<User> {
        Arc::new(database::user(id, tenant, lang, page).await)
    }

    #[invalidates(self.user(id, TENANT, LANG, PAGE), cache = self.0)]
    async fn changed(&self, id: u64) {}
}

impl ReadThrough for InProcess {
    type Value = Arc<User>;

    async fn call(&self, id: u64) -> Result<Arc<User>, String> {
        Ok(self.user(id, TENANT, LANG, PAGE).await)
    }

    async fn invalidate(&self, id: u64) -> Result<(), String> {
        self.changed(id).await;
        Ok(())
    }
}
