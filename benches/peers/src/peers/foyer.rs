//! `foyer`: an in-process cache engine; its half on disk is not asked.

use super::by_hand::key;
use super::{Entry, Peer, ReadThrough, any};
use crate::database::{self, User};
use ::foyer_memory::{Cache, CacheBuilder};
use futures_util::future::BoxFuture;
use std::sync::Arc;

pub(crate) const ENTRY: Entry = Entry {
    name: "`foyer`",
    setup: "`foyer-memory`, `get_or_fetch`, key by `format!`; entries do not expire",
    shared: false,
    connect,
};

fn connect() -> BoxFuture<'static, Arc<dyn Peer>> {
    Box::pin(async { any(Foyer(CacheBuilder::new(10_000).build())) })
}

#[derive(Clone)]
struct Foyer(Cache<String, Arc<User>>);

impl ReadThrough for Foyer {
    type Value = Arc<User>;

    async fn call(&self, id: u64) -> Result<Arc<User>, String> {
        let load =
            || async move { Ok::<_, std::convert::Infallible>(Arc::new(database::load(id).await)) };
        let entry = self.0.get_or_fetch(&key("app", id), load).await;
        entry.map(|entry| Arc::clone(entry.value())).map_err(|error| error.to_string())
    }

    async fn invalidate(&self, id: u64) -> Result<(), String> {
        self.0.remove(&key("app", id));
        Ok(())
    }
}
