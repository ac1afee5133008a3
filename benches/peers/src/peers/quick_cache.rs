//! `quick_cache`: an in-process cache engine. It knows no expiry.

use super::by_hand::key;
use super::{Entry, Peer, ReadThrough, any};
use crate::database::{self, User};
use ::quick_cache::sync::Cache;
use futures_util::future::BoxFuture;
use std::sync::Arc;

pub(crate) const ENTRY: Entry = Entry {
    name: "`quick_cache`",
    setup: "`sync::Cache<String, Arc<User>>`, `get_or_insert_async`, key by `format!`; entries do not expire",
    shared: false,
    connect,
};

fn connect() -> BoxFuture<'static, Arc<dyn Peer>> {
    Box::pin(async { any(QuickCache(Arc::new(Cache::new(10_000)))) })
}

#[derive(Clone)]
struct QuickCache(Arc<Cache<String, Arc<User>>>);

impl ReadThrough for QuickCache {
    type Value = Arc<User>;

    async fn call(&self, id: u64) -> Result<Arc<User>, String> {
        let load = async { Ok(Arc::new(database::load(id).await)) };
        self.0.get_or_insert_async(key("app", id).as_str(), load).await
    }

    async fn invalidate(&self, id: u64) -> Result<(), String> {
        self.0.remove(key("app", id).as_str());
        Ok(())
    }
}
