//! Warm-ups: loads before anybody asks, on one process of a fleet.

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

/// Shortest time of a lock. A short pause of the process would lose a shorter lock.
const MIN_LOCK: Duration = Duration::from_millis(300);

/// Longest time of a lock. After its holder died, a longer lock would keep the fleet from warming
/// up.
const MAX_LOCK: Duration = Duration::from_secs(24 * 3600);

/// Loads calls before anybody asks for them, at an interval, on the process of the fleet that gets
/// the lock.
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
///     .on_progress(|progress| println!("{}: {}", progress.phase, progress.loaded))
///     .start()?;
/// // … until the program ends:
/// warmup.shutdown().await;
/// # Ok(())
/// # }
/// ```
///
/// Every cached call in a phase loads once more and stores its value, as inside
/// [`refresh`](crate::refresh()), on this handle. If the key of a load is invalidated meanwhile,
/// the fill of the load is refused. Phases run in their order, and several loads of a phase at a
/// time.
///
/// **The lock** is a random token at a key under the handle's prefix. The lock is written with
/// `SET NX PX` (<https://redis.io/docs/latest/commands/set/#patterns>). The lock is extended every
/// third of its time if it is still there, and deleted at the end of the run.
///
/// If the lock is lost, or cannot be extended in time, the run is dropped at once. A process that
/// stood still, and wakes up when another process has the lock, stores nothing more. After a run
/// has ended, no other process repeats it within the interval.
#[must_use = "a warm-up does nothing until `start` or `run` is called"]
pub struct Warmup {
    parts: Parts,
    ttl: Option<Duration>,
    lock_time: Duration,
}

/// The parts of a warm-up that a run needs.
struct Parts {
    cache: Cache,
    name: String,
    phases: Vec<Phase>,
    concurrency: usize,
    /// Time from the beginning of one run to the beginning of the next. The interval also bounds
    /// each load, and the plan of each phase.
    interval: Duration,
    on_progress: Option<Tell>,
}

type Tell = Box<dyn Fn(&Progress) + Send + Sync>;

struct Phase {
    name: String,
    plan: Box<dyn Fn() -> Planned + Send + Sync>,
}

type Planned = Pin<Box<dyn Future<Output = Option<Loads>> + Send>>;

/// A load, whose output is `true` if the load succeeded.
type Load = Pin<Box<dyn Future<Output = bool> + Send>>;

/// The loads of one phase.
#[derive(Default)]
pub struct Loads(Vec<Load>);

impl Loads {
    /// Makes an empty list of loads.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a call of a cached function. An error of the call is counted and never shown, because
    /// it may hold a secret.
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

/// Turns a panic into a failure, so that the other loads and later runs go on.
fn unless_it_panics<T>(work: impl Future<Output = Option<T>>) -> impl Future<Output = Option<T>> {
    AssertUnwindSafe(work).catch_unwind().map(|done| done.ok().flatten())
}

impl fmt::Debug for Loads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loads").field("len", &self.0.len()).finish()
    }
}

/// The state of a phase under way.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Name of the phase.
    pub phase: String,
    /// Number of loads of the phase.
    pub total: usize,
    /// Number of loads that have succeeded so far.
    pub loaded: usize,
    /// Number of loads that have failed so far. If the plan of the phase failed, one, without any
    /// loads.
    pub failed: usize,
}

/// The result of a whole run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Number of loads that succeeded.
    pub loaded: usize,
    /// Number of loads that failed, and of phases whose plan failed.
    pub failed: usize,
    /// Time that the run took.
    pub took: Duration,
}

/// The way in which a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warmed {
    /// All phases have run.
    All(Report),
    /// Another process runs, or has run within the interval.
    Elsewhere,
    /// The lock was lost on the way, and loads under way were dropped.
    Lost,
    /// The warm-up was told to stop.
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
    /// Calls the callback of the application. If the callback panics, logs a warning, and the
    /// warm-up goes on.
    fn tell(&self, progress: &Progress) {
        if let Some(tell) = &self.on_progress
            && catch_unwind(AssertUnwindSafe(|| tell(progress))).is_err()
        {
            tracing::warn!(target: "cache_runtime", warmup = self.name, "the callback of the warm-up's progress has panicked");
        }
    }

    /// Returns the key of the lock, or of the mark that a run has ended.
    fn key(&self, what: &str) -> String {
        let mut key = format!("{}warmup:", self.cache.key_prefix());
        // Every string has a segment, so that this cannot fail.
        _ = segment::push(&mut key, &self.name);
        key + what
    }
}

