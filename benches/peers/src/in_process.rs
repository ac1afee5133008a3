//! Hits in process, of a function with four arguments.

use crate::database::all_loads;
use crate::peers::{
    Entry, Peer, Round, cached, connect, foyer, hitbox, moka, multi_tier, ours, quick_cache,
};
use crate::progress::progress;
use crate::rounds::Rounds;
use crate::table::Table;
use std::sync::Arc;

/// The first one is the reference. A tier in front of a store is one more line here.
const PEERS: &[Entry] = &[
    moka::PREBUILT,
    moka::ENTRY,
    quick_cache::ENTRY,
    foyer::ENTRY,
    cached::SHARDED,
    cached::LOCKED,
    hitbox::MOKA,
    multi_tier::MEMORY,
    ours::EMBEDDED,
    ours::TIERED,
];

/// As many as this machine has cores, at least; more would measure the scheduler.
const TASKS: [u64; 2] = [1, 2];

/// Keys of each task.
const KEYS: u64 = 64;

pub(crate) async fn tables(quick: bool) -> Vec<Table> {
    let peers = connect(PEERS).await;
    for peer in &peers {
        for id in 0..KEYS * TASKS[1] {
            peer.call(id).await.expect("nothing fails in process");
        }
    }
    let before = all_loads();
    let mut measured = Vec::new();
    for tasks in TASKS {
        progress(&format!("hits in process, {tasks} tasks"));
        measured.push(rounds(&peers, tasks, if quick { 5 } else { 121 }).await);
    }
    assert_eq!(all_loads(), before, "all of them were hits");
    vec![table(&measured)]
}

/// Nanoseconds for a call. Two tasks on two free cores would need half of what one needs.
async fn rounds(peers: &[Arc<dyn Peer>], tasks: u64, times: usize) -> Rounds {
    let mut rounds = Rounds::new(peers.len());
    for round in 0..=times {
        for (number, peer) in peers.iter().enumerate() {
            let seconds = peer.round(Round { tasks, calls: 4096, keys: KEYS }).await;
            // The first round warms up.
            if round > 0 {
                rounds.record(number, seconds * 1e9);
            }
        }
    }
    rounds
}

fn table(measured: &[Rounds]) -> Table {
    let mut table = Table::new(
        "A hit in process",
        &["", "1 task, ns", "ratio", "range", "2 tasks, ns", "ratio", "range"],
    );
    for (number, peer) in PEERS.iter().enumerate() {
        table.line(peer.name, measured.iter().flat_map(|rounds| rounds.cells(number)));
        table.note(format!("{}: {}.", peer.name, peer.setup));
    }
    table.note("2 tasks: the time that passes for each call of either; on two free cores at best half of that of 1 task.");
    table
}
