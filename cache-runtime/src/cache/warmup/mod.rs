//! Loading what will be asked for before anybody asks, on one process of a fleet.

mod lock;
mod run;

use crate::cache::Cache;
use crate::entry::ttl::Ttl;
use crate::error::{Error, Result};
use crate::key::scope;
use crate::key::segment;
use crate::rt::ending::{self, Ending};
use crate::store::{Condition, Track};
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::{Either, select};
use lock::Lock;
use std::fmt;
use std::future::{self, Future};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// A shorter lock would be lost by a moment's pause.
const MIN_LOCK: Duration = Duration::from_millis(300);

/// A longer lock would keep the fleet from warming up after a process died with it.
const MAX_LOCK: Duration = Duration::from_secs(24 * 3600);

/// Loads what will be asked for, at an interval, on one process of the fleet: that which gets the lock.
///
/// ```
/// use cache_runtime::warmup::Loads;
/// use cache_runtime::{Cache, Warmup, cached};
/// use std::time::Duration;
///
/// #[cached(ttl = "30m")]
/// async fn connections() -> Result<Vec<u64>, std::io::Error> {
///     Ok(vec![1, 2])
/// }
///
/// #[cached(ttl = "30m")]
/// async fn tables(connection: u64) -> Result<Vec<String>, std::io::Error> {
///     Ok(vec![format!("table of {connection}")])
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), cache_runtime::Error> {
/// let cache = Cache::builder().memory().build().await?;
/// let warmup = Warmup::new(&cache, "catalog")
///     .every(Duration::from_secs(600))
///     .ttl(Duration::from_secs(1800))
///     .phase("tables", || async {
///         let mut loads = Loads::new();
///         for connection in connections().await? {
///             loads.push(tables(connection));
///         }
///         Ok::<_, std::io::Error>(loads)
///     })
///     .on_progress(|progress| println!("{}: {} of {}", progress.phase, progress.loaded, progress.total))
///     .start()?;
/// // … until the program ends:
/// warmup.shutdown().await;
/// # Ok(())
/// # }
/// ```
///
/// Every cached call in a phase loads anew and stores, as inside [`refresh`](crate::refresh()), on this handle. A load's fill is refused when its key was
/// invalidated meanwhile. Phases run in their order; the loads of one, several at a time.
///
/// **The lock** is a random token at a key under the handle's prefix, written with `SET NX PX`, extended every third of its time if it is still there, and deleted
/// at the end of the run (<https://redis.io/docs/latest/commands/set/#patterns>). A run whose lock is lost, or cannot be extended in time, is dropped at
/// once: a process that stood still, and wakes up when another one has the lock, stores nothing more. A run that ended is not repeated by another process within the interval.
#[must_use = "a warm-up does nothing until `start` or `run` is called"]
pub struct Warmup {
    parts: Parts,
    ttl: Option<Duration>,
    lock_time: Duration,
}

/// What a run needs.
struct Parts {
    cache: Cache,
    name: String,
    phases: Vec<Phase>,
    concurrency: usize,
    /// From the beginning of one run to that of the next; also how long a load may take, and the plan of a phase.
    interval: Duration,
    on_progress: Option<Tell>,
}

type Tell = Box<dyn Fn(&Progress) + Send + Sync>;

struct Phase {
    name: String,
    plan: Box<dyn Fn() -> Planned + Send + Sync>,
}

type Planned = Pin<Box<dyn Future<Output = Option<Loads>> + Send>>;

/// A load, which says whether it succeeded.
type Load = Pin<Box<dyn Future<Output = bool> + Send>>;

/// The loads of one phase.
#[derive(Default)]
pub struct Loads(Vec<Load>);

impl Loads {
    /// No loads yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a call of a cached function. Its error is counted, and not shown: it may hold a secret.
    pub fn push<T, E>(
        &mut self,
        load: impl Future<Output = std::result::Result<T, E>> + Send + 'static,
    ) {
        self.0.push(Box::pin(
            unless_it_panics(async move { load.await.is_ok().then_some(()) })
                .map(|done| done.is_some()),
        ));
    }
}

/// A panic is a failure like another: the other loads, and the runs to come, are not to suffer from it.
fn unless_it_panics<T>(work: impl Future<Output = Option<T>>) -> impl Future<Output = Option<T>> {
    AssertUnwindSafe(work).catch_unwind().map(|done| done.ok().flatten())
}

impl fmt::Debug for Loads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loads").field("len", &self.0.len()).finish()
    }
}

/// How far a phase is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The phase's name.
    pub phase: String,
    /// How many loads it has.
    pub total: usize,
    /// How many have succeeded so far.
    pub loaded: usize,
    /// How many have failed; one, without loads, if the phase itself has.
    pub failed: usize,
}

/// What a whole run came to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// How many loads succeeded.
    pub loaded: usize,
    /// How many failed.
    pub failed: usize,
    /// How long it took.
    pub took: Duration,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warmed {
    /// All phases have run.
    All(Report),
    /// Another process runs, or has run within the interval.
    Elsewhere,
    /// The lock was lost on the way; what was loading is dropped.
    Lost,
    /// It was told to stop.
    Stopped,
    /// The handle caches nothing.
    Disabled,
}

