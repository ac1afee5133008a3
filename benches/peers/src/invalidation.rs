//! A hundred keys go by a pattern, among ten thousand to a million others.

use crate::database::{User, server};
use crate::peers::{multi_tier, ours, redis_crate};
use crate::plot;
use crate::progress::progress;
use crate::rounds::{Rounds, milliseconds, number, quantile};
use crate::table::Table;
use ::cached::{AsyncRedisCache, ConcurrentCachedAsync};
use futures_util::future::BoxFuture;
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Keys that have to go.
const HOT: u64 = 100;

/// Removes everything under `bench:hot:`, as one peer does it.
trait Sweeper: Send + Sync {
    fn sweep(&self) -> BoxFuture<'_, ()>;
}

struct Entry {
    name: &'static str,
    setup: &'static str,
    /// What stands before `bench:hot:`.
    prefix: &'static str,
    /// Whether the keys are gone when it returns; else they only count for nothing.
    deletes_at_once: bool,
    sweeper: Box<dyn Sweeper>,
}

/// Everybody who can. The first one is the reference; another strategy is one more entry here.
async fn entries(connection: &MultiplexedConnection) -> Vec<Entry> {
    vec![
        Entry {
            name: "`SCAN` and `UNLINK`",
            setup: "by hand, `COUNT 1000`, one `UNLINK` for each batch",
            prefix: "",
            deletes_at_once: true,
            sweeper: Box::new(Scan(connection.clone())),
        },
        Entry {
            name: "`KEYS` and `DEL`",
            setup: "by hand, as many do",
            prefix: "",
            deletes_at_once: true,
            sweeper: Box::new(Keys(connection.clone())),
        },
        Entry {
            name: "`multi-tier-cache`",
            setup: "`invalidate_pattern`, on Redis alone; `SCAN` with `COUNT 100`, then one `DEL` of all",
            prefix: "",
            deletes_at_once: true,
            sweeper: Box::new(MultiTier(multi_tier::manager().await)),
        },
        Entry {
            name: "`cached`",
            setup: "`async_cache_clear`: knows no patterns, clears all of one function; `SCAN` with `COUNT 100` and `DEL`",
            prefix: "",
            deletes_at_once: true,
            sweeper: Box::new(Cached(one_function().await)),
        },
        Entry {
            name: "**ours**",
            setup: "`cache.invalidate(\"bench:hot:*\")`",
            prefix: "cache:",
            deletes_at_once: true,
            sweeper: Box::new(Ours(ours::handle(server()).await)),
        },
        Entry {
            name: "**ours**, scopes",
            setup: "the same with `Strategy::Scoped`: one `SET`; what is stale is deleted behind, at a tenth of the server's time",
            prefix: "scoped:",
            deletes_at_once: false,
            sweeper: Box::new(Scoped(ours::scoped(server()).await)),
        },
    ]
}

struct Scan(MultiplexedConnection);

impl Sweeper for Scan {
    fn sweep(&self) -> BoxFuture<'_, ()> {
        Box::pin(async { scan(self.0.clone()).await.expect("Redis answers") })
    }
}

async fn scan(mut connection: MultiplexedConnection) -> redis::RedisResult<()> {
    let mut cursor = 0_u64;
    loop {
        let mut scan = redis::cmd("SCAN");
        scan.arg(cursor).arg("MATCH").arg("bench:hot:*").arg("COUNT").arg(1000);
        let (next, keys): (u64, Vec<Vec<u8>>) = scan.query_async(&mut connection).await?;
        if !keys.is_empty() {
            let _: u64 = connection.unlink(keys).await?;
        }
        if next == 0 {
            return Ok(());
        }
        cursor = next;
    }
}

struct Keys(MultiplexedConnection);

impl Sweeper for Keys {
    fn sweep(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            let mut connection = self.0.clone();
            let keys: Vec<Vec<u8>> = connection.keys("bench:hot:*").await.expect("Redis answers");
            let _: u64 = connection.del(keys).await.expect("Redis answers");
        })
    }
}

