//! What the scenes stand on: a table whose loads can be held up, and handles that read it by lists of ids.

pub(crate) use crate::support::SOON;
use crate::support::strategy;
use cache_runtime::{Cache, CacheBuilder, cached, invalidates};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use testkit::{RedisServer, eventually};
use tokio::sync::Semaphore;

/// A table of numbers. What is not written has no row from 100 on, and the version 0 below.
#[derive(Debug, Default)]
pub(crate) struct Table {
    version: AtomicU64,
    asked: Mutex<Vec<Vec<u64>>>,
    gate: Mutex<Option<Arc<Semaphore>>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failed;

impl Table {
    /// Every list that was asked for, and forgets them.
    pub(crate) fn asked(&self) -> Vec<Vec<u64>> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    /// Lets loads that begin from now on wait until what is returned is closed.
    pub(crate) fn shut(&self) -> Arc<Semaphore> {
        let gate = Arc::new(Semaphore::new(0));
        *self.gate.lock().unwrap() = Some(Arc::clone(&gate));
        gate
    }

    pub(crate) fn leave_open(&self) {
        *self.gate.lock().unwrap() = None;
    }

    pub(crate) fn write(&self, version: u64) {
        self.version.store(version, SeqCst);
    }

    pub(crate) async fn has_been_asked(&self, times: usize) {
        let is_asked = async || self.asked.lock().unwrap().len() >= times;
        eventually(SOON, is_asked, "the load has begun").await;
    }

    pub(crate) fn note(&self, ids: &[u64]) {
        self.asked.lock().unwrap().push(ids.to_vec());
    }

    async fn load(&self, ids: &[u64]) -> HashMap<u64, u64> {
        self.note(ids);
        let version = self.version.load(SeqCst);
        let gate = self.gate.lock().unwrap().clone();
        if let Some(gate) = gate {
            // There are no permits: it returns when the gate is closed for good.
            let _ = gate.acquire().await;
        }
        ids.iter().filter(|id| **id < 100).map(|id| (*id, version)).collect()
    }
}

/// A process, as far as the cache is concerned.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) cache: Cache,
    pub(crate) table: Arc<Table>,
}

#[cached(ttl = 60, key = "rows:<ids>", each = ids, skip(node), cache = node.cache)]
pub(crate) async fn rows(node: &Node, ids: &[u64]) -> HashMap<u64, u64> {
    node.table.load(ids).await
}

#[cached(ttl = 60, wait = "50ms", each = ids, skip(node), cache = node.cache)]
pub(crate) async fn impatient(node: &Node, ids: Vec<u64>) -> HashMap<u64, u64> {
    node.table.load(&ids).await
}

/// Waits as long as a test does.
#[cached(ttl = 60, wait = "1h", lease = "1h", each = ids, skip(node), cache = node.cache)]
pub(crate) async fn waiting(node: &Node, ids: &[u64]) -> HashMap<u64, u64> {
    node.table.load(ids).await
}

/// Asks for more, some of it itself.
#[cached(ttl = 60, wait = "1h", each = ids, skip(node, more), cache = node.cache)]
pub(crate) async fn nested(node: &Node, ids: &[u64], more: &[u64]) -> HashMap<u64, u64> {
    let mut found = node.table.load(ids).await;
    if !more.is_empty() {
        let inner = Box::pin(nested(node, more, &[])).await;
        found.extend(inner.into_iter().filter(|(id, _)| ids.contains(id)));
    }
    found
}

/// Fails when 13 is asked for.
#[cached(ttl = 60, each = ids, skip(node), cache = node.cache)]
pub(crate) async fn unlucky(node: &Node, ids: &[u64]) -> Result<HashMap<u64, u64>, Failed> {
    let found = node.table.load(ids).await;
    if ids.contains(&13) { Err(Failed) } else { Ok(found) }
}

/// Stores nothing.
#[cached(ttl = 60, store_if = |_| false, none_ttl = 0, each = ids, skip(node), cache = node.cache)]
pub(crate) async fn unstored(node: &Node, ids: &[u64]) -> HashMap<u64, u64> {
    node.table.load(ids).await
}

/// What a transaction lends.
#[derive(Debug)]
pub(crate) struct Connection;

/// Runs once: it could not give the connection back to itself.
#[cached(ttl = 60, each = ids, skip(node, _connection), cache = node.cache)]
pub(crate) async fn lent(
    node: &Node,
    _connection: &mut Connection,
    ids: &[u64],
) -> HashMap<u64, u64> {
    node.table.load(ids).await
}

#[invalidates("rows:<id>:*", cache = node.cache)]
pub(crate) async fn write(node: &Node, id: u64, version: u64) {
    let _ = id;
    node.table.write(version);
}

impl Node {
    pub(crate) async fn over(server: &RedisServer, table: &Arc<Table>) -> Self {
        Self::built(Cache::builder().redis(server.url()).strategy(strategy()), table).await
    }

    pub(crate) async fn embedded() -> Self {
        Self::built(Cache::builder().memory(), &Arc::default()).await
    }

    pub(crate) async fn built(builder: CacheBuilder, table: &Arc<Table>) -> Self {
        let builder = builder.prefix("each").budget(Duration::from_secs(10));
        Self { cache: builder.build().await.expect("the cache is built"), table: Arc::clone(table) }
    }

    pub(crate) async fn rows(&self, ids: &[u64]) -> Vec<(u64, u64)> {
        sorted(rows(self, ids).await)
    }
}

pub(crate) fn sorted(rows: HashMap<u64, u64>) -> Vec<(u64, u64)> {
    let mut rows: Vec<_> = rows.into_iter().collect();
    rows.sort_unstable();
    rows
}

/// Runs a scene on the embedded store, and on a server.
pub(crate) async fn on_both(scene: impl AsyncFn(&Node)) {
    scene(&Node::embedded().await).await;
    let server = RedisServer::start();
    scene(&Node::over(&server, &Arc::default()).await).await;
}
