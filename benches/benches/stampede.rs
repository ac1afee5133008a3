//! Many callers on one cold key, in one process and in several; and what a miss costs. See `benches/README.md`.

use benches::{USERS, User, bare_key, call, prepare, slow};
use cache_runtime::Cache;
use redis::AsyncCommands;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};
use testkit::RedisServer;
use tokio::runtime::Runtime;

/// Callers in all.
const CALLERS: usize = 1000;

/// Processes that share the callers.
const PROCESSES: usize = 4;

/// Names the server for a process that this one starts.
const SERVER: &str = "STAMPEDE_SERVER";

fn main() {
    let runtime = Runtime::new().expect("a runtime starts");
    if let Ok(url) = std::env::var(SERVER) {
        return runtime.block_on(child(&url));
    }
    println!(
        "| {CALLERS} callers, a load of 50 ms | loads | slowest, ms | of the load |\n|---|---|---|---|"
    );
    let embedded = runtime.block_on(async {
        let cache = Cache::builder().build().await.expect("the embedded store needs nothing");
        stampede(&cache, CALLERS).await
    });
    print("one process, embedded", embedded);
    let server = RedisServer::start();
    let redis = runtime.block_on(async { stampede(&connect(&server.url()).await, CALLERS).await });
    print("one process, Redis", redis);
    for _ in 0..3 {
        server.flush();
        print(&format!("{PROCESSES} processes, Redis"), processes(&server.url()));
    }
    runtime.block_on(misses(&server.url()));
}

fn print(what: &str, (loads, slowest): (u64, Duration)) {
    let (slowest, of_load) =
        (slowest.as_secs_f64(), slowest.as_secs_f64() / slow::TIME.as_secs_f64());
    println!("| {what} | {loads} | {:.1} | {of_load:.2} |", slowest * 1e3);
}

async fn connect(url: &str) -> Cache {
    Cache::builder().redis(url).build().await.expect("the URL is good")
}

/// Lets callers ask for one cold key at once; says how many loads ran, and how long the slowest waited.
async fn stampede(cache: &Cache, callers: usize) -> (u64, Duration) {
    let started = Instant::now();
    let calls: Vec<_> = (0..callers).map(|_| tokio::spawn(cache.scope(slow::user(1)))).collect();
    let mut slowest = Duration::ZERO;
    for call in calls {
        let ended = call.await.expect("a task that only reads does not panic");
        slowest = slowest.max(ended.duration_since(started));
    }
    (cache.stats().loads, slowest)
}

/// One of several processes: tells that it is there, waits for the start, tells what it saw.
async fn child(url: &str) {
    let cache = connect(url).await;
    println!("ready");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).expect("the parent says when");
    let (loads, slowest) = stampede(&cache, CALLERS / PROCESSES).await;
    println!("{loads} {}", slowest.as_micros());
}

fn processes(url: &str) -> (u64, Duration) {
    let mut children: Vec<_> = (0..PROCESSES).map(|_| Member::start(url)).collect();
    for child in &mut children {
        assert_eq!(child.line(), "ready");
    }
    for child in &mut children {
        writeln!(child.input, "go").expect("the child listens");
    }
    let results = children.into_iter().map(Member::result);
    results.fold((0, Duration::ZERO), |(loads, slowest), (more, time)| {
        (loads + more, slowest.max(time))
    })
}

struct Member {
    process: Child,
    input: ChildStdin,
    output: BufReader<std::process::ChildStdout>,
}

impl Member {
    fn start(url: &str) -> Self {
        let program = std::env::current_exe().expect("this program has a path");
        let mut command = Command::new(program);
        command.env(SERVER, url).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("this program can be started again");
        let input = process.stdin.take().expect("it is piped");
        let output = BufReader::new(process.stdout.take().expect("it is piped"));
        Self { process, input, output }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("the child writes text");
        line.trim().to_owned()
    }

    fn result(mut self) -> (u64, Duration) {
        let line = self.line();
        self.process.wait().expect("the child ends");
        let (loads, slowest) = line.split_once(' ').expect("two numbers");
        let slowest = Duration::from_micros(slowest.parse().expect("a number"));
        (loads.parse().expect("a number"), slowest)
    }
}

/// Compares a cold miss with `GET`, load, `SET`, in rounds that take turns.
async fn misses(url: &str) {
    let (mut connection, cache) = prepare(url).await;
    let (mut gets, mut bares, mut colds) = (Vec::new(), Vec::new(), Vec::new());
    for id in USERS..USERS + 2000 {
        gets.push(timed(async { _ = connection.get::<_, Vec<u8>>(bare_key(0)).await }).await);
        let key = bare_key(id);
        bares.push(timed(get_load_set(&mut connection.clone(), &key, id)).await);
        colds.push(timed(async { _ = cache.scope(call(id)).await }).await);
    }
    let (get, bare, cold) = (median(gets), median(bares), median(colds));
    println!(
        "\n| | µs |\n|---|---|\n| GET | {get:.1} |\n| GET, load, SET | {bare:.1} |\n| cold miss | {cold:.1} |"
    );
    println!("| round trips more | {:.2} |", (cold - bare) / get);
}

async fn get_load_set(connection: &mut redis::aio::MultiplexedConnection, key: &str, id: u64) {
    let found: Option<Vec<u8>> = connection.get(key).await.expect("GET answers");
    assert!(found.is_none(), "it is a cold key");
    let json = serde_json::to_vec(&User::new(id)).expect("a user is JSON");
    let _: () = connection.set_ex(key, json, 3600).await.expect("SET answers");
}

async fn timed(work: impl Future<Output = ()>) -> f64 {
    let started = Instant::now();
    work.await;
    started.elapsed().as_secs_f64() * 1e6
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
