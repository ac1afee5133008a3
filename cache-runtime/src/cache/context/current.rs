//! Which handle annotated functions use: the one in scope, else the installed one, else none.

use crate::cache::Cache;
use crate::cache::context::mode;
use crate::error::{Error, Result};
use crate::protocol::ancestry;
use std::borrow::Cow;
use std::future::Future;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use tokio::task::JoinHandle;

static INSTALLED: OnceLock<Cache> = OnceLock::new();

/// Whether a handle was ever in scope: where none is then, it may have been lost on the way.
static WAS_SCOPED: AtomicBool = AtomicBool::new(false);

tokio::task_local! {
    static SCOPED: Cache;
}

/// The handle that annotated functions use here and now.
pub(crate) fn current() -> Option<Cow<'static, Cache>> {
    let scoped = SCOPED.try_with(|cache| Cow::Owned(cache.clone()));
    scoped.ok().or_else(|| INSTALLED.get().map(Cow::Borrowed))
}

/// Tells whether a handle is in scope, whether or not one is installed.
pub(crate) fn is_scoped() -> bool {
    SCOPED.try_with(|_| ()).is_ok()
}

/// Tells whether a handle was in scope in this process, here or elsewhere.
pub(crate) fn was_scoped() -> bool {
    WAS_SCOPED.load(Relaxed)
}

impl Cache {
    /// Makes this the handle of every annotated function in the process that has no `cache = …` of its own.
    ///
    /// With none installed, annotated functions simply run.
    ///
    /// # Errors
    ///
    /// A handle was installed before ([`Error::is_already_installed`]): two would each miss the other's entries.
    pub fn install(&self) -> Result<()> {
        INSTALLED.set(self.clone()).map_err(|_| Error::install())
    }

    /// Runs `future` with this handle in place of the installed one. Meant for tests, and for several tenants in
    /// one process.
    ///
    /// It holds for everything awaited inside the future and for blocking functions called from it, not for tasks
    /// spawned from it: begin those with [`spawn`](Self::spawn).
    ///
    /// In tests, use the embedded store: with tokio's clock paused, a call to Redis exceeds its budget at once.
    ///
    /// # Cancellation
    ///
    /// Dropping the returned future drops `future`.
    pub fn scope<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        WAS_SCOPED.store(true, Relaxed);
        SCOPED.scope(self.clone(), future)
    }

    /// Spawns a task on tokio's runtime with this handle in scope, in which calls use the cache as
    /// they do here: the mode of [`refresh`](crate::refresh) or [`bypass`](crate::bypass) goes
    /// along, and a call that asks for what a load around this one is loading does not wait for
    /// it, but loads at once. A transaction does not: what the task invalidates, it invalidates at once.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime, as `tokio::spawn`.
    ///
    /// # Cancellation
    ///
    /// Dropping the returned handle leaves the task alone; its `abort` drops `future`.
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        // mutant: a spawned task does not know the loads around it
        tokio::spawn(self.scope(mode::as_here(ancestry::as_here(future))))
    }
}
