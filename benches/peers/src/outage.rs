//! Redis killed, and frozen, during calls: what they return, how long they take, and when hits are back.
//!
//! Each peer meets each fault in a process and on a server of its own: some never recover.

use crate::database::{self, loads};
use crate::member::Member;
use crate::peers::{Entry, Peer, cached, fred, hitbox, multi_tier, ours, redis_crate, rustis};
use crate::progress::progress;
use crate::rounds::{milliseconds, number, quantile};
use crate::table::Table;
use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::{Duration, Instant};
use testkit::RedisServer;
use tokio::time::{sleep, timeout};

const PEERS: &[Entry] = &[
    redis_crate::BARE,
    redis_crate::MANAGED,
    fred::ENTRY,
    rustis::ENTRY,
    cached::REDIS,
    hitbox::REDIS,
    multi_tier::REDIS,
    multi_tier::BOTH,
    ours::REDIS,
];

/// What a call may take here. A service would have given up long before.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long somebody looks for a hit once the server is back.
const SEARCH: Duration = Duration::from_secs(30);

/// Callers during the outage; each has a key of its own.
const CALLERS: u64 = 4;

/// The key by which the return is noticed.
const PROBE: u64 = 9;

/// Callers are on their way when the fault comes.
const HEAD_START: Duration = Duration::from_millis(200);

const PAUSE: Duration = Duration::from_millis(2);

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub(crate) enum Fault {
    /// `SIGKILL`; comes back empty
    Kill,
    /// `SIGSTOP`; goes on where it was
    Freeze,
}

/// What one peer did during one outage.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Seen {
    /// Answered without a load.
    hits: u64,
    /// The body ran.
    ran: u64,
    errors: u64,
    /// Gave no answer within `PATIENCE`.
    hung: u64,
    milliseconds: Vec<f64>,
    /// One of the errors.
    example: Option<String>,
    /// Until the first hit after the return.
    recovery: Option<f64>,
}

/// What one call came to.
enum Answer {
    Hit,
    Ran,
    Error(String),
    Hung,
}

struct Call {
    answer: Answer,
    started: Instant,
    ended: Instant,
}

impl Seen {
    fn add(&mut self, call: Call) {
        self.milliseconds.push(milliseconds(call.ended - call.started));
        match call.answer {
            Answer::Hit => self.hits += 1,
            Answer::Ran => self.ran += 1,
            Answer::Hung => self.hung += 1,
            Answer::Error(error) => {
                self.errors += 1;
                self.example = Some(error);
            }
        }
    }
}

pub(crate) fn tables(quick: bool) -> Vec<Table> {
    let seconds = if quick { 1 } else { 3 };
    let table = |&fault: &Fault| table(fault, seconds);
    Fault::value_variants().iter().map(table).collect()
}

fn table(fault: Fault, seconds: u64) -> Table {
    let what = if fault == Fault::Kill { "killed (`SIGKILL`)" } else { "frozen (`SIGSTOP`)" };
    let title = format!("Redis {what} for {seconds} s");
    let head = [
        "",
        "calls",
        "hit",
        "body ran",
        "error",
        "hung",
        "median, ms",
        "worst, ms",
        "first hit after, s",
    ];
    let mut table = Table::new(&title, &head);
    for peer in PEERS {
        progress(&format!("{title}: {}", peer.name));
        let seen = meet(peer, fault, seconds);
        table.line(peer.name, cells(&seen));
        if let Some(error) = seen.example {
            table.note(format!("{}: “{}”.", peer.name, error.trim_end_matches('.')));
        }
    }
    table
}

/// Lets a child go through it.
fn meet(peer: &Entry, fault: Fault, seconds: u64) -> Seen {
    let fault = fault.to_possible_value().expect("no fault is hidden");
    let mut child = Member::start(&["outage", peer.name, fault.get_name(), &seconds.to_string()]);
    let seen = serde_json::from_str(&child.line()).expect("the child writes what it saw");
    child.end();
    seen
}

