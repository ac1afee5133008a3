//! `multi-tier-cache`: Moka before Redis, called by hand with a key.

use super::by_hand::key;
use super::{Entry, Peer, ReadThrough, any};
use crate::database::{self, TTL, User, server};
use futures_util::future::BoxFuture;
use multi_tier_cache::{
    CacheManager, CacheStrategy, CacheTier, InvalidationConfig, L1Cache, L2Cache, MokaCacheConfig,
};
use std::sync::Arc;

pub(crate) const BOTH: Entry = Entry {
    name: "`multi-tier-cache`",
    setup: "Moka and Redis, `new_with_invalidation` (Pub/Sub), `get_or_compute_typed`; JSON in both tiers",
    shared: true,
    connect: both,
};

pub(crate) const REDIS: Entry = Entry {
    name: "`multi-tier-cache`, Redis alone",
    setup: "one tier, Redis, over `ConnectionManager`'s defaults; `get_or_compute_typed`; JSON",
    shared: true,
    connect: redis,
};

pub(crate) const MEMORY: Entry = Entry {
    name: "`multi-tier-cache`, Moka alone",
    setup: "one tier, Moka; `get_or_compute_typed`, key by `format!`; JSON, decoded in each hit",
    shared: false,
    connect: memory,
};

fn both() -> BoxFuture<'static, Arc<dyn Peer>> {
    Box::pin(async {
        let (config, redis) = (InvalidationConfig::default(), Arc::new(tier().await));
        let manager = CacheManager::new_with_invalidation(moka(), redis, server(), config).await;
        any(MultiTier { prefix: "both", manager: Arc::new(manager.expect("Redis is there")) })
    })
}

fn redis() -> BoxFuture<'static, Arc<dyn Peer>> {
    Box::pin(async { only(CacheTier::new(Arc::new(tier().await), 1, false, 1, 1.0)) })
}

fn memory() -> BoxFuture<'static, Arc<dyn Peer>> {
    Box::pin(async { only(CacheTier::new(moka(), 1, false, 1, 1.0)) })
}

fn only(tier: CacheTier) -> Arc<dyn Peer> {
    let manager = CacheManager::new_with_tiers(vec![tier], None).expect("one tier is in order");
    any(MultiTier { prefix: "only", manager: Arc::new(manager) })
}

fn moka() -> Arc<L1Cache> {
    Arc::new(L1Cache::new(MokaCacheConfig::default()).expect("the defaults are good"))
}

async fn tier() -> L2Cache {
    L2Cache::with_url(server()).await.expect("Redis is there")
}

/// Returns a manager of Redis alone, which can remove by pattern.
pub(crate) async fn manager() -> CacheManager {
    let tiers = vec![CacheTier::new(Arc::new(tier().await), 1, false, 1, 1.0)];
    CacheManager::new_with_tiers(tiers, None).expect("one tier is in order")
}

#[derive(Clone)]
struct MultiTier {
    /// What its keys begin with: another peer on the same server must not find its entries.
    prefix: &'static str,
    manager: Arc<CacheManager>,
}

impl ReadThrough for MultiTier {
    type Value = User;

    async fn call(&self, id: u64) -> Result<User, String> {
        let load = || async move { Ok(database::load(id).await) };
        let (key, strategy) = (key(self.prefix, id), CacheStrategy::Custom(TTL));
        let called = self.manager.get_or_compute_typed(&key, strategy, load).await;
        called.map_err(|error| error.to_string())
    }

    async fn invalidate(&self, id: u64) -> Result<(), String> {
        self.manager.invalidate(&key(self.prefix, id)).await.map_err(|error| error.to_string())
    }
}
