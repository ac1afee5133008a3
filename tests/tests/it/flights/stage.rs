//! What the scenes stand on: a database whose loads wait at gates, and processes that read it through a cache.

pub(crate) use crate::support::{Gate, SOON, in_time};
use crate::support::{Running, strategy};
use bytes::Bytes;
use cache_runtime::Strategy;
use cache_runtime::store::{Condition, Page, Remaining, Store, StoreFuture, Track, Tracked, Watch};
use cache_runtime::{Cache, CacheBuilder, Error, cached, invalidates};
use std::fmt;
use std::future::{self, Future};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use testkit::{RedisServer, eventually};
use tokio::task::{JoinHandle, JoinSet};

/// A number in a database. A load reads it when it begins and returns it when its gate lets it: what it returns may
/// have been overwritten meanwhile.
#[derive(Debug, Default)]
pub(crate) struct Database {
    number: AtomicU64,
    gate: Mutex<Option<Gate>>,
    begun: AtomicUsize,
    running: AtomicUsize,
    most: AtomicUsize,
}

impl Database {
    pub(crate) fn write(&self, number: u64) {
        self.number.store(number, SeqCst);
    }

    /// Lets the loads that begin from now on wait at a gate of their own.
    pub(crate) fn shut(&self) -> Gate {
        let gate = Gate::shut();
        *self.gate.lock().unwrap() = Some(gate.clone());
        gate
    }

    /// Where the loads that begin from now on wait.
    pub(crate) fn gate(&self) -> MutexGuard<'_, Option<Gate>> {
        self.gate.lock().unwrap()
    }

    /// Lets the loads that begin from now on pass.
    pub(crate) fn leave_open(&self) {
        *self.gate() = None;
    }

    fn begin(&self) -> (Running<'_>, u64, Option<Gate>) {
        let (load, running) = Running::begin(&self.running);
        self.most.fetch_max(running, SeqCst);
        self.begun.fetch_add(1, SeqCst);
        let gate = self.gate.lock().unwrap().clone();
        (load, self.number.load(SeqCst), gate)
    }

    pub(crate) async fn load(&self) -> u64 {
        let (_running, number, gate) = self.begin();
        if let Some(gate) = gate {
            gate.pass().await;
        }
        number
    }

    pub(crate) fn load_blocking(&self) -> u64 {
        let (_running, number, gate) = self.begin();
        if let Some(gate) = gate {
            gate.pass_blocking();
        }
        number
    }

    /// How many loads began.
    pub(crate) fn begun(&self) -> usize {
        self.begun.load(SeqCst)
    }

    /// How many loads ran at once at most.
    pub(crate) fn most(&self) -> usize {
        self.most.load(SeqCst)
    }

    pub(crate) async fn has_begun(&self, loads: usize) {
        eventually(SOON, async || self.begun() >= loads, "the load has begun").await;
        assert_eq!(self.begun(), loads);
    }
}

/// A process, as far as the cache is concerned.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    pub(crate) cache: Cache,
    pub(crate) database: Arc<Database>,
    /// What passes between the handle and its store; on the embedded store nothing can look there.
    pub(crate) wire: Option<Arc<Wire>>,
    calls: Arc<AtomicUsize>,
}

#[cached(ttl = 60, key = "number:<id>", skip(process), cache = process.cache)]
pub(crate) async fn number(process: &Process, id: u64) -> u64 {
    process.database.load().await
}

#[cached(ttl = 60, key = "blocking:<id>", skip(process), cache = process.cache)]
pub(crate) fn number_blocking(process: &Process, id: u64) -> u64 {
    process.database.load_blocking()
}

#[invalidates("number:*", cache = process.cache)]
pub(crate) async fn write(process: &Process, to: u64) {
    process.database.write(to);
}

impl Process {
    /// Begins a call of [`number`].
    pub(crate) fn call(&self) -> JoinHandle<u64> {
        self.call_of(async |process| number(&process, 1).await)
    }

