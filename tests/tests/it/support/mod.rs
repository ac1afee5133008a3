//! What test modules have in common.

mod gate;
mod running;
mod strategy;

pub(crate) use gate::Gate;
pub(crate) use running::Running;
pub(crate) use strategy::{assert_deleted, strategy};

use cache_runtime::{Cache, CacheBuilder};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use testkit::RedisServer;
use tokio::runtime::{Builder, Runtime};

/// The longest that a test waits for what it expects. Generous: the machine may be busy with other tests.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// Builds a handle on an embedded store of its own, with no option set.
pub(crate) async fn memory() -> Cache {
    Cache::builder().memory().build().await.expect("the embedded store needs nothing")
}

/// Builds a handle on an embedded store whose functions have this TTL, in seconds.
pub(crate) async fn memory_with_ttl(seconds: u64) -> Cache {
    let builder = Cache::builder().memory().default_ttl(seconds);
    builder.build().await.expect("the embedded store needs nothing")
}

/// Begins a handle on a server whose answers are waited for, however busy the machine is.
pub(crate) fn over(server: &RedisServer) -> CacheBuilder {
    Cache::builder().redis(server.url()).budget(SOON).connect_timeout(SOON)
}

/// Builds a handle that waits for its server 200 ms a call, as a test of an outage needs it.
pub(crate) async fn hasty(server: &RedisServer) -> Cache {
    over(server).budget(Duration::from_millis(200)).build().await.unwrap()
}

/// Builds a handle on a server, with the strategy that `CACHE_TEST_STRATEGY` names.
pub(crate) async fn on(server: &RedisServer, prefix: &str) -> Cache {
    over(server).prefix(prefix).strategy(strategy()).build().await.unwrap()
}

/// Runs a test on a server and on the embedded store.
pub(crate) async fn on_both(test: impl AsyncFn(&Cache)) {
    let server = RedisServer::start();
    test(&on(&server, "cache").await).await;
    test(&memory().await).await;
}

/// Fails if the future takes longer than twice [`SOON`].
pub(crate) async fn in_time<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(SOON * 2, future).await.expect("nobody waits for ever")
}

/// Polls a future once.
pub(crate) fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// Compiles if the future is `Send`.
pub(crate) fn is_send<F: Future + Send>(future: F) -> F {
    future
}

/// Builds a tokio runtime of one thread.
pub(crate) fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}
