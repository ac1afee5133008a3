//! What the handles of one prefix and their server agree on.

use crate::support::SOON;
use cache_runtime::config::AfterOutage;
use cache_runtime::{Cache, CacheBuilder, Source, Strategy, Way, cached, observe};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;
use testkit::redis::Value;
use testkit::{Log, RedisServer, eventually};
use tokio::sync::{Notify, Semaphore};

const BOTH: [Strategy; 2] = [Strategy::Scan, Strategy::Scoped];

fn builder(server: &RedisServer, strategy: Strategy) -> CacheBuilder {
    let builder = Cache::builder().redis(server.url()).prefix("shop").strategy(strategy);
    builder.budget(SOON).connect_timeout(SOON)
}

async fn on(server: &RedisServer, strategy: Strategy) -> Cache {
    builder(server, strategy).build().await.unwrap()
}

#[cached(ttl = "1h", key = "row:<id>", skip(cache, db), cache = cache)]
async fn row(cache: &Cache, db: &AtomicU64, id: u64) -> u64 {
    db.load(SeqCst)
}

async fn source(cache: &Cache, db: &AtomicU64) -> (u64, Option<Source>) {
    let (value, observed) = observe(row(cache, db, 7)).await;
    (value, observed.last)
}

/// A rolling deploy that changes the strategy: whichever handle was there first, neither reads what
/// the other has invalidated.
#[tokio::test]
async fn handles_of_two_strategies_see_each_others_invalidations() {
    for (first, second) in [(BOTH[0], BOTH[1]), (BOTH[1], BOTH[0])] {
        let (server, db) = (RedisServer::start(), AtomicU64::new(0));
        let first = on(&server, first).await;
        row(&first, &db, 7).await;
        let second = on(&server, second).await;
        let handles = [&first, &second];
        for (value, (reads, writes)) in (1..).zip([(0, 1), (1, 0), (0, 1), (1, 0)]) {
            row(handles[reads], &db, 7).await;
            db.store(value, SeqCst);
            handles[writes].invalidate("row:*").await.unwrap();
            for cache in [handles[reads], handles[writes]] {
                assert_eq!(row(cache, &db, 7).await, value, "{reads} reads");
            }
        }
    }
}

#[cached(ttl = "1h", key = "slow:<id>", skip(cache, db, gate), cache = cache)]
async fn slow(cache: &Cache, db: &AtomicU64, gate: &Notify, id: u64) -> u64 {
    let value = db.load(SeqCst);
    if value == 1 {
        gate.notified().await;
    }
    value
}

/// The lease of a handle that scans carries no epochs: it has to be deleted, or its fill would be
/// taken, and read there for an hour.
#[tokio::test]
async fn a_load_of_the_other_strategy_from_before_is_not_stored() {
    let server = RedisServer::start();
    let (scoped, scans) = (on(&server, BOTH[1]).await, on(&server, BOTH[0]).await);
    let shared = Arc::new((AtomicU64::new(1), Notify::new()));
    let call = || {
        let (cache, shared) = (scans.clone(), Arc::clone(&shared));
        tokio::spawn(async move { slow(&cache, &shared.0, &shared.1, 1).await })
    };
    let before = call();
    eventually(SOON, async || !server.keys("shop:slow:*").is_empty(), "the load has begun").await;
    shared.0.store(2, SeqCst);
    scoped.invalidate("slow:*").await.unwrap();
    shared.1.notify_one();
    assert_eq!(before.await.unwrap(), 1, "its own caller's alone");
    assert_eq!(call().await.unwrap(), 2);
}

#[tokio::test]
async fn the_handles_say_that_they_do_not_agree() {
    for (first, second) in [(BOTH[0], BOTH[1]), (BOTH[1], BOTH[0])] {
        let (server, db) = (RedisServer::start(), AtomicU64::new(0));
        let log = Log::default();
        let _listening = log.listen();
        let first = on(&server, first).await;
        row(&first, &db, 7).await;
        assert!(!first.health().await.mixed_strategies);
        let second = on(&server, second).await;
        assert!(second.health().await.mixed_strategies, "it was told when it connected");
        let has_learned = async || {
            first.invalidate("row:*").await.unwrap();
            first.health().await.mixed_strategies
        };
        eventually(SOON, has_learned, "who was there first learns of it").await;
        assert_eq!(second.invalidate("row:*").await.unwrap().way, Way::Scan);
        let own = on(&server, BOTH[1]).await;
        assert_eq!(own.invalidate("row:*").await.unwrap().way, Way::Scan);
        assert_eq!(log.text().matches("in different ways").count(), 3, "each says it once");
    }
}

