//! `moka`: an in-process cache engine.

use super::by_hand::key;
use super::{Entry, Peer, ReadThrough, any};
use crate::database::{self, TTL, User};
use ::moka::future::Cache;
use futures_util::future::BoxFuture;
use std::sync::Arc;

/// The reference in process: nothing is built for a call but the call.
pub(crate) const PREBUILT: Entry = Entry {
    name: "`moka`, key at hand",
    setup: "`future::Cache<String, Arc<User>>`, `max_capacity`, `time_to_live`; `get` by a key built beforehand",
    shared: false,
    connect: prebuilt,
};

pub(crate) const ENTRY: Entry = Entry {
    name: "`moka`",
    setup: "the same with `get_with`, and the key by `format!` in each call",
    shared: false,
    connect,
};

/// As many as anybody asks for.
const KEYS: u64 = 128;

fn prebuilt() -> BoxFuture<'static, Arc<dyn Peer>> {
    Box::pin(async {
        any(Prebuilt { cache: cache(), keys: (0..KEYS).map(|id| key("app", id)).collect() })
    })
}

fn connect() -> BoxFuture<'static, Arc<dyn Peer>> {
    Box::pin(async { any(Moka(cache())) })
}

fn cache() -> Cache<String, Arc<User>> {
    Cache::builder().max_capacity(10_000).time_to_live(TTL).build()
}

#[derive(Clone)]
struct Prebuilt {
    cache: Cache<String, Arc<User>>,
    keys: Arc<[String]>,
}

impl ReadThrough for Prebuilt {
    type Value = Arc<User>;

    async fn call(&self, id: u64) -> Result<Arc<User>, String> {
        let key = &self.keys[usize::try_from(id).expect("an index")];
        if let Some(user) = self.cache.get(key).await {
            return Ok(user);
        }
        let user = Arc::new(database::load(id).await);
        self.cache.insert(key.clone(), Arc::clone(&user)).await;
        Ok(user)
    }

    async fn invalidate(&self, id: u64) -> Result<(), String> {
        self.cache.invalidate(&key("app", id)).await;
        Ok(())
    }
}

#[derive(Clone)]
struct Moka(Cache<String, Arc<User>>);

impl ReadThrough for Moka {
    type Value = Arc<User>;

    async fn call(&self, id: u64) -> Result<Arc<User>, String> {
        let load = async { Arc::new(database::load(id).await) };
        Ok(self.0.get_with(key("app", id), load).await)
    }

    async fn invalidate(&self, id: u64) -> Result<(), String> {
        self.0.invalidate(&key("app", id)).await;
        Ok(())
    }
}