struct MultiTier(multi_tier_cache::CacheManager);

impl Sweeper for MultiTier {
    fn sweep(&self) -> BoxFuture<'_, ()> {
        Box::pin(async { self.0.invalidate_pattern("bench:hot:*").await.expect("Redis answers") })
    }
}

struct Cached(AsyncRedisCache<String, User>);

/// A cache whose keys begin with `bench:hot:`.
async fn one_function() -> AsyncRedisCache<String, User> {
    let builder = AsyncRedisCache::builder("hot").namespace("bench").connection_string(server());
    let builder = builder.ttl(crate::database::TTL).connection_manager(true);
    builder.build().await.expect("Redis is there")
}

impl Sweeper for Cached {
    fn sweep(&self) -> BoxFuture<'_, ()> {
        Box::pin(async { self.0.async_cache_clear().await.expect("Redis answers") })
    }
}

struct Ours(cache_runtime::Cache);

impl Sweeper for Ours {
    fn sweep(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            let gone = self.0.invalidate("bench:hot:*").await.expect("Redis answers");
            assert_eq!(gone.deleted, HOT, "all of them were there");
        })
    }
}

struct Scoped(cache_runtime::Cache);

impl Sweeper for Scoped {
    fn sweep(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            let gone = self.0.invalidate("bench:hot:*").await.expect("Redis answers");
            assert_eq!(gone.way, cache_runtime::Way::Epoch);
        })
    }
}

/// What was seen among so many keys: milliseconds, and what another client's slowest `GET` took meanwhile.
struct Seen {
    keys: u64,
    took: Rounds,
    others: Rounds,
}

pub(crate) async fn tables(quick: bool) -> Vec<Table> {
    let sizes: &[u64] = if quick { &[1_000, 10_000] } else { &[10_000, 100_000, 1_000_000] };
    let connection = redis_crate::multiplexed(server()).await;
    let entries = entries(&connection).await;
    let (mut seen, mut filled) = (Vec::new(), 0);
    for &keys in sizes {
        fill(&connection, "cache:bench:cold:", filled..keys).await;
        filled = keys;
        seen.push(among(&connection, &entries, keys, times(quick, keys)).await);
    }
    if !quick {
        draw(&entries, &seen);
    }
    vec![table(&entries, &seen)]
}

/// A scan of a million keys takes seconds.
fn times(quick: bool, keys: u64) -> usize {
    match (quick, keys) {
        (true, _) => 2,
        (false, 1_000_000) => 7,
        (false, _) => 15,
    }
}

/// Stores keys whose names end in numbers, by pipelines.
async fn fill(connection: &MultiplexedConnection, prefix: &str, numbers: std::ops::Range<u64>) {
    let json = serde_json::to_vec(&User::new(0, 0)).expect("a user is JSON");
    let numbers: Vec<_> = numbers.collect();
    for batch in numbers.chunks(10_000) {
        let mut pipeline = redis::pipe();
        for number in batch {
            pipeline.set(format!("{prefix}{number}"), &json).ignore();
        }
        let _: () = pipeline.query_async(&mut connection.clone()).await.expect("Redis answers");
    }
}

async fn among(
    connection: &MultiplexedConnection,
    entries: &[Entry],
    keys: u64,
    times: usize,
) -> Seen {
    let (mut took, mut others) = (Rounds::new(entries.len()), Rounds::new(entries.len()));
    for round in 0..=times {
        progress(&format!("invalidation among {keys} keys, round {round}"));
        for (number, entry) in entries.iter().enumerate() {
            let (time, slowest) = turn(connection, entry).await;
            // The first round warms up.
            if round > 0 {
                took.record(number, time);
                others.record(number, slowest);
            }
        }
    }
    Seen { keys, took, others }
}

