//! A database, functions that read and write it, and handles with a tier.

pub(crate) use crate::support::SOON;
use crate::support::strategy;
use cache_runtime::{Cache, CacheBuilder, cached, invalidates};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;
use testkit::RedisServer;

/// One number, and how often it was read.
#[derive(Debug, Default)]
pub(crate) struct Database {
    value: AtomicU64,
    reads: AtomicU64,
}

impl Database {
    pub(crate) fn write(&self, value: u64) {
        self.value.store(value, SeqCst);
    }

    pub(crate) fn read(&self) -> u64 {
        self.reads.fetch_add(1, SeqCst);
        self.value.load(SeqCst)
    }

    pub(crate) fn reads(&self) -> u64 {
        self.reads.load(SeqCst)
    }
}

#[cached(ttl = "1h", key = "numbers:<id>", skip(cache, database), cache = cache)]
pub(crate) async fn number(cache: &Cache, database: &Database, id: u64) -> Arc<u64> {
    Arc::new(id + database.read())
}

#[invalidates("numbers:<id>:*", cache = cache)]
pub(crate) async fn change(cache: &Cache, database: &Database, id: u64, value: u64) -> u64 {
    database.write(value);
    id
}

/// Not stale for as long as any test runs, but by being told.
pub(crate) fn builder(server: &RedisServer) -> CacheBuilder {
    let builder = Cache::builder().redis(server.url()).budget(SOON).connect_timeout(SOON);
    builder.local(100).local_cap(Duration::from_secs(3600)).strategy(strategy())
}

pub(crate) async fn cache(server: &RedisServer) -> Cache {
    builder(server).build().await.unwrap()
}

/// How many calls were answered in process.
pub(crate) fn here(cache: &Cache) -> u64 {
    cache.stats().local_hits
}

/// Calls until the value is kept in process: at most one call loads, and one reads. Gives back what is kept.
pub(crate) async fn warm(cache: &Cache, database: &Database, id: u64) -> Arc<u64> {
    let before = here(cache);
    for _ in 0..3 {
        let value = number(cache, database, id).await;
        if here(cache) > before {
            return value;
        }
    }
    panic!("{id} is not kept");
}