/// Who agrees with all others has nobody wait for a scan.
#[tokio::test]
async fn handles_that_agree_do_not_scan() {
    let server = RedisServer::start();
    let (one, other) = (on(&server, BOTH[1]).await, on(&server, BOTH[1]).await);
    for cache in [&one, &other] {
        assert_eq!(cache.invalidate("row:*").await.unwrap().way, Way::Epoch);
        assert!(!cache.health().await.mixed_strategies);
    }
}

/// Neither `clear` nor a pattern hides from the others who is there.
#[tokio::test]
async fn what_handles_leave_for_each_other_is_not_cleared() {
    let server = RedisServer::start();
    let scans = on(&server, BOTH[0]).await;
    scans.set("plain", 1, 60).await.unwrap();
    scans.clear().await.unwrap();
    scans.invalidate("scan:*").await.unwrap();
    assert!(server.get_raw("shop:scan:~fleet").is_some());
    assert_eq!(server.keys("*"), [""; 0]);
    assert!(scans.keys("*").unwrap().next().await.is_none(), "it is nobody's entry");
    assert!(scans.set("scan:~fleet", 1, 60).await.unwrap_err().is_key());
}

/// A mark outlives whatever was stored under it: who comes back to scanning finds nothing that was
/// invalidated without a scan.
#[tokio::test]
async fn a_mark_stays_for_as_long_as_the_entries() {
    let server = RedisServer::start();
    let scans = on(&server, BOTH[0]).await;
    let left = || match server.command(&["PTTL", "shop:scan:~fleet"]) {
        Value::Int(left) => left,
        other => panic!("{other:?}"),
    };
    scans.set("short", 1, 60).await.unwrap();
    assert!((3_000_000..=3_600_000).contains(&left()), "{}", left());
    scans.set("long", 1, 48 * 3600).await.unwrap();
    assert!(left() > 48 * 3_600_000, "{}", left());
}

/// Lets a server come back as it was before an invalidation.
async fn back_to_before(server: &RedisServer, cache: &Cache, db: &AtomicU64) {
    row(cache, db, 7).await;
    assert_eq!(source(cache, db).await, (1, Some(Source::Hit)));
    server.command(&["SAVE"]);
    db.store(2, SeqCst);
    cache.invalidate("row:*").await.unwrap();
    server.kill();
    server.restart();
    assert!(!server.keys("shop:row:*").is_empty(), "the old value is back");
}

/// A server was restarted from a snapshot that was older than an invalidation. The old value was
/// served for its TTL.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_comes_back_with_the_past_is_not_believed() {
    for strategy in BOTH {
        for is_near in [false, true] {
            let (server, db) = (RedisServer::start(), AtomicU64::new(1));
            let builder = builder(&server, strategy);
            let builder = if is_near { builder.local(100) } else { builder };
            let cache = builder.build().await.unwrap();
            back_to_before(&server, &cache, &db).await;
            let is_stored = async || {
                let (value, source) = source(&cache, &db).await;
                assert_eq!(value, 2, "the past was served");
                source == Some(Source::Hit)
            };
            eventually(SOON, is_stored, "it is cached again").await;
            assert_eq!(cache.stats().server_changes, 1);
            assert_eq!(cache.health().await.server_changes, 1);
            // A handle that was not there before is told by what the first one has left.
            let other = on(&server, strategy).await;
            assert_eq!(source(&other, &db).await, (2, Some(Source::Hit)));
            assert_eq!(other.stats().server_changes, 0);
        }
    }
}

