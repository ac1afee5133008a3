//! A thousand callers of one cold key, in one process and in four.

use crate::database::{self, server};
use crate::member::Member;
use crate::peers::{
    Entry, Peer, cached, connect, foyer, fred, hitbox, moka, multi_tier, ours, quick_cache,
    redis_crate,
};
use crate::progress::progress;
use crate::rounds::{milliseconds, number, quantile};
use crate::table::Table;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::error::Elapsed;
use tokio::time::{sleep, timeout};

const PEERS: &[Entry] = &[
    redis_crate::BARE,
    fred::ENTRY,
    cached::REDIS,
    hitbox::REDIS,
    multi_tier::REDIS,
    multi_tier::BOTH,
    ours::REDIS,
    moka::ENTRY,
    quick_cache::ENTRY,
    foyer::ENTRY,
    cached::SHARDED,
    cached::LOCKED,
    hitbox::MOKA,
    ours::EMBEDDED,
];

const CALLERS: usize = 1000;
const PROCESSES: usize = 4;
const LOAD: Duration = Duration::from_millis(50);

/// What a caller may take here. A service would have given up long before.
const PATIENCE: Duration = Duration::from_secs(10);

/// No other section uses ids from here on: every round has a cold key of its own.
const FIRST_ID: u64 = 1_000_000;

/// What happened in one round.
#[derive(Clone, Copy, Default)]
struct Seen {
    loads: u64,
    failures: u64,
    hung: u64,
    slowest: Duration,
}

impl Seen {
    fn and(self, other: Self) -> Self {
        Self {
            loads: self.loads + other.loads,
            failures: self.failures + other.failures,
            hung: self.hung + other.hung,
            slowest: self.slowest.max(other.slowest),
        }
    }
}

pub(crate) async fn tables(quick: bool) -> Vec<Table> {
    let rounds = if quick { 1 } else { 7 };
    let alone = alone(rounds).await;
    let together = together(rounds);
    let mut table = Table::new(
        "1,000 callers of one cold key, a load of 50 ms",
        &[
            "",
            "one process: loads",
            "slowest caller, ms",
            "4 × 250: loads",
            "slowest caller, ms",
            "failed",
        ],
    );
    for (index, peer) in PEERS.iter().enumerate() {
        let failed: u64 =
            alone[index].iter().chain(&together[index]).map(|seen| seen.failures + seen.hung).sum();
        let cells = cells(&alone[index]).into_iter().chain(cells(&together[index]));
        table.line(peer.name, cells.chain([failed.to_string()]));
    }
    table.note(format!("Medians of {rounds} rounds, and the range of the loads where it is one."));
    table.note(
        "“—”: the cache is not shared between processes; there would be four times as many loads.",
    );
    vec![table, abandoned(if quick { 1 } else { 3 }).await]
}

async fn alone(rounds: u64) -> Vec<Vec<Seen>> {
    database::be_slow(LOAD);
    let peers = connect(PEERS).await;
    let mut seen = vec![Vec::new(); PEERS.len()];
    for round in 0..rounds {
        progress(&format!("stampede in one process, round {round}"));
        for (peer, seen) in peers.iter().zip(&mut seen) {
            seen.push(rush(peer, FIRST_ID + round, CALLERS).await);
        }
    }
    database::be_slow(Duration::ZERO);
    seen
}

/// Lets callers ask for one user at once.
async fn rush(peer: &Arc<dyn Peer>, id: u64, callers: usize) -> Seen {
    let (before, started) = (database::loads(id), Instant::now());
    let calls: Vec<_> = (0..callers)
        .map(|_| {
            let call = peer.call(id);
            tokio::spawn(async move { seen(&timeout(PATIENCE, call).await, started.elapsed()) })
        })
        .collect();
    let mut all = Seen::default();
    for call in calls {
        all = all.and(call.await.expect("a caller does not panic"));
    }
    Seen { loads: database::loads(id) - before, ..all }
}

/// What one caller saw.
fn seen(answer: &Result<Result<u64, String>, Elapsed>, slowest: Duration) -> Seen {
    let (hung, failed) = (answer.is_err(), matches!(answer, Ok(Err(_))));
    Seen { loads: 0, failures: u64::from(failed), hung: u64::from(hung), slowest }
}

