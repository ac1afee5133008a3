//! The peers, each used as its documentation recommends for production. One file each.

pub(crate) mod by_hand;
pub(crate) mod cached;
pub(crate) mod foyer;
pub(crate) mod fred;
pub(crate) mod hitbox;
pub(crate) mod moka;
pub(crate) mod multi_tier;
pub(crate) mod ours;
pub(crate) mod quick_cache;
pub(crate) mod redis_crate;
pub(crate) mod rustis;

use crate::database::User;
use futures_util::future::BoxFuture;
use std::borrow::Borrow;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A cache in front of the database, for calls of `user(id, tenant, lang, page)`.
pub(crate) trait ReadThrough: Clone + Send + Sync + 'static {
    /// What a call returns: a user, or a shared one.
    type Value: Borrow<User> + Send;

    /// Calls the function through the cache.
    fn call(&self, id: u64) -> impl Future<Output = Result<Self::Value, String>> + Send;

    /// Says that a user has changed, in the way that the peer documents.
    fn invalidate(&self, id: u64) -> impl Future<Output = Result<(), String>> + Send;
}

/// Any peer. A section that counts nanoseconds asks for whole rounds, in which nothing is boxed.
pub(crate) trait Peer: Send + Sync {
    /// Calls the function, and returns the version it shows.
    fn call(&self, id: u64) -> BoxFuture<'static, Result<u64, String>>;

    fn invalidate(&self, id: u64) -> BoxFuture<'static, Result<(), String>>;

    /// Runs a round of hits, and says how long one took, in seconds.
    fn round(&self, round: Round) -> BoxFuture<'static, f64>;
}

/// Connects a peer; to the server of this process, if it uses Redis.
pub(crate) type Connect = fn() -> BoxFuture<'static, Arc<dyn Peer>>;

/// A peer in a list.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    /// Where entries are, in which form, and what was set.
    pub(crate) setup: &'static str,
    /// Whether other processes see its entries.
    pub(crate) shared: bool,
    pub(crate) connect: Connect,
}

/// Connects a list of them.
pub(crate) async fn connect(entries: &[Entry]) -> Vec<Arc<dyn Peer>> {
    let mut peers = Vec::new();
    for entry in entries {
        peers.push((entry.connect)().await);
    }
    peers
}

/// Lets a concrete peer stand in a list.
pub(crate) fn any(peer: impl ReadThrough) -> Arc<dyn Peer> {
    Arc::new(peer)
}

/// How a round of hits goes.
#[derive(Clone, Copy)]
pub(crate) struct Round {
    /// Tasks at once.
    pub(crate) tasks: u64,
    /// Calls in all.
    pub(crate) calls: u64,
    /// Keys of each task, which no other task reads.
    pub(crate) keys: u64,
}

impl<P: ReadThrough> Peer for P {
    fn call(&self, id: u64) -> BoxFuture<'static, Result<u64, String>> {
        let peer = self.clone();
        Box::pin(async move { Ok(ReadThrough::call(&peer, id).await?.borrow().version()) })
    }

    fn invalidate(&self, id: u64) -> BoxFuture<'static, Result<(), String>> {
        let peer = self.clone();
        Box::pin(async move { ReadThrough::invalidate(&peer, id).await })
    }

    fn round(&self, round: Round) -> BoxFuture<'static, f64> {
        let peer = self.clone();
        Box::pin(async move { storm(peer, round).await.as_secs_f64() / per(round.calls) })
    }
}

#[expect(clippy::cast_precision_loss, reason = "a round has some thousands of calls")]
fn per(calls: u64) -> f64 {
    calls as f64
}

async fn storm<P: ReadThrough>(peer: P, round: Round) -> Duration {
    let started = Instant::now();
    let tasks: Vec<_> =
        (0..round.tasks).map(|task| tokio::spawn(hits(peer.clone(), round, task))).collect();
    for task in tasks {
        task.await.expect("a task that only reads does not panic");
    }
    started.elapsed()
}

async fn hits<P: ReadThrough>(peer: P, round: Round, task: u64) {
    for step in 0..round.calls / round.tasks {
        let id = task * round.keys + step % round.keys;
        black_box(peer.call(id).await.expect("nothing fails while nothing is disturbed"));
    }
}