/// A process that starts after the restart has never seen the server before.
#[tokio::test]
async fn a_process_that_starts_later_does_not_believe_it_either() {
    let (server, db) = (RedisServer::start(), AtomicU64::new(1));
    let before = on(&server, BOTH[0]).await;
    back_to_before(&server, &before, &db).await;
    drop(before);
    let log = Log::default();
    let _listening = log.listen();
    let after = on(&server, BOTH[0]).await;
    assert_eq!(source(&after, &db).await.0, 2);
    assert_eq!(after.stats().server_changes, 1);
    assert_eq!(log.text().matches("another server has taken its place").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_trusts_the_server_is_told_and_served() {
    let (server, db) = (RedisServer::start(), AtomicU64::new(1));
    let trusts = builder(&server, BOTH[0]).after_outage(AfterOutage::Trust).build().await.unwrap();
    back_to_before(&server, &trusts, &db).await;
    let is_served = async || source(&trusts, &db).await == (1, Some(Source::Hit));
    eventually(SOON, is_served, "the past is served").await;
    assert_eq!(trusts.stats().server_changes, 1);
}

/// By default a connection that comes back to the same server costs nothing.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_survives_a_lost_connection_unless_it_is_to_be_forgotten() {
    for (choice, is_valid) in [(AfterOutage::Check, true), (AfterOutage::Forget, false)] {
        let (server, db) = (RedisServer::start(), AtomicU64::new(1));
        let cache = builder(&server, BOTH[0]).after_outage(choice).build().await.unwrap();
        row(&cache, &db, 7).await;
        db.store(2, SeqCst);
        server.command(&["CLIENT", "KILL", "TYPE", "normal"]);
        let expected = if is_valid { 1 } else { 2 };
        let is_back = async || source(&cache, &db).await == (expected, Some(Source::Hit));
        eventually(SOON, is_back, "the connection is back").await;
        assert_eq!(cache.stats().server_changes, 0);
    }
}

/// A server that came back empty holds nothing of the past.
#[tokio::test(flavor = "multi_thread")]
async fn an_empty_server_is_believed() {
    let (server, db) = (RedisServer::start(), AtomicU64::new(1));
    let cache = on(&server, BOTH[0]).await;
    row(&cache, &db, 7).await;
    server.restart();
    let is_back = async || source(&cache, &db).await == (1, Some(Source::Hit));
    eventually(SOON, is_back, "it is cached again").await;
    assert_eq!((cache.stats().server_changes, server.commandstats("scan")), (1, 0));
}

/// Two handles on one embedded store, as an application's own store may be shared.
#[tokio::test]
async fn handles_of_two_strategies_agree_on_a_store_of_their_own() {
    let db = AtomicU64::new(0);
    let (tell, told) = std::sync::mpsc::channel();
    let first = Cache::builder().memory().strategy(BOTH[0]).layer(move |store| {
        tell.send(Arc::clone(&store)).unwrap();
        store
    });
    let first = first.build().await.unwrap();
    let shared = told.recv().unwrap();
    let second = Cache::builder().memory().strategy(BOTH[1]).layer(move |_| shared);
    let second = second.build().await.unwrap();
    let handles = [&first, &second];
    for (value, (reads, writes)) in (1..).zip([(0, 1), (1, 0), (0, 1), (1, 0)]) {
        row(handles[reads], &db, 7).await;
        db.store(value, SeqCst);
        let invalidated = handles[writes].invalidate("row:*").await.unwrap();
        assert_eq!(invalidated.way, Way::Scan);
        for cache in handles {
            assert_eq!(row(cache, &db, 7).await, value, "{reads} reads");
        }
    }
    assert!(second.health().await.mixed_strategies);
}

fn millis_left(server: &RedisServer, key: &str) -> i64 {
    match server.command(&["PTTL", key]) {
        Value::Int(left) => left,
        other => panic!("{other:?}"),
    }
}

#[cached(ttl = "1s", key = "brief:<id>", skip(cache), cache = cache)]
async fn brief(cache: &Cache, id: u64) -> u64 {
    id
}

/// A key that was asked for once, for a second, left its epochs behind for an hour.
#[tokio::test]
async fn epochs_go_soon_after_their_entries() {
    let server = RedisServer::start();
    let cache = builder(&server, BOTH[1]).lease(Duration::from_secs(10)).build().await.unwrap();
    brief(&cache, 1).await;
    cache.set("hand:1", 1, 1).await.unwrap();
    cache.set_many([("hands:1", 1)], 1).await.unwrap();
    for scope in ["shop", "shop:brief", "shop:brief:1", "shop:hand", "shop:hands"] {
        let left = millis_left(&server, &format!("{scope}:~epoch"));
        // Twice the second and the lease.
        assert!((0..=22_000).contains(&left), "{scope}: {left}");
    }
}

#[cached(ttl = "1h", stale = "1h", key = "kept:<id>", skip(cache), cache = cache)]
async fn kept(cache: &Cache, id: u64) -> u64 {
    id
}

/// An epoch that went before its entries would make them misses.
#[tokio::test]
async fn epochs_stay_for_as_long_as_their_entries() {
    let server = RedisServer::start();
    let cache = on(&server, BOTH[1]).await;
    kept(&cache, 1).await;
    cache_runtime::refresh(kept(&cache, 1)).await;
    brief(&cache, 1).await;
    cache.set_many([("hand:1", 1)], 7200).await.unwrap();
    brief(&cache, 2).await;
    for (scope, entry) in [("shop:kept", "shop:kept:*"), ("shop:hand", "shop:hand:1")] {
        let entry = server.keys(entry).into_iter().find(|key| !key.ends_with("~epoch")).unwrap();
        let entry = millis_left(&server, &entry);
        for scope in ["shop", scope] {
            let epoch = millis_left(&server, &format!("{scope}:~epoch"));
            assert!(epoch >= entry && entry > 3_600_000, "{scope}: {epoch} of {entry}");
        }
    }
}

#[cached(ttl = "1h", lease = "300ms", key = "slowly:<id>", skip(cache, gate), cache = cache)]
async fn slowly(cache: &Cache, gate: &Notify, id: u64) -> u64 {
    gate.notified().await;
    id
}

/// A load that takes longer than its epochs stay at first keeps them, as it keeps its lease.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_load_keeps_its_epochs() {
    let server = RedisServer::start();
    let cache = on(&server, BOTH[1]).await;
    let gate = Arc::new(Notify::new());
    let call = tokio::spawn({
        let (cache, gate) = (cache.clone(), Arc::clone(&gate));
        async move { slowly(&cache, &gate, 1).await }
    });
    let is_prolonged = async || millis_left(&server, "shop:slowly:~epoch") > 300;
    eventually(SOON, is_prolonged, "the epoch is prolonged during the load").await;
    gate.notify_one();
    call.await.unwrap();
    assert_eq!(cache.stats().stores, 1);
}

