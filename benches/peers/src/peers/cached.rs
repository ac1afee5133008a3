//! `cached`: attribute macros, with a cache in a `static` of each function.

use super::{Entry, Peer, ReadThrough, any};
use crate::database::{self, LANG, PAGE, TENANT, TTL, User, server};
use ::cached::macros::{cached, concurrent_cached};
use ::cached::{AsyncRedisCache, ConcurrentCachedAsync};
use futures_util::future::BoxFuture;
use std::sync::Arc;

pub(crate) const REDIS: Entry = Entry {
    name: "`cached`, Redis",
    setup: "`#[concurrent_cached]` on `AsyncRedisCache` with `connection_manager(true)`; MessagePack",
    shared: true,
    connect: redis,
};

pub(crate) const SHARDED: Entry = Entry {
    name: "`cached`, `#[concurrent_cached]`",
    setup: "in process, sharded: `max_size`, `ttl_secs`",
    shared: false,
    connect: sharded,
};

pub(crate) const LOCKED: Entry = Entry {
    name: "`cached`, `#[cached]`",
    setup: "in process, one lock: `max_size`, `ttl_secs`, `sync_writes = \"by_key\"`",
    shared: false,
    connect: locked,
};

fn redis() -> BoxFuture<'static, Arc<dyn Peer>> {
    Box::pin(async {
        // The connection is made by the first call; only then can anything be invalidated.
        in_redis(0, TENANT, LANG, PAGE).await.expect("Redis is there");
        any(Redis)
    })
}

fn sharded() -> BoxFuture<'static, Arc<dyn Peer>> {
    Box::pin(async { any(Sharded) })
}

fn locked() -> BoxFuture<'static, Arc<dyn Peer>> {
    Box::pin(async { any(Locked) })
}

type Key = (u64, String, String, Option<u32>);

fn key(id: u64) -> Key {
    (id, TENANT.to_owned(), LANG.to_owned(), PAGE)
}

fn text(id: u64, tenant: &str, lang: &str, page: Option<u32>) -> String {
    format!("{tenant}:{id}:{lang}:{}", page.unwrap_or_default())
}

#[concurrent_cached(
    ty = "AsyncRedisCache<String, User>",
    create = {
        let builder = AsyncRedisCache::builder("user").ttl(TTL).connection_string(server());
        builder.connection_manager(true).build().await.expect("Redis is there")
    },
    key = "String",
    convert = { text(id, tenant, lang, page) },
    map_error = |error| error.to_string()
)]
async fn in_redis(id: u64, tenant: &str, lang: &str, page: Option<u32>) -> Result<User, String> {
    Ok(database::user(id, tenant, lang, page).await)
}

#[concurrent_cached(
    max_size = 10_000,
    ttl_secs = 3600,
    key = "Key",
    convert = { (id, tenant.to_owned(), lang.to_owned(), page) }
)]
async fn in_shards(id: u64, tenant: &str, lang: &str, page: Option<u32>) -> Arc<User> {
    Arc::new(database::user(id, tenant, lang, page).await)
}

#[cached(
    max_size = 10_000,
    ttl_secs = 3600,
    sync_writes = "by_key",
    key = "Key",
    convert = { (id, tenant.to_owned(), lang.to_owned(), page) }
)]
async fn behind_a_lock(id: u64, tenant: &str, lang: &str, page: Option<u32>) -> Arc<User> {
    Arc::new(database::user(id, tenant, lang, page).await)
}

#[derive(Clone)]
struct Redis;

impl ReadThrough for Redis {
    type Value = User;

    async fn call(&self, id: u64) -> Result<User, String> {
        in_redis(id, TENANT, LANG, PAGE).await
    }

    async fn invalidate(&self, id: u64) -> Result<(), String> {
        let key = text(id, TENANT, LANG, PAGE);
        let cache = IN_REDIS.get().expect("it has been called");
        let removed = cache.async_cache_remove(&key).await;
        removed.map(|_| ()).map_err(|error| error.to_string())
    }
}

#[derive(Clone)]
struct Sharded;

impl ReadThrough for Sharded {
    type Value = Arc<User>;

    async fn call(&self, id: u64) -> Result<Arc<User>, String> {
        Ok(in_shards(id, TENANT, LANG, PAGE).await)
    }

    async fn invalidate(&self, id: u64) -> Result<(), String> {
        if let Some(cache) = IN_SHARDS.get() {
            cache.remove(&key(id));
        }
        Ok(())
    }
}

#[derive(Clone)]
struct Locked;

impl ReadThrough for Locked {
    type Value = Arc<User>;

    async fn call(&self, id: u64) -> Result<Arc<User>, String> {
        Ok(behind_a_lock(id, TENANT, LANG, PAGE).await)
    }

    async fn invalidate(&self, id: u64) -> Result<(), String> {
        use ::cached::Cached;
        _ = BEHIND_A_LOCK.write().await.cache_remove(&key(id));
        Ok(())
    }
}
