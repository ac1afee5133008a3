//! What the scenes stand on: a source whose loads wait at a gate or fail, and processes that read it through a cache.

pub(crate) use crate::support::SOON;
use crate::support::{Running, strategy};
use cache_runtime::{Cache, cached, invalidates};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use testkit::{RedisServer, eventually};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// A number that can be loaded. A load reads it when it begins.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) number: AtomicU64,
    pub(crate) fails: AtomicBool,
    is_open: watch::Sender<bool>,
    begun: AtomicUsize,
    running: AtomicUsize,
}

/// An error that nobody can copy.
#[derive(Debug, PartialEq)]
pub(crate) struct Failed;

impl Source {
    fn begin(&self) -> (Running<'_>, u64) {
        let (running, _) = Running::begin(&self.running);
        self.begun.fetch_add(1, SeqCst);
        (running, self.number.load(SeqCst))
    }

    async fn load(&self) -> Result<u64, Failed> {
        let (_running, number) = self.begin();
        let mut gate = self.is_open.subscribe();
        gate.wait_for(|is_open| *is_open).await.expect("the source outlives its loads");
        self.end(number)
    }

    async fn load_slowly(&self) -> Result<u64, Failed> {
        let (_running, number) = self.begin();
        if self.begun() > 1 {
            sleep(Duration::from_millis(30)).await;
        }
        self.end(number)
    }

    fn load_blocking(&self) -> Result<u64, Failed> {
        let (_running, number) = self.begin();
        self.end(number)
    }

    fn end(&self, number: u64) -> Result<u64, Failed> {
        if self.fails.load(SeqCst) { Err(Failed) } else { Ok(number) }
    }

    pub(crate) fn shut(&self) {
        self.is_open.send_replace(false);
    }

    pub(crate) fn open(&self) {
        self.is_open.send_replace(true);
    }

    pub(crate) fn begun(&self) -> usize {
        self.begun.load(SeqCst)
    }

    pub(crate) fn running(&self) -> usize {
        self.running.load(SeqCst)
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
    pub(crate) source: Arc<Source>,
}

impl Process {
    /// Shuts the source, and begins a call whose load, the second one, waits there.
    pub(crate) async fn begins<T: Send + 'static, F>(
        &self,
        call: impl FnOnce(Self) -> F,
    ) -> JoinHandle<T>
    where
        F: Future<Output = T> + Send + 'static,
    {
        self.source.shut();
        let loads = tokio::spawn(call(self.clone()));
        self.source.has_begun(2).await;
        loads
    }
}

#[cached(ttl = 60, stale = 60, lease = "10m", key = "stale:<id>", skip(process), cache = process.cache)]
pub(crate) async fn stale(process: &Process, id: u64) -> Result<u64, Failed> {
    process.source.load().await
}

/// Its caller waits long enough for others to do something meanwhile.
#[cached(ttl = 60, stale = 60, wait = "500ms", key = "patient:<id>", skip(process), cache = process.cache)]
pub(crate) async fn patient(process: &Process, id: u64) -> Result<u64, Failed> {
    process.source.load().await
}

#[cached(ttl = 60, stale_if_error = "1h", wait = "300ms", key = "slow:<id>", skip(process), cache = process.cache)]
pub(crate) async fn slow(process: &Process, id: u64) -> Result<u64, Failed> {
    process.source.load().await
}

/// Its caller does not wait for long.
#[cached(ttl = 60, stale = 60, wait = "20ms", key = "hasty:<id>", skip(process), cache = process.cache)]
pub(crate) async fn hasty(process: &Process, id: u64) -> Result<u64, Failed> {
    process.source.load().await
}

#[cached(ttl = 60, stale_if_error = "1h", key = "spare:<id>", skip(process), cache = process.cache)]
pub(crate) async fn spare(process: &Process, id: u64) -> Result<u64, Failed> {
    process.source.load().await
}

#[cached(ttl = 60, stale_if_error = "1h", key = "blocking:<id>", skip(process), cache = process.cache)]
pub(crate) fn spare_blocking(process: &Process, id: u64) -> Result<u64, Failed> {
    process.source.load_blocking()
}

