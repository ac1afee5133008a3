//! Hits on Redis: one task's latency, and what many tasks get through one connection.

use crate::database::all_loads;
use crate::peers::{
    Entry, Peer, Round, cached, connect, fred, hitbox, multi_tier, ours, redis_crate, rustis,
};
use crate::progress::progress;
use crate::rounds::Rounds;
use crate::table::Table;
use std::sync::Arc;

/// The first one is the reference.
const PEERS: &[Entry] = &[
    redis_crate::BARE,
    redis_crate::MANAGED,
    fred::ENTRY,
    rustis::ENTRY,
    cached::REDIS,
    hitbox::REDIS,
    multi_tier::REDIS,
    ours::REDIS,
    ours::SCOPED,
];

/// Tasks at once; each reads a key of its own.
const TASKS: [u64; 3] = [1, 64, 512];

/// Calls in one round, of all tasks together. Rounds are short, so that most of them meet no other work.
const fn calls(tasks: u64) -> u64 {
    if tasks == 1 { 512 } else { 2048 }
}

pub(crate) async fn tables(quick: bool) -> Vec<Table> {
    let peers = connect(PEERS).await;
    fill(&peers).await;
    let before = all_loads();
    let mut measured = Vec::new();
    for tasks in TASKS {
        progress(&format!("hits on Redis, {tasks} tasks"));
        measured.push(rounds(&peers, tasks, if quick { 5 } else { 121 }).await);
    }
    assert_eq!(all_loads(), before, "all of them were hits");
    vec![table(&measured)]
}

async fn fill(peers: &[Arc<dyn Peer>]) {
    for peer in peers {
        for id in 0..TASKS[2] {
            peer.call(id).await.expect("nothing fails while nothing is disturbed");
        }
    }
}

/// One task: microseconds for a call. Many: thousands of calls a second.
async fn rounds(peers: &[Arc<dyn Peer>], tasks: u64, times: usize) -> Rounds {
    let mut rounds = Rounds::new(peers.len());
    for round in 0..=times {
        for (number, peer) in peers.iter().enumerate() {
            let seconds = peer.round(Round { tasks, calls: calls(tasks), keys: 1 }).await;
            // The first round warms up.
            if round > 0 {
                rounds.record(number, if tasks == 1 { seconds * 1e6 } else { 1e-3 / seconds });
            }
        }
    }
    rounds
}

fn table(measured: &[Rounds]) -> Table {
    let mut table = Table::new(
        "A hit on Redis",
        &[
            "",
            "1 task, µs",
            "ratio",
            "range",
            "64 tasks, thousand/s",
            "ratio",
            "range",
            "512 tasks, thousand/s",
            "ratio",
            "range",
        ],
    );
    for (number, peer) in PEERS.iter().enumerate() {
        table.line(peer.name, measured.iter().flat_map(|rounds| rounds.cells(number)));
        table.note(format!("{}: {}.", peer.name, peer.setup));
    }
    table.note("Time at 1 task: a smaller ratio is better. Throughput at 64 and 512 tasks: a greater one is.");
    table
}