impl fmt::Debug for Warmup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Warmup").field("name", &self.parts.name).finish_non_exhaustive()
    }
}

impl Parts {
    /// A callback that panics is not the warm-up's end.
    fn tell(&self, progress: &Progress) {
        if let Some(tell) = &self.on_progress
            && catch_unwind(AssertUnwindSafe(|| tell(progress))).is_err()
        {
            tracing::warn!(target: "cache_runtime", warmup = self.name, "the callback of the warm-up's progress has panicked");
        }
    }

    /// The key of the lock, or of the mark that a run has ended.
    fn key(&self, what: &str) -> String {
        let mut key = format!("{}warmup:", self.cache.key_prefix());
        // A string has a segment, whatever is in it.
        _ = segment::push(&mut key, &self.name);
        key + what
    }
}

impl Warmup {
    /// A warm-up with this name, which all processes of the fleet have in common, on a handle. It runs every five minutes, its lock stands for
    /// 30 s, and eight loads run at a time, unless said otherwise.
    pub fn new(cache: &Cache, name: impl Into<String>) -> Self {
        let parts = Parts {
            cache: cache.clone(),
            name: name.into(),
            phases: Vec::new(),
            concurrency: 8,
            interval: Duration::from_secs(300),
            on_progress: None,
        };
        Self { parts, ttl: None, lock_time: Duration::from_secs(30) }
    }

    /// Sets the time from the beginning of one run to that of the next. It has to be below the TTL: entries would expire between
    /// the runs otherwise.
    ///
    /// It is also how long one load may take, or the plan of a phase; then it is dropped and counts as failed, so that one that never ends does not
    /// keep the fleet from warming up.
    pub fn every(mut self, interval: Duration) -> Self {
        self.parts.interval = interval;
        self
    }

    /// Sets the shortest TTL of what is loaded, by default the handle's.
    pub fn ttl(self, ttl: Duration) -> Self {
        Self { ttl: Some(ttl), ..self }
    }

    /// Sets how long the lock stands when its holder is gone, at least 300 ms and at most a day.
    pub fn lock_ttl(self, time: Duration) -> Self {
        Self { lock_time: time, ..self }
    }

    /// Sets how many loads run at a time.
    pub fn concurrency(mut self, loads: usize) -> Self {
        self.parts.concurrency = loads;
        self
    }

