//! Invalidation by epochs: what it reaches, what it costs, and what it does when epochs go.

use crate::support::SOON;
use cache_runtime::{
    Cache, Source, Strategy, Way, cached, invalidate, invalidates, key, observe, prime,
};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;
use testkit::{RedisServer, eventually};
use tokio::sync::Notify;

/// What stands behind a scope in the key of its epoch.
const EPOCH: &str = ":~epoch";

async fn on(server: &RedisServer, prefix: &str, strategy: Strategy) -> Cache {
    let builder = Cache::builder().redis(server.url()).prefix(prefix).strategy(strategy);
    builder.budget(SOON).connect_timeout(SOON).build().await.unwrap()
}

async fn scoped(server: &RedisServer) -> Cache {
    on(server, "shop", Strategy::Scoped).await
}

#[cached(ttl = "1h", key = "sql:<table>:<id>", skip(cache, db), cache = cache)]
async fn row(cache: &Cache, db: &AtomicU64, table: &str, id: u64) -> u64 {
    db.load(SeqCst)
}

#[invalidates("sql:<table>:*", cache = cache)]
async fn write(cache: &Cache, db: &AtomicU64, table: &str, value: u64) -> usize {
    db.store(value, SeqCst);
    table.len()
}

async fn source(cache: &Cache, db: &AtomicU64, table: &str, id: u64) -> (u64, Option<Source>) {
    let (value, observed) = observe(row(cache, db, table, id)).await;
    (value, observed.last)
}

#[tokio::test]
async fn one_scope_is_made_stale_by_one_command() {
    let (server, db) = (RedisServer::start(), AtomicU64::new(1));
    let cache = scoped(&server).await;
    for id in 0..50 {
        row(&cache, &db, "users", id).await;
        row(&cache, &db, "orders", id).await;
    }
    server.command(&["CONFIG", "RESETSTAT"]);
    let invalidated = cache.invalidate("sql:users:*").await.unwrap();
    assert_eq!((invalidated.way, invalidated.deleted), (Way::Epoch, 0));
    assert_eq!(server.commandstats("unlink"), 1);
    assert_eq!(server.commandstats("set"), 0, "nothing is written");
    db.store(2, SeqCst);
    for id in 0..50 {
        assert_eq!(source(&cache, &db, "users", id).await, (2, Some(Source::Miss)));
        assert_eq!(source(&cache, &db, "users", id).await, (2, Some(Source::Hit)));
        assert_eq!(source(&cache, &db, "orders", id).await, (1, Some(Source::Hit)));
    }
}

#[tokio::test]
async fn a_wider_scope_holds_the_narrower_ones() {
    let (server, db) = (RedisServer::start(), AtomicU64::new(0));
    let (reads, writes) = (scoped(&server).await, scoped(&server).await);
    let narrow_to_wide = ["sql:users:7:*", "sql:users:*", "sql:*"];
    for (value, pattern) in (1..).zip(narrow_to_wide) {
        row(&reads, &db, "users", 7).await;
        row(&reads, &db, "users", 70).await;
        let before = db.swap(value, SeqCst);
        assert_eq!(writes.invalidate(pattern).await.unwrap().way, Way::Epoch);
        assert_eq!(row(&reads, &db, "users", 7).await, value, "{pattern}");
        let is_reached = pattern != "sql:users:7:*";
        let expected = if is_reached { value } else { before };
        assert_eq!(row(&reads, &db, "users", 70).await, expected, "{pattern}");
    }
}

#[tokio::test]
async fn a_handle_reaches_those_with_longer_prefixes() {
    let (server, db) = (RedisServer::start(), AtomicU64::new(1));
    let outer = scoped(&server).await;
    let inner = on(&server, "shop:eu", Strategy::Scoped).await;
    for (value, pattern) in [(2, "eu:sql:*"), (3, "eu:*")] {
        row(&inner, &db, "users", 7).await;
        db.store(value, SeqCst);
        assert_eq!(outer.invalidate(pattern).await.unwrap().way, Way::Epoch);
        assert_eq!(row(&inner, &db, "users", 7).await, value, "{pattern}");
    }
    db.store(4, SeqCst);
    outer.clear().await.unwrap();
    assert_eq!(row(&inner, &db, "users", 7).await, 4);
}