impl Warmup {
    /// Makes a warm-up on a handle, with a name that all processes of the fleet share. By default
    /// the warm-up runs every five minutes, its lock stands for 30 s, and eight loads run at a
    /// time.
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

    /// Sets the time from the beginning of one run to the beginning of the next, by default five
    /// minutes. The interval has to be below the TTL: otherwise entries would expire between the
    /// runs.
    ///
    /// The interval also bounds each load, and the plan of each phase. After this time, a load is
    /// dropped and counts as failed. A load that never ends can therefore not keep the fleet from
    /// warming up.
    pub fn every(mut self, interval: Duration) -> Self {
        self.parts.interval = interval;
        self
    }

    /// Sets the shortest TTL of the functions that are loaded, by default the handle's default TTL.
    pub fn ttl(self, ttl: Duration) -> Self {
        Self { ttl: Some(ttl), ..self }
    }

    /// Sets how long the lock outlives its holder, from 300 ms to one day, by default 30 s.
    pub fn lock_ttl(self, time: Duration) -> Self {
        Self { lock_time: time, ..self }
    }

    /// Sets how many loads run at a time, by default eight.
    pub fn concurrency(mut self, loads: usize) -> Self {
        self.parts.concurrency = loads;
        self
    }

    /// Adds a phase behind the existing ones. `plan` returns the loads of the phase, and may call
    /// cached functions itself. If `plan` fails, the phase counts one failure, and the next phase
    /// follows.
    pub fn phase<F, E>(
        mut self,
        name: impl Into<String>,
        plan: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = std::result::Result<Loads, E>> + Send + 'static,
    {
        let plan = move || -> Planned {
            // The closure may panic before it returns a future.
            match catch_unwind(AssertUnwindSafe(&plan)) {
                Ok(loads) => Box::pin(unless_it_panics(async move { loads.await.ok() })),
                Err(_) => Box::pin(future::ready(None)),
            }
        };
        self.parts.phases.push(Phase { name: name.into(), plan: Box::new(plan) });
        self
    }

    /// Calls `tell` at the beginning of each phase and after each of its loads. The callback must
    /// not block.
    pub fn on_progress(mut self, tell: impl Fn(&Progress) + Send + Sync + 'static) -> Self {
        self.parts.on_progress = Some(Box::new(tell));
        self
    }

    /// Begins to run, at once and then at the interval, in a task of the current tokio runtime.
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

    /// Runs once, unless another process runs or has run within the interval.
    ///
    /// # Errors
    ///
    /// * An option is unusable, or there is no tokio runtime ([`Error::is_config`]).
    /// * The store failed when it was asked for the lock.
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
                // The pause is short, because the store may return soon, and the holder of the lock
                // may be gone.
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
            // A process on which every load fails leaves no mark, so that other processes try.
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

    /// Keeps other processes from running until this process runs again. If the store fails, other
    /// processes run once more.
    async fn mark(&self, started: Instant) {
        let (cache, key) = (&self.parts.cache, self.parts.key(scope::RAN));
        // The mark lasts a tenth less, so that it is gone when this process runs again.
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

/// A warm-up that runs at its interval. Dropping this value, or a shutdown of the handle, ends the
/// warm-up: loads under way are dropped, and the lock is released.
#[derive(Debug)]
#[must_use = "dropped, it ends"]
pub struct Warming {
    task: Option<JoinHandle<()>>,
    stop: Option<watch::Sender<()>>,
}

impl Warming {
    /// Ends the warm-up, and returns when its lock was released.
    ///
    /// # Cancellation
    ///
    /// The warm-up ends all the same.
    pub async fn shutdown(mut self) {
        self.stop = None;
        if let Some(task) = self.task.take() {
            // A callback of the application may have panicked in the task.
            _ = task.await;
        }
    }
}