    /// Begins a call, whichever it is.
    pub(crate) fn call_of<T: Send + 'static, F>(
        &self,
        call: impl FnOnce(Self) -> F + Send + 'static,
    ) -> JoinHandle<T>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let process = self.clone();
        tokio::spawn(async move {
            process.calls.fetch_add(1, SeqCst);
            call(process).await
        })
    }

    pub(crate) fn calls(&self, number: usize) -> JoinSet<u64> {
        let mut calls = JoinSet::new();
        for _ in 0..number {
            let call = self.call();
            calls.spawn(async move { call.await.expect("no panic") });
        }
        calls
    }

    /// How many calls have looked at the store. On the embedded one a call looks when it begins.
    pub(crate) fn looks(&self) -> usize {
        self.wire.as_ref().map_or(&*self.calls, |wire| &wire.looks).load(SeqCst)
    }

    /// Returns when this many calls have looked, and wait for whatever they found there.
    pub(crate) async fn has_looked(&self, calls: usize) {
        eventually(SOON, async || self.looks() >= calls, "the callers have looked").await;
    }

    pub(crate) fn wire(&self) -> &Wire {
        self.wire.as_ref().expect("there is a store to look at")
    }
}

/// A store between a handle and the real one: counts, holds up, loses.
#[derive(Debug)]
pub(crate) struct Wire {
    pub(crate) inner: Arc<dyn Store>,
    /// How many reads were answered.
    pub(crate) looks: AtomicUsize,
    pub(crate) watches: AtomicUsize,
    /// Whether the store is away, but for invalidations.
    pub(crate) is_cut: AtomicBool,
    /// Whether invalidations fail.
    pub(crate) keeps_everything: AtomicBool,
    /// A pattern that cannot be scanned.
    pub(crate) refuses: Mutex<Option<String>>,
    scans: AtomicUsize,
    /// Where every scan but the first one waits.
    pub(crate) later_scans: Mutex<Option<Gate>>,
    /// A part of the keys whose renewals and fills are not answered.
    pub(crate) unanswered: Mutex<Option<&'static str>>,
    /// Where a lease that is asked for waits on its way, whatever becomes of its caller.
    pub(crate) late_leases: Mutex<Option<Gate>>,
    /// How many of them have arrived.
    pub(crate) arrivals: Arc<AtomicUsize>,
    /// How many conditional deletions were answered.
    pub(crate) releases: AtomicUsize,
    /// How many of them have deleted something.
    pub(crate) released: AtomicUsize,
    /// Whether conditional deletions fail.
    pub(crate) keeps_leases: AtomicBool,
    /// Where reads wait after the store has answered them.
    pub(crate) answers: Mutex<Option<Gate>>,
    /// Whether each look of one who waits is held up until the store has told of a change since the look before.
    pub(crate) only_telling: AtomicBool,
    /// Opened when the store tells of a change since the last look.
    told: Mutex<Option<Gate>>,
    /// Opened when the test tells of a change, instead of the store.
    pub(crate) teller: Mutex<Option<Gate>>,
}

impl Wire {
    fn before(inner: Arc<dyn Store>) -> Self {
        Self {
            inner,
            looks: AtomicUsize::default(),
            watches: AtomicUsize::default(),
            is_cut: AtomicBool::default(),
            keeps_everything: AtomicBool::default(),
            refuses: Mutex::default(),
            scans: AtomicUsize::default(),
            later_scans: Mutex::default(),
            unanswered: Mutex::default(),
            late_leases: Mutex::default(),
            arrivals: Arc::default(),
            releases: AtomicUsize::default(),
            released: AtomicUsize::default(),
            keeps_leases: AtomicBool::default(),
            answers: Mutex::default(),
            only_telling: AtomicBool::default(),
            told: Mutex::default(),
            teller: Mutex::default(),
        }
    }

    pub(crate) fn cut(&self, is_cut: bool) {
        self.is_cut.store(is_cut, SeqCst);
    }

    fn passed<'a, T: Send + 'a>(&'a self, call: StoreFuture<'a, T>) -> StoreFuture<'a, T> {
        Box::pin(async move {
            if self.is_cut.load(SeqCst) {
                return Err(Error::unreachable("the wire is cut"));
            }
            call.await
        })
    }

    /// What a look-up does.
    fn looked<'a, T: Send + 'a>(&'a self, look: StoreFuture<'a, T>) -> StoreFuture<'a, T> {
        Box::pin(async move {
            let answer = self.passed(look).await;
            let gate = self.answers.lock().unwrap().clone();
            self.looks.fetch_add(1, SeqCst);
            if let Some(gate) = gate {
                gate.pass().await;
            }
            answer
        })
    }

    /// An invalidation by epoch, which takes the place of a scan.
    fn retire_epoch<'a>(
        &'a self,
        scope: &str,
        removal: StoreFuture<'a, u64>,
    ) -> StoreFuture<'a, u64> {
        if self.refuses.lock().unwrap().as_deref() == Some(&format!("{scope}:*")) {
            return Box::pin(async { Err(Error::server("it may not be written")) });
        }
        Box::pin(async move {
            let is_later = self.scans.fetch_add(1, SeqCst) > 0;
            let gate = self.later_scans.lock().unwrap().clone().filter(|_| is_later);
            if let Some(gate) = gate {
                gate.pass().await;
            }
            self.removal(self.passed(removal)).await
        })
    }

    /// What an invalidation does.
    fn removal<'a, T: Send + 'a>(&'a self, call: StoreFuture<'a, T>) -> StoreFuture<'a, T> {
        if self.keeps_everything.load(SeqCst) {
            return Box::pin(async { Err(Error::unreachable("nothing can be deleted")) });
        }
        call
    }
}