#[tokio::test]
async fn other_patterns_and_keys_go_as_they_did() {
    let (server, db) = (RedisServer::start(), AtomicU64::new(0));
    let cache = scoped(&server).await;
    let ways = ["sql:us*", "*:7:*", r"sql:users\:*", "*"].map(|pattern| (pattern, Way::Scan));
    for (value, (pattern, way)) in (1..).zip(ways) {
        row(&cache, &db, "users", 7).await;
        db.store(value, SeqCst);
        let invalidated = cache.invalidate(pattern).await.unwrap();
        assert_eq!(invalidated.way, way, "{pattern}");
        assert!(invalidated.deleted > 0, "{pattern}");
        assert_eq!(row(&cache, &db, "users", 7).await, value, "{pattern}");
    }
    cache.set("plain", 1, 60).await.unwrap();
    let invalidated = cache.invalidate("plain").await.unwrap();
    assert_eq!((invalidated.way, invalidated.deleted), (Way::Key, 1));
    let deep = "1:2:3:4:5:6:7:8:9";
    cache.set(deep, 1, 60).await.unwrap();
    let invalidated = cache.invalidate("1:2:3:4:5:6:7:8:*").await.unwrap();
    assert_eq!((invalidated.way, invalidated.deleted), (Way::Scan, 1), "too deep for a scope");
}

/// The keys of a server that are not epochs'.
fn entries(server: &RedisServer) -> Vec<String> {
    server.keys("*").into_iter().filter(|key| !key.ends_with(EPOCH)).collect()
}

#[tokio::test]
async fn what_is_stale_is_deleted_behind_and_nothing_else() {
    let (server, db) = (RedisServer::start(), AtomicU64::new(1));
    let cache = scoped(&server).await;
    for id in 0..100 {
        row(&cache, &db, "users", id).await;
    }
    row(&cache, &db, "orders", 1).await;
    server.set_raw("shop:sql:users:foreign", b"of somebody else");
    write(&cache, &db, "users", 2).await;
    // Stored after it: of the present.
    row(&cache, &db, "users", 7).await;
    let is_swept = async || entries(&server).len() == 3;
    eventually(SOON, is_swept, "what is stale is deleted").await;
    assert_eq!(source(&cache, &db, "users", 7).await, (2, Some(Source::Hit)));
    assert_eq!(source(&cache, &db, "orders", 1).await, (1, Some(Source::Hit)));
    // The counter follows the answer of the server.
    eventually(SOON, async || cache.stats().deleted == 99, "what was deleted is counted").await;
}

/// An epoch may be evicted, deleted or damaged: its entries are misses, and are stored anew under another one.
#[tokio::test]
async fn a_missing_epoch_is_a_miss() {
    let (server, db) = (RedisServer::start(), AtomicU64::new(1));
    let cache = scoped(&server).await;
    let epoch = format!("shop:sql:users{EPOCH}");
    let harms: [&dyn Fn(); 4] = [
        &|| _ = server.command(&["DEL", &epoch]),
        &|| server.set_raw(&epoch, b"7"),
        &|| {
            _ = server.command(&[
                "EVAL",
                "redis.call('DEL', KEYS[1]) return redis.call('LPUSH', KEYS[1], 1)",
                "1",
                &epoch,
            ]);
        },
        &|| server.flush(),
    ];
    for harm in harms {
        row(&cache, &db, "users", 7).await;
        assert_eq!(source(&cache, &db, "users", 7).await.1, Some(Source::Hit));
        let old = server.get_raw(&epoch).unwrap();
        harm();
        assert_eq!(source(&cache, &db, "users", 7).await.1, Some(Source::Miss));
        assert_eq!(source(&cache, &db, "users", 7).await.1, Some(Source::Hit));
        let new = server.get_raw(&epoch).unwrap();
        assert!(new.len() == 32 && new != old, "it is random");
    }
}

#[tokio::test]
async fn a_server_that_restarts_empty_forgets_what_was_stale() {
    let (server, db) = (RedisServer::start(), AtomicU64::new(1));
    let cache = scoped(&server).await;
    row(&cache, &db, "users", 7).await;
    write(&cache, &db, "users", 2).await;
    server.restart();
    let is_stored = async || source(&cache, &db, "users", 7).await == (2, Some(Source::Hit));
    eventually(SOON, is_stored, "it is stored again").await;
}

#[tokio::test]
async fn by_hand_too() {
    let server = RedisServer::start();
    let (cache, other) = (scoped(&server).await, scoped(&server).await);
    cache.set("list:a", 1, 60).await.unwrap();
    cache.set_many([("list:b", 2), ("else:c", 3)], 60).await.unwrap();
    let keys = ["list:a", "list:b", "else:c", "list:none"];
    assert_eq!(other.get_many::<u8>(keys).await.unwrap(), [Some(1), Some(2), Some(3), None]);
    assert!(other.contains("list:a").await.unwrap());
    assert!(other.ttl("list:a").await.unwrap().is_some());
    let mut keys_there = other.keys("*").unwrap();
    let mut listed = BTreeSet::new();
    while let Some(key) = keys_there.next().await {
        listed.insert(key.unwrap());
    }
    assert_eq!(listed, ["else:c", "list:a", "list:b"].map(str::to_owned).into());
    other.invalidate("list:*").await.unwrap();
    assert_eq!(cache.get::<u8>("list:a").await.unwrap(), None);
    assert_eq!(cache.get_many::<u8>(keys).await.unwrap(), [None, None, Some(3), None]);
    assert!(!cache.contains("list:a").await.unwrap());
    assert_eq!(cache.ttl("list:a").await.unwrap(), None);
    cache.set("list:a", 4, 60).await.unwrap();
    assert_eq!(other.get::<u8>("list:a").await.unwrap(), Some(4));
    assert_eq!(cache.stats().corrupt, 0, "nothing was broken");
}