    /// Adds a phase, behind those there are. `plan` says what to load; it may call cached functions itself. If it fails, the phase counts one
    /// failure, and the next one follows.
    pub fn phase<F, E>(
        mut self,
        name: impl Into<String>,
        plan: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = std::result::Result<Loads, E>> + Send + 'static,
    {
        let plan = move || -> Planned {
            // It may panic before there is a future.
            match catch_unwind(AssertUnwindSafe(&plan)) {
                Ok(loads) => Box::pin(unless_it_panics(async move { loads.await.ok() })),
                Err(_) => Box::pin(future::ready(None)),
            }
        };
        self.parts.phases.push(Phase { name: name.into(), plan: Box::new(plan) });
        self
    }

    /// Calls `tell` at the beginning of each phase and after each of its loads. It must not block.
    pub fn on_progress(mut self, tell: impl Fn(&Progress) + Send + Sync + 'static) -> Self {
        self.parts.on_progress = Some(Box::new(tell));
        self
    }

    /// Begins to run, at once and then at the interval, in a task of the tokio runtime that this is called in.
    ///
    /// # Errors
    ///
    /// An option is unusable, or there is no tokio runtime ([`Error::is_config`]).
    pub fn start(self) -> Result<Warming> {
        self.check()?;
        let runtime = runtime()?;
        let (stop, stopped) = watch::channel(());
        Ok(Warming { task: Some(runtime.spawn(self.forever(stopped))), stop: Some(stop) })
    }

    /// Runs once, if no other process does or has within the interval.
    ///
    /// # Errors
    ///
    /// An option is unusable or there is no tokio runtime ([`Error::is_config`]), or the store failed when it was asked for the lock.
    ///
    /// # Cancellation
    ///
    /// Dropping the future drops the loads, and releases the lock.
    pub async fn run(&self) -> Result<Warmed> {
        self.check()?;
        runtime()?;
        self.once(future::pending()).await
    }

    fn check(&self) -> Result<()> {
        let ttl = self.ttl.or(match self.parts.cache.default_expiry() {
            Ttl::After(ttl) => Some(ttl),
            Ttl::Never => None,
        });
        let message = match ttl {
            Some(ttl) if self.parts.interval >= ttl => {
                return Err(Error::config(format!(
                    "the warm-up's interval of {:?} is not below the TTL of {ttl:?}: entries would expire between the runs",
                    self.parts.interval
                )));
            }
            _ if self.parts.interval.is_zero() => {
                "the warm-up's interval is zero: it would never rest"
            }
            _ if self.lock_time < MIN_LOCK => "the warm-up's lock stands for at least 300 ms",
            _ if self.lock_time > MAX_LOCK => "the warm-up's lock stands for at most a day",
            _ if self.parts.concurrency == 0 => {
                "the warm-up runs no load at a time: it would never end"
            }
            _ if self.parts.phases.is_empty() => "the warm-up has no phase; add one with `phase`",
            _ => return Ok(()),
        };
        Err(Error::config(message))
    }

    async fn forever(self, mut stopped: watch::Receiver<()>) {
        let handle = Arc::clone(self.parts.cache.ending());
        loop {
            let started = Instant::now();
            let run = self.once(until_stopped(&mut stopped, &handle)).await;
            self.note(&run);
            let next = match run {
                Ok(Warmed::Stopped) => return,
                Ok(Warmed::All(_) | Warmed::Disabled) => self.parts.interval,
                // The store may be back sooner, and whoever has the lock may be gone.
                Ok(Warmed::Elsewhere | Warmed::Lost) | Err(_) => {
                    self.parts.interval.min(self.lock_time)
                }
            };
            let rest = next.saturating_sub(started.elapsed());
            let stop = pin!(until_stopped(&mut stopped, &handle));
            if let Either::Right(_) = select(pin!(sleep(rest)), stop).await {
                return;
            }
        }
    }

    fn note(&self, run: &Result<Warmed>) {
        let warmup = &self.parts.name;
        match run {
            Ok(Warmed::All(report)) => {
                let Report { loaded, failed, took } = report;
                tracing::info!(target: "cache_runtime", warmup, loaded, failed, ?took, "warmed up");
            }
            Ok(Warmed::Lost) => {
                tracing::warn!(target: "cache_runtime", warmup, "the warm-up has lost its lock, and was ended");
            }
            Ok(ended) => tracing::debug!(target: "cache_runtime", warmup, ?ended, "no warm-up"),
            Err(error) => {
                tracing::warn!(target: "cache_runtime", warmup, %error, "no warm-up: the store failed");
            }
        }
    }

    async fn once(&self, stop: impl Future<Output = ()>) -> Result<Warmed> {
        let Parts { cache, .. } = &self.parts;
        if !cache.is_enabled() {
            return Ok(Warmed::Disabled);
        }
        let Some(lock) = Lock::take(cache, self.parts.key(scope::LOCK), self.lock_time).await?
        else {
            return Ok(Warmed::Elsewhere);
        };
        if self.has_run().await? {
            lock.release().await;
            return Ok(Warmed::Elsewhere);
        }
        let started = Instant::now();
        let warmed = run::until(&self.parts, &lock, stop).await;
        match &warmed {
            // A process on which nothing succeeds is not to keep the others from trying.
            // mutant: a warm-up on which nothing succeeds keeps others from trying
            Warmed::All(Report { loaded: 0, failed: 1.., .. }) => {}
            // mutant: each node runs in each interval
            Warmed::All(_) => self.mark(started).await,
            _ => {}
        }
        lock.release().await;
        Ok(warmed)
    }

    async fn has_run(&self) -> Result<bool> {
        let (cache, key) = (&self.parts.cache, self.parts.key(scope::RAN));
        let looked = cache.backend().look(&key, Track::No, &mut cache.budget()).await?;
        Ok(looked.value.is_some())
    }

    /// Keeps others from running until this process is about to. Should it fail, they run once more.
    async fn mark(&self, started: Instant) {
        let (cache, key) = (&self.parts.cache, self.parts.key(scope::RAN));
        // A tenth less, so that the mark is gone when this process comes again.
        let left = self.parts.interval.mul_f64(0.9).saturating_sub(started.elapsed());
        if !left.is_zero() {
            let value = Bytes::from_static(b"ran\n");
            let mut budget = cache.budget();
            let set = cache.backend().set(&key, value, Some(left), Condition::Always, &mut budget);
            _ = set.await;
        }
    }
}

/// Waits until the warm-up is told to stop, or its handle is shut down.
async fn until_stopped(stopped: &mut watch::Receiver<()>, handle: &Ending) {
    select(pin!(stopped.changed()), pin!(handle.reached(ending::Phase::Closing))).await;
}

fn runtime() -> Result<Handle> {
    Handle::try_current().map_err(|_| Error::config("a warm-up runs inside a tokio runtime"))
}

/// A warm-up that runs at its interval. Dropped, or when its handle is shut down, it ends: what it
/// is loading is dropped, and its lock is released.
#[derive(Debug)]
#[must_use = "dropped, it ends"]
pub struct Warming {
    task: Option<JoinHandle<()>>,
    stop: Option<watch::Sender<()>>,
}

impl Warming {
    /// Ends it, and returns when its lock was released.
    ///
    /// # Cancellation
    ///
    /// It ends all the same.
    pub async fn shutdown(mut self) {
        self.stop = None;
        if let Some(task) = self.task.take() {
            // A callback of the application's may have panicked.
            _ = task.await;
        }
    }
}