fn cells(seen: &Seen) -> Vec<String> {
    let counts = [seen.hits, seen.ran, seen.errors, seen.hung];
    let mut cells = vec![seen.milliseconds.len().to_string()];
    cells.extend(counts.map(|count| if count == 0 { String::new() } else { count.to_string() }));
    let part = |part| number(quantile(seen.milliseconds.clone(), part));
    cells.extend([part(0.5), part(1.0)]);
    let never = || format!("not within {} s", SEARCH.as_secs());
    cells.push(seen.recovery.map_or_else(never, number));
    cells
}

/// The child: takes its own server away from a peer, and tells what it saw.
pub(crate) async fn child(entry: Entry, fault: Fault, seconds: u64) {
    let server = RedisServer::start();
    database::use_server(&server.url());
    let peer = (entry.connect)().await;
    warm(&peer).await;
    let begun = Instant::now() + HEAD_START;
    let until = begun + Duration::from_secs(seconds);
    let callers: Vec<_> =
        (0..CALLERS).map(|id| tokio::spawn(endure(Arc::clone(&peer), id, until))).collect();
    sleep(begun - Instant::now()).await;
    let struck = Instant::now();
    strike(&server, fault);
    let gone = Instant::now();
    sleep(until - Instant::now()).await;
    let back = relieve(&server, fault);
    let recovery = search(&peer, back).await;
    let mut seen = Seen { recovery, ..Seen::default() };
    for caller in callers {
        for call in caller.await.expect("a caller does not panic") {
            // What ends while the signal is on its way was hit by it, unless it was still answered.
            if call.ended > gone || call.ended > struck && !matches!(call.answer, Answer::Hit) {
                seen.add(call);
            }
        }
    }
    println!("{}", serde_json::to_string(&seen).expect("numbers and text are JSON"));
}

async fn warm(peer: &Arc<dyn Peer>) {
    for id in (0..CALLERS).chain([PROBE]) {
        peer.call(id).await.expect("Redis is there");
        peer.call(id).await.expect("Redis is there");
        assert_eq!(loads(id), 1, "the second call was a hit");
    }
}

fn strike(server: &RedisServer, fault: Fault) {
    match fault {
        Fault::Kill => server.kill(),
        Fault::Freeze => server.freeze(),
    }
}

/// Brings the server back, and says when.
fn relieve(server: &RedisServer, fault: Fault) -> Instant {
    match fault {
        Fault::Kill => server.restart(),
        Fault::Freeze => server.thaw(),
    }
    Instant::now()
}

/// Calls again and again, from before the outage to its end.
async fn endure(peer: Arc<dyn Peer>, id: u64, until: Instant) -> Vec<Call> {
    let mut calls = Vec::new();
    while Instant::now() < until {
        let started = Instant::now();
        let answer = ask(&peer, id).await;
        calls.push(Call { answer, started, ended: Instant::now() });
        sleep(PAUSE).await;
    }
    calls
}

/// Makes one call. Nobody else asks for this user, so that a load in between was its own.
async fn ask(peer: &Arc<dyn Peer>, id: u64) -> Answer {
    let before = loads(id);
    match timeout(PATIENCE, peer.call(id)).await {
        Err(_) => Answer::Hung,
        Ok(Err(error)) => Answer::Error(error),
        Ok(Ok(_)) if loads(id) == before => Answer::Hit,
        Ok(Ok(_)) => Answer::Ran,
    }
}

/// Looks for a hit, and says how many seconds after the return it came.
async fn search(peer: &Arc<dyn Peer>, back: Instant) -> Option<f64> {
    while back.elapsed() < SEARCH {
        if matches!(ask(peer, PROBE).await, Answer::Hit) {
            return Some(back.elapsed().as_secs_f64());
        }
        sleep(PAUSE).await;
    }
    None
}
