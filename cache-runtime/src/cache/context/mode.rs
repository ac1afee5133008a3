//! How the calls inside a future use the cache, and what became of them.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

/// How a call uses the cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Look it up, else load and store.
    #[default]
    Normal,
    /// Load and store.
    Refresh,
    /// Load.
    Bypass,
}

tokio::task_local! {
    static MODE: Mode;
    static OBSERVER: Observer;
}

/// The mode here and now.
pub(crate) fn current() -> Mode {
    MODE.try_with(|mode| *mode).unwrap_or_default()
}

/// Runs `future` elsewhere in the mode that holds here.
pub(crate) fn as_here<F: Future>(future: F) -> impl Future<Output = F::Output> + use<F> {
    MODE.scope(current(), future)
}

/// Runs `future` with every cached call inside it loading anew and storing what it loaded.
///
/// A stored value stays readable for others until the new one takes its place; when the load fails, it stays. Loads
/// that are under way for the same key began earlier and are not waited for: their values are not stored.
/// A value that is invalidated during the refresh is not stored either.
///
/// The mode holds for everything awaited inside the future, the bodies of cached functions included, and for blocking
/// functions called from it; not for tasks spawned from it. The innermost mode wins.
///
/// # Cancellation
///
/// Dropping the returned future drops `future`.
pub fn refresh<F: Future>(future: F) -> impl Future<Output = F::Output> + use<F> {
    MODE.scope(Mode::Refresh, future)
}

/// Runs `future` with every cached call inside it neither reading from the cache nor storing there.
///
/// Invalidations run as ever. What the mode holds for is said at [`refresh`].
///
/// # Cancellation
///
/// Dropping the returned future drops `future`.
pub fn bypass<F: Future>(future: F) -> impl Future<Output = F::Output> + use<F> {
    MODE.scope(Mode::Bypass, future)
}

/// Where a call's value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// The cache.
    Hit,
    /// The cache, with a value that had expired.
    Stale,
    /// A load of its own.
    Miss,
    /// The load of another caller.
    Wait,
    /// A load of its own that had nothing to do with the cache: bypassed, disabled, or without a key.
    Bypass,
}

/// What became of the cached calls inside a future.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Observed {
    /// Where the value of the outermost call came from: of the last one to end.
    pub last: Option<Source>,
    /// Calls answered from the cache.
    pub hits: u64,
    /// Calls answered with an expired value.
    pub stale: u64,
    /// Calls answered by their own load.
    pub misses: u64,
    /// Calls answered by another caller's load.
    pub waits: u64,
    /// Calls that had nothing to do with the cache.
    pub bypasses: u64,
}

impl Observed {
    /// Whether the outermost call was answered from the cache, fresh or stale.
    #[must_use]
    pub fn is_hit(&self) -> bool {
        matches!(self.last, Some(Source::Hit | Source::Stale))
    }

    fn note(&mut self, source: Source) {
        self.last = Some(source);
        *match source {
            Source::Hit => &mut self.hits,
            Source::Stale => &mut self.stale,
            Source::Miss => &mut self.misses,
            Source::Wait => &mut self.waits,
            Source::Bypass => &mut self.bypasses,
        } += 1;
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hit => "hit",
            Self::Stale => "stale",
            Self::Miss => "miss",
            Self::Wait => "wait",
            Self::Bypass => "bypass",
        })
    }
}

/// Collects what happens inside one `observe`, and tells those around it.
#[derive(Clone, Debug)]
struct Observer {
    seen: Arc<Mutex<Observed>>,
    around: Option<Arc<Self>>,
}

impl Observer {
    fn note(&self, source: Source) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).note(source);
        if let Some(around) = &self.around {
            around.note(source);
        }
    }
}

/// Runs `future`, and says besides its output what became of the cached calls inside it.
///
/// A cached function whose body calls cached functions ends last, so that [`Observed::last`] tells of it. A call counts when it
/// has its value, an error too; one that was cancelled or panicked does not. What is observed is what [`refresh`]
/// says of a mode: everything awaited inside, no spawned tasks. An `observe` inside another is seen by both.
///
/// # Cancellation
///
/// Dropping the returned future drops `future`.
pub fn observe<F: Future>(future: F) -> impl Future<Output = (F::Output, Observed)> {
    let future = Box::pin(future);
    async move {
        let seen = Arc::<Mutex<Observed>>::default();
        let around = OBSERVER.try_with(|around| Arc::new(around.clone())).ok();
        let collector = Observer { seen: Arc::clone(&seen), around };
        let output = OBSERVER.scope(collector, future).await;
        let observed = seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
        (output, observed)
    }
}

/// Tells whoever observes where a call's value came from.
pub(crate) fn note(source: Source) {
    // Nobody observes: nothing to do.
    let _ = OBSERVER.try_with(|observer| observer.note(source));
}