impl Store for Wire {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Bytes>> {
        self.looked(self.inner.get(key))
    }

    fn read<'a>(
        &'a self,
        key: &'a str,
        beside: &'a [String],
        track: Track,
    ) -> StoreFuture<'a, Tracked> {
        self.looked(self.inner.read(key, beside, track))
    }

    fn prolong<'a>(
        &'a self,
        keys: &'a [String],
        time: Duration,
    ) -> StoreFuture<'a, Vec<Option<Bytes>>> {
        self.passed(self.inner.prolong(keys, time))
    }

    fn watch<'a>(&'a self, key: &'a str) -> StoreFuture<'a, (Option<Bytes>, Watch)> {
        Box::pin(async move {
            let teller = self.teller.lock().unwrap().clone();
            if let Some(teller) = teller {
                let value = self.inner.get(key).await?;
                self.watches.fetch_add(1, SeqCst);
                return Ok((value, Watch::new(async move { teller.pass().await })));
            }
            if !self.only_telling.load(SeqCst) {
                let answer = self.passed(self.inner.watch(key)).await;
                self.watches.fetch_add(1, SeqCst);
                return answer;
            }
            let told = self.told.lock().unwrap().take();
            if let Some(told) = told {
                told.pass().await;
            }
            let (value, watch) = self.passed(self.inner.watch(key)).await?;
            let told = Gate::shut();
            *self.told.lock().unwrap() = Some(told.clone());
            let opened = told.clone();
            // Beside the caller, who does not listen for long.
            tokio::spawn(async move {
                watch.changed().await;
                opened.open();
            });
            self.watches.fetch_add(1, SeqCst);
            Ok((value, Watch::new(async move { told.pass().await })))
        })
    }

    fn get_many<'a>(&'a self, keys: &'a [String]) -> StoreFuture<'a, Vec<Option<Bytes>>> {
        self.passed(self.inner.get_many(keys))
    }

    fn set<'a>(
        &'a self,
        key: &'a str,
        value: Bytes,
        ttl: Option<Duration>,
        condition: Condition<'a>,
    ) -> StoreFuture<'a, bool> {
        if key.ends_with(":~epoch") {
            return self.passed(self.inner.set(key, value, ttl, condition));
        }
        let unanswered = *self.unanswered.lock().unwrap();
        let is_held = matches!(condition, Condition::StartsWith(_));
        if is_held && unanswered.is_some_and(|part| key.contains(part)) {
            return Box::pin(future::pending());
        }
        let gate = self.late_leases.lock().unwrap().clone();
        let Some(gate) = gate.filter(|_| condition == Condition::Absent) else {
            return self.passed(self.inner.set(key, value, ttl, condition));
        };
        let (inner, arrivals) = (Arc::clone(&self.inner), Arc::clone(&self.arrivals));
        let key = key.to_owned();
        let late = tokio::spawn(async move {
            gate.pass().await;
            let taken = inner.set(&key, value, ttl, Condition::Absent).await;
            arrivals.fetch_add(1, SeqCst);
            taken
        });
        Box::pin(async move { late.await.expect("no panic") })
    }

    fn set_many(
        &self,
        entries: Vec<(String, Bytes)>,
        ttl: Option<Duration>,
    ) -> StoreFuture<'_, ()> {
        self.passed(self.inner.set_many(entries, ttl))
    }

    fn remove<'a>(&'a self, keys: &'a [String]) -> StoreFuture<'a, u64> {
        let removal = self.inner.remove(keys);
        let [key] = keys else { return self.removal(removal) };
        match key.strip_suffix(":~epoch") {
            Some(scope) => self.retire_epoch(scope, removal),
            None => self.removal(removal),
        }
    }

    fn remove_if<'a>(&'a self, key: &'a str, condition: Condition<'a>) -> StoreFuture<'a, bool> {
        let removed = self.passed(self.inner.remove_if(key, condition));
        Box::pin(async move {
            if self.keeps_leases.load(SeqCst) {
                return Err(Error::unreachable("nothing can be released"));
            }
            let removed = removed.await;
            self.releases.fetch_add(1, SeqCst);
            self.released.fetch_add(usize::from(matches!(removed, Ok(true))), SeqCst);
            removed
        })
    }

    fn restamp<'a>(&'a self, key: &'a str, old: &'a [u8], new: &'a [u8]) -> StoreFuture<'a, bool> {
        self.passed(self.inner.restamp(key, old, new))
    }

    fn remaining<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Remaining> {
        self.passed(self.inner.remaining(key))
    }

    fn scan<'a>(&'a self, pattern: &'a str, cursor: u64) -> StoreFuture<'a, Page> {
        if strategy() == Strategy::Scoped && pattern.ends_with(":*") {
            // What is deleted behind an epoch.
            return self.removal(self.inner.scan(pattern, cursor));
        }
        Box::pin(async move {
            let is_later = self.scans.fetch_add(1, SeqCst) > 0;
            let gate = self.later_scans.lock().unwrap().clone().filter(|_| is_later);
            if let Some(gate) = gate {
                gate.pass().await;
            }
            if self.refuses.lock().unwrap().as_deref() == Some(pattern) {
                return Err(Error::server("it may not be scanned"));
            }
            self.removal(self.inner.scan(pattern, cursor)).await
        })
    }

    fn connection(&self) -> u64 {
        self.inner.connection()
    }

    fn ping(&self) -> StoreFuture<'_, ()> {
        self.passed(self.inner.ping())
    }

    fn timed_out(&self) {
        self.inner.timed_out();
    }
}