/// The same when the caller who loads is dropped, as one whose client has gone away is.
async fn abandoned(rounds: u64) -> Table {
    database::be_slow(LOAD);
    let mut table = Table::new(
        "The caller who loads is dropped halfway, 999 others wait",
        &["", "further loads", "slowest caller, ms", "failed", "no answer in 10 s"],
    );
    for (peer, entry) in connect(PEERS).await.iter().zip(PEERS) {
        progress(&format!("an abandoned load: {}", entry.name));
        let mut seen = Vec::new();
        for round in 0..rounds {
            seen.push(abandon(peer, FIRST_ID + 2000 + round).await);
        }
        let sum = |count: fn(&Seen) -> u64| seen.iter().map(count).sum::<u64>().to_string();
        let rest = [sum(|seen| seen.failures), sum(|seen| seen.hung)];
        table.line(entry.name, cells(&seen).into_iter().chain(rest));
    }
    database::be_slow(Duration::ZERO);
    table.note(format!("Medians of {rounds} rounds; sums of what failed or had no answer."));
    table
}

async fn abandon(peer: &Arc<dyn Peer>, id: u64) -> Seen {
    let leader = tokio::spawn(peer.call(id));
    // It has begun to load.
    sleep(LOAD / 5).await;
    let others = rush(peer, id, CALLERS - 1);
    let drop = async {
        sleep(LOAD / 5).await;
        leader.abort();
    };
    futures_util::future::join(others, drop).await.0
}

fn together(rounds: u64) -> Vec<Vec<Seen>> {
    let mut teams: Vec<_> = PEERS.iter().map(team).collect();
    let mut seen = vec![Vec::new(); PEERS.len()];
    for round in 0..rounds {
        progress(&format!("stampede in {PROCESSES} processes, round {round}"));
        for (team, seen) in teams.iter_mut().zip(&mut seen) {
            if !team.is_empty() {
                // The keys of the rounds before are warm.
                seen.push(go(team, FIRST_ID + 1000 + round));
            }
        }
    }
    teams.into_iter().flatten().for_each(Member::end);
    seen
}

/// Starts the processes of a peer; none, if they would not share anything.
fn team(peer: &Entry) -> Vec<Member> {
    let processes = if peer.shared { PROCESSES } else { 0 };
    let mut team: Vec<_> =
        (0..processes).map(|_| Member::start(&["callers", server(), peer.name])).collect();
    for member in &mut team {
        assert_eq!(member.line(), "ready");
    }
    team
}

fn go(team: &mut [Member], id: u64) -> Seen {
    for member in &mut *team {
        member.tell(&id.to_string());
    }
    team.iter_mut().map(|member| read(&member.line())).fold(Seen::default(), Seen::and)
}

fn read(line: &str) -> Seen {
    let mut numbers = line.split(' ').map(|text| text.parse().expect("a number"));
    let mut next = || numbers.next().expect("four numbers");
    Seen { loads: next(), failures: next(), hung: next(), slowest: Duration::from_micros(next()) }
}

/// One of several processes: says that it is there, and then lets callers go for every id it reads.
pub(crate) async fn callers(peer: Arc<dyn Peer>) {
    // A connection that is made on first use is no part of this.
    peer.call(0).await.expect("nothing fails while nothing is disturbed");
    database::be_slow(LOAD);
    println!("ready");
    for line in std::io::stdin().lines() {
        let id = line.expect("the parent writes text").parse().expect("an id");
        let seen = rush(&peer, id, CALLERS / PROCESSES).await;
        let Seen { loads, failures, hung, slowest } = seen;
        println!("{loads} {failures} {hung} {}", slowest.as_micros());
    }
}

fn cells(seen: &[Seen]) -> [String; 2] {
    if seen.is_empty() {
        return ["—".to_owned(), "—".to_owned()];
    }
    let slowest = seen.iter().map(|seen| milliseconds(seen.slowest)).collect();
    [loads(seen.iter().map(|seen| seen.loads).collect()), number(quantile(slowest, 0.5))]
}

fn loads(mut loads: Vec<u64>) -> String {
    loads.sort_unstable();
    let (low, median, high) = (loads[0], loads[loads.len() / 2], loads[loads.len() - 1]);
    if low == high { median.to_string() } else { format!("{median} ({low}–{high})") }
}
