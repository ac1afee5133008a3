//! A small runtime of our own, for callers that have none: blocking functions, and futures outside tokio.
//!
//! Nothing of it exists until the first such caller. A blocking function inside a tokio worker cannot block on
//! that worker's own runtime; here it waits for another thread instead, whatever flavour its runtime has.

use futures_util::FutureExt;
use std::cell::Cell;
use std::future::{self, Future};
use std::net::{Ipv4Addr, UdpSocket};
use std::panic;
use std::sync::OnceLock;
use std::sync::mpsc;
use std::time::Duration;
use tokio::runtime::{Builder, Handle, Id, RuntimeFlavor};
use tokio::task::JoinHandle;
use tracing::instrument::WithSubscriber;

static RUNTIME: OnceLock<Option<Handle>> = OnceLock::new();

/// The runtime's handle, or `None` when the system gave us no thread.
fn runtime() -> Option<&'static Handle> {
    RUNTIME.get_or_init(start).as_ref()
}

fn start() -> Option<Handle> {
    let runtime = Builder::new_current_thread().enable_all().build().ok()?;
    let handle = runtime.handle().clone();
    let thread = std::thread::Builder::new().name("cache-runtime".into());
    let started = thread.spawn(move || {
        IS_HERE.set(true);
        runtime.block_on(future::pending::<()>());
    });
    if let Err(error) = started {
        tracing::error!(target: "cache_runtime", %error, "no thread for the cache; blocking functions run without it");
        return None;
    }
    Some(handle)
}

thread_local! {
    /// Whether this is the thread of the bridge.
    static IS_HERE: Cell<bool> = const { Cell::new(false) };

    /// The runtime that this thread was last seen in, and whether it is whole.
    static SEEN: Cell<Option<(Id, bool)>> = const { Cell::new(None) };
}

/// Whether this is a tokio runtime with timers and I/O. One that was built without `enable_all` panics at their first
/// use, and a user's function must not.
fn is_in_a_whole_runtime() -> bool {
    let Ok(runtime) = Handle::try_current() else {
        return false;
    };
    match SEEN.get() {
        Some((id, whole)) if id == runtime.id() => whole,
        _ => {
            let whole = is_whole();
            SEEN.set(Some((runtime.id(), whole)));
            whole
        }
    }
}

/// Tries timers and I/O out: there is no other way to ask. The panic is tokio's, its message goes to the panic hook.
fn is_whole() -> bool {
    let tried = panic::catch_unwind(|| {
        drop(tokio::time::sleep(Duration::ZERO));
        // A system that grants no socket says nothing of the runtime.
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0));
        let _ = socket.and_then(|socket| {
            socket.set_nonblocking(true)?;
            tokio::net::UdpSocket::from_std(socket)
        });
    });
    if tried.is_err() {
        tracing::warn!(target: "cache_runtime", "this tokio runtime was built without `enable_all`; the cache uses a thread of its own");
    }
    tried.is_ok()
}

/// Runs work where tokio is, if it needs that: here, or on the bridge. `None` when it cannot run.
///
/// The work comes as a closure: a future that is passed on stands in its caller's future and in the callee's arguments, too.
pub(crate) async fn run_on_tokio<T, F>(needs_tokio: bool, work: impl FnOnce() -> F) -> Option<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    if !needs_tokio || is_in_a_whole_runtime() {
        return Some(work().await);
    }
    let task = spawn_made(runtime()?, work);
    task.await.ok()
}

/// Spawns a future that is made inside the runtime: to make a timer elsewhere panics, and in another runtime it may never fire.
fn spawn_made<F>(runtime: &Handle, work: impl FnOnce() -> F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    // mutant: a timer is made on the thread of a caller
    let _inside = runtime.enter();
    runtime.spawn(work())
}

/// Like [`run_on_tokio`], but `work` that needs tokio goes on when its caller is dropped.
pub(crate) async fn run_to_end<T: Send + 'static>(
    needs_tokio: bool,
    work: impl Future<Output = T> + Send + 'static,
) -> Option<T> {
    if !needs_tokio {
        // mutant: an invalidation ends with its caller
        return Some(work.await);
    }
    // mutant: an invalidation runs where its caller stands still
    if runs_by_itself() && is_in_a_whole_runtime() {
        return Handle::current().spawn(work).await.ok();
    }
    run_apart(work).await
}

/// Whether this is a runtime with threads of its own. One of a single thread stands still between
/// two calls of `block_on`, with all that was spawned there.
fn runs_by_itself() -> bool {
    flavor() == Some(RuntimeFlavor::MultiThread) || is_here()
}

/// Whether this is a runtime whose duties run on the bridge.
pub(crate) fn is_lent_a_runtime() -> bool {
    flavor().is_some() && !runs_by_itself()
}

fn flavor() -> Option<RuntimeFlavor> {
    Handle::try_current().ok().map(|runtime| runtime.runtime_flavor())
}

/// Begins `work` that nobody waits for, such as the duty of a caller that is gone. Its runtime may end with it, or stand
/// still until the next caller comes. Work that does not need tokio is done at once.
pub(crate) fn spawn_detached(needs_tokio: bool, work: impl Future<Output = ()> + Send + 'static) {
    if needs_tokio {
        // mutant: what a caller leaves behind waits for its runtime
        spawn_apart(work);
    } else {
        let _ = work.now_or_never();
    }
}

/// Runs `work` on the bridge, wherever the caller is; it goes on when the caller is dropped, and logs where the caller does.
/// `None`: there is no thread for it.
pub(crate) async fn run_apart<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Option<T> {
    runtime()?.spawn(work.with_current_subscriber()).await.ok()
}

/// Begins `work` on the bridge, where it goes on when the caller's own runtime ends, and logs where the caller does. Without a
/// thread it does not run.
pub(crate) fn spawn_apart(work: impl Future<Output = ()> + Send + 'static) {
    if let Some(runtime) = runtime() {
        drop(runtime.spawn(work.with_current_subscriber()));
    }
}

/// Tells whether this is the thread of the bridge, on which blocking callers wait. Nothing of the application's may run here.
pub(crate) fn is_here() -> bool {
    IS_HERE.try_with(Cell::get).unwrap_or_default()
}

/// Drops what is the application's on a thread that nobody waits for.
pub(crate) fn drop_apart(value: impl Send + 'static) {
    if let Some(runtime) = runtime() {
        runtime.spawn_blocking(move || drop(value));
    }
}

/// Runs `work` for a blocking caller: in place when it is ready at once, else on the bridge, while this thread waits.
/// `None` when it cannot run, as on the bridge itself.
pub(crate) fn run_on_tokio_blocking<T: Send + 'static>(
    needs_tokio: bool,
    work: impl Future<Output = T> + Send + 'static,
) -> Option<T> {
    if !needs_tokio {
        return work.now_or_never();
    }
    // The thread of the bridge would wait for itself.
    if is_here() {
        return None;
    }
    let (done, result) = mpsc::sync_channel(1);
    runtime()?.spawn(async move {
        // The receiver waits below and goes away only with this thread.
        let _ = done.send(work.await);
    });
    result.recv().ok()
}
