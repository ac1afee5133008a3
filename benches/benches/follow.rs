//! How soon the in-process tier of one process follows an invalidation by another. See `benches/README.md`.

use benches::connect;
use cache_runtime::{Cache, Strategy, cached};
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use testkit::RedisServer;
use tokio::runtime::{Builder, Runtime};

/// Invalidations of each kind.
const ROUNDS: usize = 2_000;

/// Names the server for the process that follows.
const SERVER: &str = "FOLLOW_SERVER";

/// What stands for the database: a number on the server.
const SOURCE: &str = "source";

fn main() {
    if let Ok(url) = std::env::var(SERVER) {
        let runtime = Builder::new_current_thread().enable_all().build();
        return runtime.expect("a runtime starts").block_on(follow(&url));
    }
    println!("| invalidated by | p50, µs | p99, µs | slowest, µs |\n|---|---|---|---|");
    let runtime = Runtime::new().expect("a runtime starts");
    for (name, strategy, pattern) in [
        ("its key", Strategy::Scan, None),
        ("its key, with scopes", Strategy::Scoped, None),
        ("a pattern, with scopes", Strategy::Scoped, Some("number:*")),
    ] {
        let server = RedisServer::start();
        let windows = runtime.block_on(windows(&server.url(), strategy, pattern));
        print(name, windows);
    }
}

static DATABASE: OnceLock<MultiplexedConnection> = OnceLock::new();

#[cached(ttl = 3600, key = "number:<id>")]
async fn number(id: u64) -> Result<u64, cache_runtime::Error> {
    let mut database = DATABASE.get().expect("it is set before the first call").clone();
    Ok(database.get(SOURCE).await.expect("GET answers"))
}

async fn read(cache: &Cache) -> u64 {
    cache.scope(number(1)).await.expect("the load cannot fail")
}

/// The process that follows: reads in a loop, and for every new value prints it, when the last call began that still got the old one,
/// and how many calls this process has answered by itself.
async fn follow(url: &str) {
    let strategy = match std::env::var("FOLLOW_STRATEGY").as_deref() {
        Ok("scoped") => Strategy::Scoped,
        _ => Strategy::Scan,
    };
    let cache = Cache::builder().redis(url).strategy(strategy).local(100).build().await;
    let cache = cache.expect("the server tracks");
    assert!(DATABASE.set(connect(url).await).is_ok(), "it is set once");
    let (mut value, mut began) = (read(&cache).await, now());
    println!("{value} {began} 0");
    loop {
        let starts = now();
        let newer = read(&cache).await;
        if newer != value {
            println!("{newer} {began} {}", cache.stats().local_hits);
        }
        (value, began) = (newer, starts);
        tokio::task::yield_now().await;
    }
}

/// Microseconds on the clock that both processes have.
fn now() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970").as_micros()
}

/// Writes and invalidates; for each time, how long after the invalidation had returned a call could begin that got the old value.
async fn windows(url: &str, strategy: Strategy, pattern: Option<&str>) -> Vec<u128> {
    let cache = Cache::builder().redis(url).strategy(strategy).build().await;
    let cache = cache.expect("the URL is good");
    let mut database = connect(url).await;
    let _: () = database.set(SOURCE, 0).await.expect("SET answers");
    let mut follower = ChangeListener::start(url, strategy);
    let mut local_hits = follower.line().local_hits;
    let mut windows = Vec::with_capacity(ROUNDS);
    for value in 1..=ROUNDS as u64 {
        let _: () = database.set(SOURCE, value).await.expect("SET answers");
        invalidate(&cache, pattern).await;
        let returned = now();
        let seen = follower.line();
        assert_eq!(seen.value, value, "it follows");
        assert!(seen.local_hits > local_hits, "the value before was in the tier");
        local_hits = seen.local_hits;
        windows.push(seen.last_old.saturating_sub(returned));
        // The follower has the value in its tier again before the next one comes.
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    windows
}

async fn invalidate(cache: &Cache, pattern: Option<&str>) {
    let gone = match pattern {
        Some(pattern) => cache.invalidate(pattern).await,
        None => cache.scope(async { cache_runtime::invalidate!(number(1)).await }).await,
    };
    gone.expect("Redis answers");
}

/// What the follower says of a new value.
struct Seen {
    value: u64,
    /// When the last call began that got the value before, in microseconds.
    last_old: u128,
    local_hits: u64,
}

struct ChangeListener {
    process: Child,
    output: BufReader<ChildStdout>,
}

impl ChangeListener {
    fn start(url: &str, strategy: Strategy) -> Self {
        let program = std::env::current_exe().expect("this program has a path");
        let mut command = Command::new(program);
        command.env(SERVER, url).stdout(Stdio::piped());
        if strategy == Strategy::Scoped {
            command.env("FOLLOW_STRATEGY", "scoped");
        }
        let mut process = command.spawn().expect("this program can be started again");
        let output = BufReader::new(process.stdout.take().expect("it is piped"));
        Self { process, output }
    }

    fn line(&mut self) -> Seen {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("the follower writes text");
        let mut numbers = line.split_whitespace().map(|word| word.parse().expect("a number"));
        let mut next = || -> u128 { numbers.next().expect("three numbers") };
        let (value, last_old, local_hits) = (next(), next(), next());
        let narrow = |number| u64::try_from(number).expect("it is no time");
        Seen { value: narrow(value), last_old, local_hits: narrow(local_hits) }
    }
}

impl Drop for ChangeListener {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn print(name: &str, mut windows: Vec<u128>) {
    windows.sort_unstable();
    let at = |part: usize| windows[(windows.len() - 1) * part / 100];
    println!("| {name} | {} | {} | {} |", at(50), at(99), at(100));
}