/// A user who may touch the keys of one prefix alone. Every call was refused: it read an epoch of
/// the prefix around it.
#[tokio::test]
async fn a_handle_touches_no_key_outside_its_prefix() {
    let server = RedisServer::start();
    server.command(&["ACL", "SETUSER", "eu", "on", ">secret", "~shop:eu:*", "+@all", "-info"]);
    let db = AtomicU64::new(1);
    for strategy in BOTH {
        let url = server.url().replace("redis://", "redis://eu:secret@");
        let builder = Cache::builder().redis(url).prefix("shop:eu").strategy(strategy);
        let cache = builder.budget(SOON).connect_timeout(SOON).build().await.unwrap();
        for handle in [cache.clone(), cache.namespace("north")] {
            assert_eq!(source(&handle, &db).await.1, Some(Source::Miss));
            assert_eq!(source(&handle, &db).await.1, Some(Source::Hit));
            handle.invalidate("row:*").await.unwrap();
            assert_eq!(source(&handle, &db).await.1, Some(Source::Miss));
            assert_eq!(handle.stats().errors, 0);
        }
        assert_eq!(cache.health().await.server_changes, 0);
        cache.clear().await.unwrap();
    }
    assert!(server.keys("*").iter().all(|key| key.starts_with("shop:eu:")));
}

