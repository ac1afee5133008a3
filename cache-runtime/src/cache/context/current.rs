//! The handle that annotated functions use: the one in scope, else the installed one, else none.

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

/// `true` once a handle was in scope. A call that finds none in scope afterwards may have lost it
/// on the way.
static WAS_SCOPED: AtomicBool = AtomicBool::new(false);

tokio::task_local! {
    static SCOPED: Cache;
}

/// Returns the handle that an annotated function uses if it is called now.
pub(crate) fn current() -> Option<Cow<'static, Cache>> {
    let scoped = SCOPED.try_with(|cache| Cow::Owned(cache.clone()));
    scoped.ok().or_else(|| INSTALLED.get().map(Cow::Borrowed))
}

/// Tells whether a handle is in scope, regardless of an installed one.
pub(crate) fn is_scoped() -> bool {
    SCOPED.try_with(|_| ()).is_ok()
}

/// Tells whether any task of this process ever had a handle in scope.
pub(crate) fn was_scoped() -> bool {
    WAS_SCOPED.load(Relaxed)
}

impl Cache {
    /// Makes this the handle of every annotated function in the process that has no option `cache`
    /// of its own.
    ///
    /// Without an installed handle, and without one in [`scope`](Self::scope), annotated functions
    /// run without the cache.
    ///
    /// # Errors
    ///
    /// Another handle was installed before ([`Error::is_already_installed`]). Each of two installed
    /// handles would miss the other's entries.
    pub fn install(&self) -> Result<()> {
        INSTALLED.set(self.clone()).map_err(|_| Error::install())
    }

    /// Runs `future` with this handle in place of the installed one, for tests and for several
    /// tenants in one process.
    ///
    /// The scope holds for everything awaited inside the future, and for blocking functions called
    /// from it. A task spawned from the future is outside of the scope: begin it with
    /// [`spawn`](Self::spawn).
    ///
    /// In tests, use the embedded store: with tokio's clock paused, a call to Redis exceeds its
    /// budget at once.
    ///
    /// # Cancellation
    ///
    /// Dropping the returned future drops `future`.
    pub fn scope<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        WAS_SCOPED.store(true, Relaxed);
        SCOPED.scope(self.clone(), future)
    }

    /// Spawns a task on tokio's runtime with this handle in scope, in which calls use the cache as
    /// they do in the spawning task.
    ///
    /// The task inherits the mode of [`refresh`](crate::refresh) or [`bypass`](crate::bypass). It
    /// inherits the ancestry, too: a call that asks for what a load around the spawning call is
    /// loading loads at once instead of waiting. The task does not inherit a transaction: its
    /// invalidations run at once.
    ///
    /// # Panics
    ///
    /// The call is outside of a tokio runtime, as with `tokio::spawn`.
    ///
    /// # Cancellation
    ///
    /// Dropping the returned handle leaves the task running. Its `abort` drops `future`.
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        // mutant: a spawned task does not know the loads around it
        tokio::spawn(self.scope(mode::as_here(ancestry::as_here(future))))
    }
}
