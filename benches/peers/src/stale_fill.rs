//! A load reads, a write and its invalidation overtake it, the load ends: is the old value there afterwards?

use crate::database::{self, server};
use crate::member::Member;
use crate::peers::{
    Entry, Peer, cached, connect, foyer, fred, hitbox, moka, multi_tier, ours, quick_cache,
    redis_crate,
};
use crate::progress::progress;
use crate::table::Table;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

const PEERS: &[(Entry, &str)] = &[
    (redis_crate::BARE, "`DEL`"),
    (fred::ENTRY, "`DEL`"),
    (cached::REDIS, "`async_cache_remove`"),
    (hitbox::REDIS, "`backend().delete`, the key put together by hand"),
    (multi_tier::REDIS, "`invalidate`"),
    (multi_tier::BOTH, "`invalidate`"),
    (ours::REDIS, "`#[invalidates]`"),
    (moka::ENTRY, "`invalidate`"),
    (quick_cache::ENTRY, "`remove`"),
    (foyer::ENTRY, "`remove`"),
    (cached::SHARDED, "`remove`"),
    (cached::LOCKED, "`cache_remove`"),
    (hitbox::MOKA, "`backend().delete`, the key put together by hand"),
    (ours::EMBEDDED, "`#[invalidates]`"),
];

/// Long enough for another process to start and to invalidate meanwhile.
const LOAD: Duration = Duration::from_millis(800);

/// Until the load has read; a Redis that answers takes less than a millisecond.
const HEAD_START: Duration = Duration::from_millis(100);

/// No other section uses ids from here on.
const FIRST_ID: u64 = 2_000_000;

/// Who invalidates, and who looks.
#[derive(Clone, Copy)]
enum Story {
    /// The process that loads; a caller after the load's end.
    Here,
    /// Another process; a caller after the load's end.
    Elsewhere,
    /// The process that loads; a caller that begins while the load is still on its way.
    Joins,
}

const STORIES: [Story; 3] = [Story::Here, Story::Elsewhere, Story::Joins];

pub(crate) async fn tables(quick: bool) -> Vec<Table> {
    let times = if quick { 1 } else { 5 };
    let entries: Vec<_> = PEERS.iter().map(|(entry, _)| *entry).collect();
    let peers = connect(&entries).await;
    let mut table = Table::new(
        "Does a caller after the write see the old value?",
        &["", "invalidated by", "by this process", "by another process", "joining the old load"],
    );
    for (number, (entry, way)) in PEERS.iter().enumerate() {
        progress(&format!("stale fills: {}", entry.name));
        let first = FIRST_ID + 100 * u64::try_from(number).expect("a short list");
        assert_invalidates(&peers[number], first + 99).await;
        let answers = all(&peers[number], *entry, first, times).await;
        table.line(entry.name, std::iter::once((*way).to_owned()).chain(answers));
    }
    table.note(format!("Each {times} times; “yes” and “no” mean every time."));
    table.note("“Joining the old load”: the caller began after the write and its invalidation had returned.");
    table.note(
        "A “no” there is no merit where every caller runs a load of its own: see the stampede.",
    );
    vec![table]
}

/// Without a load in between, everybody's way of invalidating works: what follows is not about a mistake of ours.
async fn assert_invalidates(peer: &Arc<dyn Peer>, id: u64) {
    for version in 0..3 {
        assert_eq!(see(peer, id).await, version, "the newest version is seen");
        assert_eq!(see(peer, id).await, version, "and comes from the cache");
        assert_eq!(database::loads(id), version + 1, "which was asked for it");
        database::write(id);
        peer.invalidate(id).await.expect("nothing fails while nothing is disturbed");
    }
}

/// Runs each story some times, on keys of their own.
async fn all(peer: &Arc<dyn Peer>, entry: Entry, first: u64, times: u64) -> Vec<String> {
    let mut cells = Vec::new();
    for (story, first) in STORIES.into_iter().zip((first..).step_by(20)) {
        if matches!(story, Story::Elsewhere) && !entry.shared {
            cells.push("—".to_owned());
            continue;
        }
        // Side by side: they only wait.
        let stories = (first..first + times).map(|id| is_stale(peer, entry, id, story));
        cells.push(verdict(&futures_util::future::join_all(stories).await));
    }
    cells
}

fn verdict(stale: &[bool]) -> String {
    match stale.iter().filter(|&&stale| stale).count() {
        0 => "no".to_owned(),
        yes if yes == stale.len() => "**yes**".to_owned(),
        yes => format!("**{yes} of {}**", stale.len()),
    }
}

async fn is_stale(peer: &Arc<dyn Peer>, entry: Entry, id: u64, story: Story) -> bool {
    database::be_slow(LOAD);
    let load = tokio::spawn(peer.call(id));
    sleep(HEAD_START).await;
    database::write(id);
    invalidate(peer, entry, id, story).await;
    database::be_slow(Duration::ZERO);
    if !matches!(story, Story::Joins) {
        overtaken(load).await;
        return see(peer, id).await == 0;
    }
    let seen = see(peer, id).await;
    overtaken(load).await;
    seen == 0
}

/// Waits for the load, which began before the write: it may show either.
async fn overtaken(load: tokio::task::JoinHandle<Result<u64, String>>) {
    let called = load.await.expect("a caller does not panic");
    called.expect("nothing fails while nothing is disturbed");
}

async fn see(peer: &Arc<dyn Peer>, id: u64) -> u64 {
    peer.call(id).await.expect("nothing fails while nothing is disturbed")
}

async fn invalidate(peer: &Arc<dyn Peer>, entry: Entry, id: u64, story: Story) {
    if let Story::Elsewhere = story {
        let arguments =
            move || Member::start(&["invalidate", server(), entry.name, &id.to_string()]);
        let waited = tokio::task::spawn_blocking(move || arguments().end());
        return waited.await.expect("the child ends well");
    }
    let invalidated = peer.invalidate(id).await;
    invalidated.expect("nothing fails while nothing is disturbed");
}