/// What is over within this time, in milliseconds, is done several times in each round: once would say more of the processor's sleep.
const SHORT: f64 = 5.0;

/// How often.
const REPEATS: usize = 9;

/// One round of one of them: the median time, and the slowest read of another client at that, in milliseconds.
async fn turn(connection: &MultiplexedConnection, entry: &Entry) -> (f64, f64) {
    let prefix = format!("{}bench:hot:", entry.prefix);
    let (mut times, mut slowest) = (Vec::new(), Vec::new());
    while times.len() < REPEATS && times.iter().all(|time| *time < SHORT) {
        fill(connection, &prefix, 0..HOT).await;
        let (time, other) = watched(entry).await;
        if entry.deletes_at_once {
            assert_gone(connection, &prefix).await;
        }
        times.push(milliseconds(time));
        slowest.push(milliseconds(other));
    }
    (quantile(times, 0.5), quantile(slowest, 0.5))
}

/// Sweeps while another client goes on reading; says what the sweep took, and the slowest read.
async fn watched(entry: &Entry) -> (Duration, Duration) {
    let done = Arc::new(AtomicBool::new(false));
    let reader = tokio::spawn(read(redis_crate::multiplexed(server()).await, Arc::clone(&done)));
    // The reader is under way.
    tokio::time::sleep(Duration::from_millis(5)).await;
    let started = Instant::now();
    entry.sweeper.sweep().await;
    let took = started.elapsed();
    done.store(true, Ordering::SeqCst);
    (took, reader.await.expect("a reader does not panic"))
}

async fn read(mut connection: MultiplexedConnection, done: Arc<AtomicBool>) -> Duration {
    let mut slowest = Duration::ZERO;
    while !done.load(Ordering::SeqCst) {
        let started = Instant::now();
        let _: Option<Vec<u8>> = connection.get("cache:bench:cold:1").await.expect("Redis answers");
        slowest = slowest.max(started.elapsed());
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    slowest
}

async fn assert_gone(connection: &MultiplexedConnection, prefix: &str) {
    let keys: Vec<_> = (0..HOT).map(|number| format!("{prefix}{number}")).collect();
    let left: u64 = connection.clone().exists(keys).await.expect("Redis answers");
    assert_eq!(left, 0, "{prefix}* is gone");
}

fn table(entries: &[Entry], seen: &[Seen]) -> Table {
    let heads = seen.iter().map(|seen| format!("among {}, ms", seen.keys));
    let heads: Vec<_> =
        heads.flat_map(|ms| [ms, "ratio".into(), "others' slowest `GET`, ms".into()]).collect();
    let head: Vec<_> = std::iter::once("").chain(heads.iter().map(String::as_str)).collect();
    let mut table = Table::new("100 keys by prefix pattern", &head);
    for (index, entry) in entries.iter().enumerate() {
        let cells = seen.iter().flat_map(|seen| {
            let ratio = format!("{:.2}", seen.took.ratio(index));
            [number(seen.took.median(index)), ratio, number(seen.others.median(index))]
        });
        table.line(entry.name, cells);
        table.note(format!("{}: {}.", entry.name, entry.setup));
    }
    table.note("`hitbox`, `fred` and `rustis` have nothing for this: a key at a time, or what is above by hand.");
    table.note("`moka` (`invalidate_entries_if`) and `quick_cache` (`retain`) can do it in their own process, not on a server.");
    table
}

fn draw(entries: &[Entry], seen: &[Seen]) {
    let lines = entries.iter().enumerate().map(|(index, entry)| plot::Line {
        name: entry.name.replace(['`', '*'], ""),
        points: seen.iter().map(|seen| (plot::size(seen.keys), seen.took.median(index))).collect(),
    });
    let path = plot::draw(&lines.collect::<Vec<_>>()).expect("the plot can be written");
    progress(&format!("wrote {}", path.display()));
}