#[cached(key = "named:<id>", id = "scoped.named")]
async fn named(id: u64) -> u64 {
    id
}

#[tokio::test]
async fn calls_by_name_too() {
    let server = RedisServer::start();
    let cache = scoped(&server).await;
    let calls = async {
        prime!(named(1), &5).await.unwrap();
        assert_eq!(named(1).await, 5);
        assert!(cache.contains(key!(named(1)).unwrap().as_str()).await.unwrap());
        cache.invalidate("named:*").await.unwrap();
        assert_eq!(named(1).await, 1);
        assert_eq!(invalidate!(named(1)).await.unwrap().deleted, 1);
    };
    cache.scope(calls).await;
}

/// Two ways of invalidating do not trust each other's entries; which is why all handles of a prefix have to agree.
#[tokio::test]
async fn an_entry_of_the_other_strategy_is_no_hit() {
    let (server, db) = (RedisServer::start(), AtomicU64::new(1));
    let scoped = scoped(&server).await;
    let scans = on(&server, "shop", Strategy::Scan).await;
    for cache in [&scoped, &scans, &scoped] {
        assert_eq!(source(cache, &db, "users", 7).await, (1, Some(Source::Miss)));
        assert_eq!(source(cache, &db, "users", 7).await, (1, Some(Source::Hit)));
        assert_eq!(cache.stats().corrupt, 0);
    }
}

/// A load that began before an invalidation is for its caller alone, though its lease still stands.
#[tokio::test]
async fn a_lease_from_before_is_not_waited_for() {
    let (server, db) = (RedisServer::start(), AtomicU64::new(1));
    let cache = scoped(&server).await;
    row(&cache, &db, "users", 7).await;
    let key = entries(&server).remove(0);
    let lease = format!("cache/1 lease {} {}\n", "1".repeat(32), "2".repeat(32));
    server.set_raw(&key, lease.as_bytes());
    assert_eq!(source(&cache, &db, "users", 7).await, (1, Some(Source::Miss)));
    // Whoever waits to the end stores nothing.
    assert_eq!(source(&cache, &db, "users", 7).await, (1, Some(Source::Hit)), "it was stored");
}

#[cached(ttl = "1h", key = "slow:<id>", skip(cache, db, gate), cache = cache)]
async fn slow(cache: &Cache, db: &AtomicU64, gate: &Notify, id: u64) -> u64 {
    let value = db.load(SeqCst);
    if value == 1 {
        gate.notified().await;
    }
    value
}

/// Its lease still stands, and its fill is taken: that says nothing of its scope.
#[tokio::test]
async fn who_begins_after_an_invalidation_gets_no_load_from_before() {
    let server = RedisServer::start();
    let cache = scoped(&server).await;
    let shared = Arc::new((AtomicU64::new(1), Notify::new()));
    let call = || {
        let (cache, shared) = (cache.clone(), Arc::clone(&shared));
        tokio::spawn(async move { slow(&cache, &shared.0, &shared.1, 1).await })
    };
    let leader = call();
    let is_leased = async || !entries(&server).is_empty();
    eventually(SOON, is_leased, "the load has begun").await;
    shared.0.store(2, SeqCst);
    // Another program, which deletes nothing behind: the lease stays.
    server.set_raw(&format!("shop:slow{EPOCH}"), "a".repeat(32).as_bytes());
    let before = server.commandstats("mget");
    let listener = call();
    // It looks, and lines up behind the leader: it has nothing to wait for on its way there.
    let has_looked = async || server.commandstats("mget") > before || listener.is_finished();
    eventually(SOON, has_looked, "the other one has looked").await;
    shared.1.notify_one();
    assert_eq!(leader.await.unwrap(), 1, "its own caller's alone");
    assert_eq!(listener.await.unwrap(), 2);
    assert_eq!(cache.stats().rejected_fills, 1);
}