/// One database behind one Redis.
pub(crate) struct Stage {
    pub(crate) server: RedisServer,
    pub(crate) database: Arc<Database>,
}

impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stage").field("keys", &self.keys()).finish_non_exhaustive()
    }
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self { server: RedisServer::start(), database: Arc::default() }
    }

    /// A process that reads this database through this server.
    pub(crate) async fn process(&self) -> Process {
        self.process_at(self.server.url()).await
    }

    pub(crate) async fn process_at(&self, url: String) -> Process {
        through_wire(patient().redis(url), &self.database).await
    }

    /// All keys but those of epochs.
    #[track_caller]
    pub(crate) fn keys(&self) -> Vec<String> {
        let keys = self.server.keys("*").into_iter();
        keys.filter(|key| !key.ends_with(":~epoch")).collect()
    }

    /// The only key there is.
    #[track_caller]
    pub(crate) fn key(&self) -> String {
        let keys = self.keys();
        assert_eq!(keys.len(), 1, "{keys:?}");
        keys[0].clone()
    }

    /// Whether a load is under way at the only key.
    pub(crate) fn is_leased(&self) -> bool {
        let held = self.server.get_raw(&self.key());
        held.is_some_and(|held| held.starts_with(b"cache/1 lease "))
    }
}

/// No fault of these tests is about time.
pub(crate) fn patient() -> CacheBuilder {
    Cache::builder().budget(SOON).connect_timeout(SOON).wait(SOON).strategy(strategy())
}

pub(crate) async fn through_wire(builder: CacheBuilder, database: &Arc<Database>) -> Process {
    let slot = Arc::<Mutex<Option<Arc<Wire>>>>::default();
    let kept = Arc::clone(&slot);
    let builder = builder.layer(move |inner| {
        let wire = Arc::new(Wire::before(inner));
        *kept.lock().unwrap() = Some(Arc::clone(&wire));
        wire
    });
    let cache = builder.build().await.expect("the server is there");
    let wire = slot.lock().unwrap().take();
    Process { cache, database: Arc::clone(database), wire, calls: Arc::default() }
}

/// A process with an embedded store.
pub(crate) async fn embedded() -> Process {
    let cache = patient().build().await.expect("nothing can fail");
    Process { cache, database: Arc::default(), wire: None, calls: Arc::default() }
}

/// Plays a scene of one process on a server and on the embedded store.
pub(crate) async fn on_both(scene: impl AsyncFn(&Process)) {
    let stage = Stage::new();
    in_time(Box::pin(scene(&stage.process().await))).await;
    in_time(Box::pin(scene(&embedded().await))).await;
}

/// What a task that has ended returned.
pub(crate) async fn ended<T>(task: JoinHandle<T>) -> T {
    in_time(task).await.expect("no panic")
}

pub(crate) async fn all_ended<T: 'static>(tasks: JoinSet<T>) -> Vec<T> {
    in_time(tasks.join_all()).await
}
