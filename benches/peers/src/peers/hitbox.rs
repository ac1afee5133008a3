//! `hitbox`: an attribute macro, with a cache named in each call.

use super::{Entry, Peer, ReadThrough, any};
use crate::database::{self, LANG, PAGE, TENANT, TTL, User, server};
use ::hitbox::backend::CacheBackend;
use ::hitbox::concurrency::BroadcastConcurrencyManager;
use ::hitbox::policy::{ConcurrencyLimit, PolicyConfig};
use ::hitbox::{CacheContext, CacheKey};
use futures_util::future::BoxFuture;
use hitbox_fn::Cache;
use hitbox_moka::MokaBackend;
use hitbox_redis::{ConnectionMode, RedisBackend};
use std::sync::Arc;
use std::time::Duration;

pub(crate) const REDIS: Entry = Entry {
    name: "`hitbox`, Redis",
    setup: "`#[cached]`, `BroadcastConcurrencyManager` with one load at a time; its documentation's time limits \
            (connecting 5 s, answers 2 s, 3 retries); Bincode",
    shared: true,
    connect: redis,
};

pub(crate) const MOKA: Entry = Entry {
    name: "`hitbox`, Moka",
    setup: "`#[cached]`, the same manager; it keeps JSON, and decodes it in each hit",
    shared: false,
    connect: moka,
};

type Loaded = Result<User, String>;

fn redis() -> BoxFuture<'static, Arc<dyn Peer>> {
    let backend = RedisBackend::builder()
        .connection(ConnectionMode::single(server()))
        .connection_timeout(Duration::from_secs(5))
        .response_timeout(Duration::from_secs(2))
        .retries(3)
        .build()
        .expect("a connection is named");
    Box::pin(async { over(backend) })
}

fn moka() -> BoxFuture<'static, Arc<dyn Peer>> {
    Box::pin(async { over(MokaBackend::builder().max_entries(10_000).build()) })
}

fn over<B: CacheBackend + Send + Sync + 'static>(backend: B) -> Arc<dyn Peer> {
    let one = ConcurrencyLimit::new(1).expect("1 is between 1 and 255");
    let cache = Cache::builder()
        .backend(backend)
        .policy(PolicyConfig::builder().ttl(TTL).concurrency(one).build())
        .concurrency_manager(BroadcastConcurrencyManager::new())
        .build();
    any(Hitbox(Arc::new(cache)))
}

// Borrowed arguments, `&'static str` among them, do not compile.
#[hitbox_fn::cached]
async fn user(id: u64, tenant: String, lang: String, page: Option<u32>) -> Loaded {
    Ok(database::user(id, &tenant, &lang, page).await)
}

struct Hitbox<B>(Arc<Cache<B, BroadcastConcurrencyManager<Loaded>>>);

impl<B> Clone for Hitbox<B> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<B: CacheBackend + Send + Sync + 'static> ReadThrough for Hitbox<B> {
    type Value = User;

    async fn call(&self, id: u64) -> Loaded {
        user(id, TENANT.to_owned(), LANG.to_owned(), PAGE).cache(Arc::clone(&self.0)).await
    }

    /// There is nothing to call for this: the key is put together by hand, as the macro does it.
    async fn invalidate(&self, id: u64) -> Result<(), String> {
        let (id, page) = (id.to_string(), PAGE.map(|page| page.to_string()));
        let key = CacheKey::from_slice(&[
            ("fn", Some("user")),
            ("id", Some(&id)),
            ("tenant", Some(TENANT)),
            ("lang", Some(LANG)),
            ("page", page.as_deref()),
        ]);
        let deleted = self.0.backend().delete(&key, &mut CacheContext::default().boxed()).await;
        deleted.map(|_| ()).map_err(|error| error.to_string())
    }
}
