//! A small runtime of our own, for callers that have none: blocking functions, and futures outside tokio.
//!
//! Nothing of it exists until the first such caller. A blocking function inside a tokio worker cannot block on
//! that worker's own runtime; here it waits for another thread instead, whatever flavour its runtime has.

use futures_util::FutureExt;
use std::future::{self, Future};
use std::sync::OnceLock;
use std::sync::mpsc;
use tokio::runtime::{Builder, Handle};

static RUNTIME: OnceLock<Option<Handle>> = OnceLock::new();

/// The runtime's handle, or `None` when the system gave us no thread.
fn runtime() -> Option<&'static Handle> {
    RUNTIME.get_or_init(start).as_ref()
}

fn start() -> Option<Handle> {
    let runtime = Builder::new_current_thread().enable_all().build().ok()?;
    let handle = runtime.handle().clone();
    let thread = std::thread::Builder::new().name("cache-runtime".into());
    let started = thread.spawn(move || runtime.block_on(future::pending::<()>()));
    if let Err(error) = started {
        tracing::error!(target: "cache_runtime", %error, "no thread for the cache; blocking functions run without it");
        return None;
    }
    Some(handle)
}

/// Runs `work` where tokio is, if it needs that: here, or on the bridge. `None` when it cannot run.
pub(crate) async fn drive<T: Send + 'static>(
    needs_tokio: bool,
    work: impl Future<Output = T> + Send + 'static,
) -> Option<T> {
    if !needs_tokio || Handle::try_current().is_ok() {
        return Some(work.await);
    }
    runtime()?.spawn(work).await.ok()
}

/// Runs `work` for a blocking caller: in place when it is ready at once, else on the bridge, while this thread waits.
/// `None` when it cannot run.
pub(crate) fn drive_blocking<T: Send + 'static>(
    needs_tokio: bool,
    work: impl Future<Output = T> + Send + 'static,
) -> Option<T> {
    if !needs_tokio {
        return work.now_or_never();
    }
    let (done, result) = mpsc::sync_channel(1);
    runtime()?.spawn(async move {
        // The receiver waits below and goes away only with this thread.
        let _ = done.send(work.await);
    });
    result.recv().ok()
}
