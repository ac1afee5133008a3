//! The mode of the calls inside a future, and the record of what became of them.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

/// The way in which a call uses the cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Looks the value up, else loads and stores it.
    #[default]
    Normal,
    /// Loads and stores the value, without a lookup.
    Refresh,
    /// Loads the value, without lookup and store.
    Bypass,
}

tokio::task_local! {
    static MODE: Mode;
    static OBSERVER: Observer;
}

/// Returns the mode of a call that is made now.
pub(crate) fn current() -> Mode {
    MODE.try_with(|mode| *mode).unwrap_or_default()
}

/// Runs `future`, in another task, say, in the mode of the code that calls this function.
pub(crate) fn as_here<F: Future>(future: F) -> impl Future<Output = F::Output> + use<F> {
    MODE.scope(current(), future)
}

/// Runs `future`, in which every cached call loads once more and stores its value.
///
/// A stored value stays readable for others until the new one takes its place. If the load fails,
/// the stored value stays. Loads of the same key that began earlier are not waited for, and their
/// values are not stored. A value that is invalidated during the refresh is not stored either.
///
/// The mode holds for everything awaited inside the future, with the bodies of cached functions,
/// and for blocking functions called from it. The mode does not hold for tasks spawned from the
/// future, unless [`Cache::spawn`](crate::Cache::spawn) spawns them. Of nested modes the innermost
/// one holds.
///
/// # Cancellation
///
/// Dropping the returned future drops `future`.
pub fn refresh<F: Future>(future: F) -> impl Future<Output = F::Output> + use<F> {
    MODE.scope(Mode::Refresh, future)
}

/// Runs `future`, in which no cached call reads from the cache or stores there.
///
/// Invalidations run as in the normal mode. The mode holds for the calls that [`refresh`] lists.
///
/// # Cancellation
///
/// Dropping the returned future drops `future`.
pub fn bypass<F: Future>(future: F) -> impl Future<Output = F::Output> + use<F> {
    MODE.scope(Mode::Bypass, future)
}

/// The origin of a call's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// The cache.
    Hit,
    /// The cache, with a value that had expired.
    Stale,
    /// The call's own load.
    Miss,
    /// Another caller's load, which the call waited for.
    Wait,
    /// The call's own load without the cache: the call was bypassed, the handle is disabled, or the
    /// call has no key.
    Bypass,
}

/// Counts of the cached calls inside a future, by the origin of their values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Observed {
    /// Origin of the outermost call's value, that is, of the call that ended last.
    pub last: Option<Source>,
    /// Number of calls answered from the cache.
    pub hits: u64,
    /// Number of calls answered with an expired value.
    pub stale: u64,
    /// Number of calls answered by their own load.
    pub misses: u64,
    /// Number of calls answered by another caller's load.
    pub waits: u64,
    /// Number of calls that loaded without the cache.
    pub bypasses: u64,
}

impl Observed {
    /// Returns whether the outermost call was answered from the cache, fresh or stale.
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

/// Collects what becomes of the calls inside one `observe`, and tells the observers around it.
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

/// Runs `future`, and returns its output with the counts of the cached calls inside it.
///
/// A cached function whose body calls cached functions ends last, so that [`Observed::last`] is
/// about the outer one. A call counts when it has its value or its error. A call that was cancelled
/// or panicked does not count.
///
/// Everything awaited inside the future is observed, as [`refresh`] says of a mode. Spawned tasks
/// are not. A call inside two nested `observe` counts for both.
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

/// Tells the observers of this future the origin of a call's value.
pub(crate) fn note(source: Source) {
    // An error means that nobody observes.
    let _ = OBSERVER.try_with(|observer| observer.note(source));
}