/// So early that every call is the first one.
#[cached(ttl = 60, early = 1e12, key = "early:<id>", skip(process), cache = process.cache)]
pub(crate) async fn early(process: &Process, id: u64) -> Result<u64, Failed> {
    process.source.load().await
}

#[cached(ttl = 60, jitter = 0.5, key = "jitter:<id>", skip(process), cache = process.cache)]
pub(crate) async fn jitter(process: &Process, id: u64) -> Result<u64, Failed> {
    process.source.load().await
}

#[invalidates("spare:*", cache = process.cache)]
pub(crate) async fn write_spare(process: &Process, number: u64) {
    process.source.number.store(number, SeqCst);
}

#[invalidates("stale:*", cache = process.cache)]
pub(crate) async fn write(process: &Process, number: u64) {
    process.source.number.store(number, SeqCst);
}

/// Of a process that waits for nobody.
#[cached(ttl = 60, stale = "1h", key = "rushed:<id>", skip(process), cache = process.cache)]
pub(crate) async fn rushed(process: &Process, id: u64) -> Result<u64, Failed> {
    process.source.load_slowly().await
}

/// Two processes on one server, and one source.
pub(crate) async fn two_processes() -> (RedisServer, Process, Process) {
    let server = RedisServer::start();
    let source = Arc::new(Source {
        number: AtomicU64::new(1),
        fails: AtomicBool::new(false),
        is_open: watch::Sender::new(true),
        begun: AtomicUsize::new(0),
        running: AtomicUsize::new(0),
    });
    let process = async || {
        let builder = Cache::builder().redis(server.url()).strategy(strategy());
        let cache = builder.budget(SOON).build().await.unwrap();
        Process { cache, source: Arc::clone(&source) }
    };
    let (one, other) = (process().await, process().await);
    (server, one, other)
}

/// Rewrites every entry so that it expired this long ago. The store keeps it for as long as before.
pub(crate) fn expire_all(server: &RedisServer, ago: Duration) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let until = now.checked_sub(ago).unwrap().as_millis().to_string();
    for key in server.keys("*") {
        overwrite(server, &key, FRESH_UNTIL, &until);
    }
}

/// Where a time stands in an entry's header: behind so many spaces.
const CREATED: usize = 1;
const FRESH_UNTIL: usize = 2;

/// Puts another time of as many digits into an entry.
fn overwrite(server: &RedisServer, key: &str, field: usize, time: &str) {
    let entry = server.get_raw(key).unwrap_or_default();
    let mut spaces = entry.iter().enumerate().filter(|(_, byte)| **byte == b' ');
    // Of the epochs, which stand there with scopes, none has a space.
    if let Some((before, _)) = spaces.nth(field) {
        server.command(&["SETRANGE", key, &(before + 1).to_string(), time]);
    }
}

/// Rewrites every entry as a host would have written it whose clock is ahead by so much.
pub(crate) fn put_ahead(server: &RedisServer, by: Duration) {
    for key in server.keys("*") {
        let entry = server.get_raw(&key).unwrap_or_default();
        let header = entry.split(|byte| *byte == b'\n').next().unwrap();
        let header = String::from_utf8(header.to_vec()).unwrap();
        for field in [CREATED, FRESH_UNTIL] {
            let time = header.split(' ').nth(field + 1).and_then(|time| time.parse::<u128>().ok());
            if let Some(time) = time {
                overwrite(server, &key, field, &(time + by.as_millis()).to_string());
            }
        }
    }
}

/// Lets so much of the store's time pass for every entry.
pub(crate) fn age(server: &RedisServer, by: Duration) {
    for key in server.keys("*").iter().filter(|key| !key.ends_with("~epoch")) {
        let left = server.command(&["PTTL", key]);
        let left: i64 = testkit::redis::from_redis_value(left).unwrap();
        let left = left - i64::try_from(by.as_millis()).unwrap();
        server.command(&["PEXPIRE", key, &left.to_string()]);
    }
}
