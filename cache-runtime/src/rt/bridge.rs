//! A small tokio runtime of the cache's own, for blocking functions and futures outside tokio.
//!
//! The runtime starts with the first such caller. A blocking function inside a tokio worker cannot
//! block on the runtime of that worker. Such a function waits for the bridge's thread instead, in
//! every flavour of runtime.

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

/// Returns the handle of the bridge's runtime. Returns `None` if the system granted no thread.
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
    /// `true` on the thread of the bridge.
    static IS_HERE: Cell<bool> = const { Cell::new(false) };

    /// The runtime in which this thread was seen last. The flag is `true` if that runtime has
    /// timers and I/O.
    static SEEN: Cell<Option<(Id, bool)>> = const { Cell::new(None) };
}

/// Tells whether the caller is in a tokio runtime with timers and I/O. A runtime built without
/// `enable_all` panics at their first use, and a user's function must not panic.
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

/// Tries timers and I/O out, because tokio has no function that tells. If one is missing, tokio
/// panics, and its message goes to the panic hook.
fn is_whole() -> bool {
    let tried = panic::catch_unwind(|| {
        drop(tokio::time::sleep(Duration::ZERO));
        // A system that grants no socket gives no evidence about the runtime.
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

/// Runs `work` in the caller's runtime, or on the bridge if `work` needs tokio and finds none here.
/// Returns `None` if `work` cannot run.
///
/// The work comes as a closure, because a future passed as an argument takes space twice: in its
/// caller's future and in the callee's arguments.
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

/// Spawns a future that is made inside the runtime. Making a timer outside every runtime panics. A
/// timer made in another runtime may never fire.
fn spawn_made<F>(runtime: &Handle, work: impl FnOnce() -> F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    // mutant: a timer is made on the thread of a caller
    let _inside = runtime.enter();
    runtime.spawn(work())
}

/// Runs `work` to its end. If `work` needs tokio, it goes on when its caller is dropped. Returns
/// `None` if `work` cannot run.
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

/// Tells whether the caller's runtime has threads of its own. A runtime of a single thread stands
/// still between two calls of `block_on`, with all its tasks.
fn runs_by_itself() -> bool {
    flavor() == Some(RuntimeFlavor::MultiThread) || is_here()
}

/// Tells whether the duties of the caller's runtime run on the bridge.
pub(crate) fn is_lent_a_runtime() -> bool {
    flavor().is_some() && !runs_by_itself()
}

fn flavor() -> Option<RuntimeFlavor> {
    Handle::try_current().ok().map(|runtime| runtime.runtime_flavor())
}

/// Begins `work` that nobody waits for, such as the duty of a caller that is gone. Work that needs
/// tokio runs on the bridge, because the caller's runtime may end or stand still. Other work is
/// done at once.
pub(crate) fn spawn_detached(needs_tokio: bool, work: impl Future<Output = ()> + Send + 'static) {
    if needs_tokio {
        // mutant: what a caller leaves behind waits for its runtime
        spawn_apart(work);
    } else {
        let _ = work.now_or_never();
    }
}

/// Runs `work` on the bridge, wherever the caller is. The work goes on when the caller is dropped,
/// and logs where the caller does. Returns `None` if the bridge has no thread.
pub(crate) async fn run_apart<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Option<T> {
    runtime()?.spawn(work.with_current_subscriber()).await.ok()
}

/// Begins `work` on the bridge. The work goes on when the caller's runtime ends, and logs where the
/// caller does. If the bridge has no thread, the work does not run.
pub(crate) fn spawn_apart(work: impl Future<Output = ()> + Send + 'static) {
    if let Some(runtime) = runtime() {
        drop(runtime.spawn(work.with_current_subscriber()));
    }
}

/// Tells whether this is the thread of the bridge, on which blocking callers wait. The
/// application's own code must not run on this thread.
pub(crate) fn is_here() -> bool {
    IS_HERE.try_with(Cell::get).unwrap_or_default()
}

/// Drops a value of the application's on a thread that nobody waits for.
pub(crate) fn drop_apart(value: impl Send + 'static) {
    if let Some(runtime) = runtime() {
        runtime.spawn_blocking(move || drop(value));
    }
}

/// Runs `work` for a blocking caller. Work that needs no tokio is polled once in place. Other work
/// runs on the bridge while this thread waits. Returns `None` if the work cannot run, for example
/// on the bridge itself.
pub(crate) fn run_on_tokio_blocking<T: Send + 'static>(
    needs_tokio: bool,
    work: impl Future<Output = T> + Send + 'static,
) -> Option<T> {
    if !needs_tokio {
        return work.now_or_never();
    }
    // If the thread of the bridge waited, it would wait for itself.
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