/// The embedded store deletes what it has: nothing is to be gained.
#[tokio::test]
async fn the_embedded_store_stays_as_it_is() {
    let db = AtomicU64::new(1);
    let cache = Cache::builder().memory().strategy(Strategy::Scoped).build().await.unwrap();
    row(&cache, &db, "users", 7).await;
    let invalidated = cache.invalidate("sql:users:*").await.unwrap();
    assert_eq!((invalidated.way, invalidated.deleted), (Way::Scan, 1));
}

/// With values in process a hit reads nothing, and one message makes the whole scope stale.
#[tokio::test]
async fn with_a_tier_one_push_is_enough() {
    let (server, db) = (RedisServer::start(), AtomicU64::new(1));
    let builder = Cache::builder().redis(server.url()).prefix("shop").local(1000);
    let builder = builder.local_cap(Duration::from_secs(3600)).budget(SOON).connect_timeout(SOON);
    let reads = builder.strategy(Strategy::Scoped).build().await.unwrap();
    let writes = scoped(&server).await;
    for _ in 0..3 {
        for id in 0..100 {
            row(&reads, &db, "users", id).await;
        }
    }
    assert_eq!(reads.stats().local_hits, 100);
    write(&writes, &db, "users", 2).await;
    let is_new = async || row(&reads, &db, "users", 0).await == 2;
    eventually(SOON, is_new, "the new value is read").await;
    for id in 0..100 {
        assert_eq!(row(&reads, &db, "users", id).await, 2, "{id}: all of it");
    }
}

/// One setting at a time: Redis 6 takes no more.
fn fill_up(server: &RedisServer) {
    server.command(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]);
    server.command(&["CONFIG", "SET", "maxmemory", "1"]);
}

/// A server that has no memory left takes nothing, and can still let go of something.
#[tokio::test]
async fn a_full_server_makes_a_scope_stale() {
    let (server, db) = (RedisServer::start(), AtomicU64::new(1));
    let (reads, writes) = (scoped(&server).await, scoped(&server).await);
    for id in 0..20 {
        row(&reads, &db, "users", id).await;
        row(&reads, &db, "orders", id).await;
    }
    fill_up(&server);
    write(&writes, &db, "users", 2).await;
    assert_eq!(writes.health().await.overdue_invalidations, 0);
    assert_eq!(writes.stats().failed_invalidations, 0);
    for id in 0..20 {
        assert_eq!(row(&reads, &db, "users", id).await, 2, "{id}");
        assert_eq!(source(&reads, &db, "orders", id).await, (1, Some(Source::Hit)), "{id}");
    }
    let is_swept = async || server.keys("shop:sql:users:*").iter().all(|key| key.ends_with(EPOCH));
    eventually(SOON, is_swept, "what is stale is deleted behind").await;
    server.command(&["CONFIG", "SET", "maxmemory", "0"]);
    let is_stored = async || source(&reads, &db, "users", 7).await == (2, Some(Source::Hit));
    eventually(SOON, is_stored, "it is stored again").await;
}

#[tokio::test]
async fn a_full_server_lets_go_of_whatever_is_invalidated() {
    for strategy in [Strategy::Scan, Strategy::Scoped] {
        let (server, db) = (RedisServer::start(), AtomicU64::new(0));
        let cache = on(&server, "shop", strategy).await;
        let patterns = ["sql:users:*", "sql:us*", "*:7:*", "*"];
        for (value, pattern) in (1..).zip(patterns) {
            server.command(&["CONFIG", "SET", "maxmemory", "0"]);
            row(&cache, &db, "users", 7).await;
            cache.set("plain", 1, 60).await.unwrap();
            fill_up(&server);
            db.store(value, SeqCst);
            cache.invalidate(pattern).await.unwrap();
            assert_eq!(row(&cache, &db, "users", 7).await, value, "{pattern} by {strategy:?}");
            assert!(cache.remove("plain").await.unwrap() || pattern == "*", "{strategy:?}");
        }
        assert_eq!(cache.health().await.overdue_invalidations, 0);
    }
}

/// The values would be of no use without the epochs that they carry.
#[tokio::test]
async fn epochs_stay_for_as_long_as_what_is_stored_together() {
    let server = RedisServer::start();
    let cache = scoped(&server).await;
    let day = Duration::from_secs(24 * 3600);
    cache.set_many((0..1500).map(|n| (format!("list:{}:{n}", n % 3), n)), day).await.unwrap();
    for scope in ["shop", "shop:list", "shop:list:0", "shop:list:1", "shop:list:2"] {
        let left = server.command(&["PTTL", &format!("{scope}{EPOCH}")]);
        let left: u128 = testkit::redis::from_redis_value(left).unwrap();
        assert!(left > day.as_millis(), "{scope}: {left} ms");
    }
}