/// What a handle reaches of one whose prefix begins with its own: a scope that is not wider than
/// that prefix, by its epoch, and whatever a scan finds.
#[tokio::test]
async fn a_handle_reaches_into_longer_prefixes() {
    for strategy in BOTH {
        let (server, db) = (RedisServer::start(), AtomicU64::new(0));
        let outer = on(&server, strategy).await;
        let inner = builder(&server, strategy).prefix("shop:eu").build().await.unwrap();
        for (value, pattern) in (1..).zip(["eu:row:*", "eu:*", "eu:r*", "*"]) {
            row(&inner, &db, 7).await;
            db.store(value, SeqCst);
            outer.invalidate(pattern).await.unwrap();
            assert_eq!(row(&inner, &db, 7).await, value, "{strategy:?} {pattern}");
        }
        db.store(9, SeqCst);
        inner.invalidate("*").await.unwrap();
        outer.invalidate("row:*").await.unwrap();
        row(&inner, &db, 7).await;
        outer.invalidate("row:*").await.unwrap();
        assert_eq!(source(&inner, &db).await, (9, Some(Source::Hit)), "it is another scope");
    }
}

/// A full server hits the two strategies in different ways, and some of them quietly.
#[tokio::test]
async fn a_policy_that_harms_is_told() {
    let harms = [
        ("noeviction", [Some("refuses"), Some("refuses")]),
        ("volatile-lru", [None, Some("epochs")]),
        ("allkeys-lru", [None, None]),
    ];
    for (policy, expected) in harms {
        let server = RedisServer::builder().maxmemory("50mb", policy).start();
        for (strategy, expected) in BOTH.into_iter().zip(expected) {
            let log = Log::default();
            let _listening = log.listen();
            let health = on(&server, strategy).await.health().await;
            let told = log.text().matches("a full server").count();
            assert_eq!(told, usize::from(expected.is_some()), "{policy} {strategy:?}");
            assert_eq!(health.eviction_policy.as_deref(), Some(policy));
            let harm = health.eviction_harm.unwrap_or_default();
            assert!(expected.map_or(harm.is_empty(), |word| harm.contains(word)), "{harm}");
        }
    }
    let unlimited = on(&RedisServer::start(), BOTH[0]).await.health().await;
    assert_eq!(unlimited.eviction_harm, None, "nothing is ever full");
}

/// What a call under way needs of its database.
struct UnderWay {
    row: AtomicU64,
    loads: AtomicU64,
    gate: Semaphore,
}

#[cached(ttl = "1h", key = "row:<id>", skip(cache, db), cache = cache)]
async fn row_under_way(cache: &Cache, db: &UnderWay, id: u64) -> u64 {
    let value = db.row.load(SeqCst);
    if db.loads.fetch_add(1, SeqCst) == 1 {
        db.gate.acquire().await.unwrap().forget();
    }
    value
}

/// As the specification found it: a call that had begun before the server came back with the past looked once more, and was answered from before the write.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_under_way_is_not_answered_with_the_past() {
    for strategy in BOTH {
        let server = RedisServer::start();
        let cache = on(&server, strategy).await;
        let (row, loads) = (AtomicU64::new(1), AtomicU64::new(0));
        let db = Arc::new(UnderWay { row, loads, gate: Semaphore::new(0) });
        assert_eq!(row_under_way(&cache, &db, 7).await, 1);
        server.command(&["SAVE"]);
        db.row.store(2, SeqCst);
        cache.invalidate("row:*").await.unwrap();
        let call = || {
            let (cache, db) = (cache.clone(), Arc::clone(&db));
            tokio::spawn(async move { row_under_way(&cache, &db, 7).await })
        };
        let leader = call();
        eventually(SOON, async || db.loads.load(SeqCst) == 2, "the load has begun").await;
        let follower = call();
        // Nothing shows from outside that a call waits; if it does not yet, the test proves less.
        tokio::time::sleep(Duration::from_millis(100)).await;
        server.kill();
        server.restart();
        let has_met = async || cache.stats().server_changes > 0;
        eventually(SOON, has_met, "the server is known for another one").await;
        db.gate.add_permits(1);
        assert_eq!((leader.await.unwrap(), follower.await.unwrap()), (2, 2), "{strategy:?}");
    }
}
