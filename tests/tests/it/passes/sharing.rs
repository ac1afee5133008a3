//! Patterns of one write, and writes of one time, share passes; exact keys share commands.

use super::toll::Toll;
pub(crate) use crate::support::SOON;
use cache_runtime::{Cache, CacheBuilder, Way, cached, invalidates};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use testkit::{RedisServer, eventually, eventually_blocking};
use tokio::runtime::Builder;
use tokio::task::{JoinHandle, JoinSet};

pub(crate) fn redis(server: &RedisServer) -> CacheBuilder {
    Cache::builder().redis(server.url()).budget(SOON).connect_timeout(SOON)
}

/// Runs a test on a server and on the embedded store.
async fn on_both(test: impl AsyncFn(Cache, Arc<Toll>)) {
    let server = RedisServer::start();
    for builder in [redis(&server), Cache::builder().memory()] {
        let (cache, toll) = Toll::before(builder).await;
        test(cache, toll).await;
    }
}

pub(crate) async fn put(cache: &Cache, keys: &[&str]) {
    cache.set_many(keys.iter().map(|key| (key, 1)), 60).await.unwrap();
}

pub(crate) async fn listed(cache: &Cache) -> BTreeSet<String> {
    let mut keys = cache.keys("*").unwrap();
    let mut listed = BTreeSet::new();
    while let Some(key) = keys.next().await {
        listed.insert(key.unwrap());
    }
    listed
}

/// Fills a server with keys that no pattern matches.
pub(crate) fn fill(server: &RedisServer, prefix: &str, keys: u32) {
    let fill = "for n = 1, tonumber(ARGV[2]) do redis.call('SET', ARGV[1] .. n, 1) end";
    server.command(&["EVAL", fill, "0", prefix, &keys.to_string()]);
}

#[invalidates("articles:*", "article:<slug>:*", "comments:*:<slug>:*", "tags:*", "feed:<slug>", cache = cache)]
async fn publish(cache: &Cache, slug: &str) -> usize {
    slug.len()
}

const STALE: [&str; 6] =
    ["articles:1", "article:a:1", "comments:7:a:1", "comments:8:a:1", "tags:1", "feed:a"];

const FRESH: [&str; 5] = ["article:ab:1", "comments:7:ab:1", "comments:a", "tag:1", "feed:ab"];

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_patterns_of_a_write_go_in_one_pass() {
    let server = RedisServer::start();
    let cache = redis(&server).build().await.unwrap();
    fill(&server, "cache:other:", 20_000);
    fill(&server, "somebody:", 20_000);
    server.command(&["CONFIG", "RESETSTAT"]);
    cache.invalidate("none:*").await.unwrap();
    let pages_of_one = server.commandstats("scan");
    put(&cache, &STALE).await;
    put(&cache, &FRESH).await;
    server.command(&["CONFIG", "RESETSTAT"]);
    publish(&cache, "a").await;
    // A pass has as many pages whatever it looks for; tables may be resized on the way.
    let pages = server.commandstats("scan");
    assert!(pages <= pages_of_one + 2, "{pages} pages, and {pages_of_one} for one pattern");
    let stats = cache.stats();
    assert_eq!(
        (stats.invalidations, stats.deleted),
        (6, 6),
        "each pattern is counted, and each key"
    );
    for key in FRESH {
        assert!(server.get_raw(&format!("cache:{key}")).is_some(), "{key} matches no pattern");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn what_patterns_match_together_is_what_each_of_them_matches() {
    let test = async |cache: Cache, toll: Option<Arc<Toll>>| {
        put(&cache, &STALE).await;
        put(&cache, &FRESH).await;
        publish(&cache, "a").await;
        assert_eq!(listed(&cache).await, FRESH.map(str::to_owned).into());
        assert_eq!(cache.stats().deleted, 6);
        if let Some(toll) = toll {
            // To list the keys is the second one.
            assert_eq!(toll.passes(), 2);
        }
    };
    on_both(async |cache, toll| test(cache, Some(toll)).await).await;
    test(Cache::builder().memory().build().await.unwrap(), None).await;
}

/// Begins an invalidation in a task of its own.
fn invalidate(cache: &Cache, pattern: &str) -> JoinHandle<u64> {
    let (cache, pattern) = (cache.clone(), pattern.to_owned());
    tokio::spawn(async move { cache.invalidate(pattern).await.unwrap().deleted })
}

async fn has_begun(toll: &Toll, passes: u64) {
    eventually(SOON, async || toll.passes() >= passes, "the pass has begun").await;
}

/// Returns when a writer must have joined a pass: it takes no more than turns of the one thread on which all tasks run.
async fn has_joined() {
    let turns = async {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    };
    tokio::spawn(turns).await.expect("it ends");
}

/// A running pass may have gone by the keys that a write makes stale: the write waits for the next.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_write_during_a_pass_is_not_done_with_it() {
    on_both(async |cache, toll| {
        let gate = toll.shut();
        let first = invalidate(&cache, "a:*");
        has_begun(&toll, 1).await;
        toll.leave_open();
        // The pass has looked at all keys, and its answer is under way.
        eventually(SOON, async || toll.pages.load(SeqCst) > 0, "it has been scanned").await;
        has_joined().await;
        put(&cache, &["b:1", "b:2"]).await;
        let second = invalidate(&cache, "b:*");
        has_joined().await;
        gate.open();
        assert_eq!((first.await.unwrap(), second.await.unwrap()), (0, 2));
        assert_eq!(listed(&cache).await, BTreeSet::new());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn writes_that_come_during_a_pass_share_the_next_one() {
    on_both(async |cache, toll| {
        let gate = toll.shut();
        let first = invalidate(&cache, "a:*");
        has_begun(&toll, 1).await;
        let keys: Vec<String> = (0..50).map(|n| format!("b:{n}:x")).collect();
        put(&cache, &keys.iter().map(String::as_str).collect::<Vec<_>>()).await;
        put(&cache, &["stays"]).await;
        let others: Vec<_> = (0..50).map(|n| invalidate(&cache, &format!("b:{n}:*"))).collect();
        has_joined().await;
        assert_eq!(toll.passes(), 1, "they wait");
        gate.open();
        first.await.unwrap();
        for other in others {
            assert_eq!(other.await.unwrap(), 1, "each hears of its own keys");
        }
        assert_eq!(toll.passes(), 2);
        assert_eq!(listed(&cache).await, BTreeSet::from(["stays".to_owned()]));
    })
    .await;
}

/// What two patterns match is deleted once, and counted for one of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_key_of_two_writes_is_counted_once() {
    on_both(async |cache, toll| {
        put(&cache, &["a:1", "a:2", "b:1"]).await;
        let gate = toll.shut();
        let first = invalidate(&cache, "none:*");
        has_begun(&toll, 1).await;
        let others = ["a:*", "a:*", "*:1"].map(|pattern| invalidate(&cache, pattern));
        has_joined().await;
        gate.open();
        first.await.unwrap();
        let mut deleted = 0;
        for other in others {
            deleted += other.await.unwrap();
        }
        assert_eq!((deleted, toll.passes()), (3, 2));
    })
    .await;
}

#[invalidates("given:<n>:*", cache = cache)]
async fn given_up(cache: &Cache, n: u8) -> u8 {
    n
}

/// The write has succeeded: what it makes stale goes, whether its caller waits for that or not.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_caller_that_gives_up_loses_nothing_and_holds_nobody_up() {
    on_both(async |cache, toll| {
        put(&cache, &["given:1:x", "given:2:x", "other:x"]).await;
        let gate = toll.shut();
        let write = |n| {
            let cache = cache.clone();
            tokio::spawn(async move { given_up(&cache, n).await })
        };
        // The one has begun its pass, the other waits for the next one.
        let first = write(1);
        has_begun(&toll, 1).await;
        let second = write(2);
        let other = invalidate(&cache, "other:*");
        has_joined().await;
        first.abort();
        second.abort();
        assert!(first.await.unwrap_err().is_cancelled());
        gate.open();
        assert_eq!(other.await.unwrap(), 1);
        let is_done = async || cache.stats().invalidations == 3;
        eventually(SOON, is_done, "all three have run").await;
        assert_eq!((listed(&cache).await, cache.stats().deleted), (BTreeSet::new(), 3));
    })
    .await;
}

/// A runtime in which a pass takes long holds no other one up. What waits in a runtime that ends is
/// made up for.
#[test]
fn passes_of_a_runtime_are_its_own() {
    // Invalidations of a runtime with one thread do not run there.
    let of_threads = || Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = RedisServer::start();
    let (stands, goes_on) = (of_threads(), of_threads());
    let (cache, toll) = goes_on.block_on(Toll::before(redis(&server)));
    goes_on.block_on(put(&cache, &["a:1", "b:1", "c:1"]));
    let _gate = toll.shut();
    stands.block_on(async {
        // The one has begun its pass, the other waits for the next one.
        drop(invalidate(&cache, "a:*"));
        has_begun(&toll, 1).await;
        drop(invalidate(&cache, "b:*"));
        has_joined().await;
    });
    toll.leave_open();
    let deleted = goes_on.block_on(async { cache.invalidate("c:*").await.unwrap().deleted });
    assert_eq!(deleted, 1);
    drop(stands);
    let is_gone = || server.keys("cache:*").is_empty();
    eventually_blocking(SOON, is_gone, "what was waited for there is made up for");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_thousand_patterns_at_once_cost_few_passes() {
    on_both(async |cache, toll| {
        let mut calls = JoinSet::new();
        for n in 0..1000 {
            let cache = cache.clone();
            calls.spawn(async move {
                put(&cache, &[&format!("user:{n}:a"), &format!("user:{n}:b")]).await;
                cache.invalidate(format!("user:{n}:*")).await.unwrap().deleted
            });
        }
        assert_eq!(calls.join_all().await.iter().sum::<u64>(), 2000);
        assert!(toll.passes() < 100, "{} passes", toll.passes());
        assert_eq!(listed(&cache).await, BTreeSet::new());
    })
    .await;
}

/// Namespaces are parts of a handle: a pass for one of them goes by the keys of the others.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn namespaces_share_passes() {
    on_both(async |cache, toll| {
        let spaces = ["eu", "us*", "é"].map(|name| cache.namespace(name));
        for each in spaces.iter().chain([&cache]) {
            put(each, &["a:1", "b:1"]).await;
        }
        let gate = toll.shut();
        let first = invalidate(&cache, "none:*");
        has_begun(&toll, 1).await;
        let others: Vec<_> = spaces.iter().map(|each| invalidate(each, "a:*")).collect();
        has_joined().await;
        gate.open();
        first.await.unwrap();
        for other in others {
            assert_eq!(other.await.unwrap(), 1);
        }
        assert_eq!(toll.passes(), 2);
        for each in &spaces {
            assert_eq!(listed(each).await, BTreeSet::from(["b:1".to_owned()]));
        }
        assert!(cache.contains("a:1").await.unwrap());
    })
    .await;
}

#[cached(key = "one:<id>", skip(cache), cache = cache)]
async fn one(cache: &Cache, id: u64) -> u64 {
    id
}

#[invalidates(one(1), one(2), one(3), one(4), "plain:a", "plain:b", cache = cache)]
async fn change_four(cache: &Cache) -> u8 {
    4
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn exact_keys_of_a_write_go_by_one_command() {
    let server = RedisServer::start();
    let cache = redis(&server).build().await.unwrap();
    for id in 1..=5 {
        assert_eq!(one(&cache, id).await, id);
    }
    put(&cache, &["plain:a", "plain:b", "plain:c"]).await;
    server.command(&["CONFIG", "RESETSTAT"]);
    assert_eq!(change_four(&cache).await, 4);
    // Patterns that name one key go apart from calls, so that it shows if they delete nothing.
    assert_eq!((server.commandstats("unlink"), server.commandstats("scan")), (2, 0));
    let stats = cache.stats();
    assert_eq!((stats.invalidations, stats.deleted), (6, 6));
    assert_eq!(server.keys("cache:*").len(), 2);
}

struct Shop {
    cache: Cache,
}

impl Shop {
    #[cached(key = "many:<ids>", each = ids, skip(self), cache = self.cache)]
    async fn many(&self, ids: &[u64]) -> BTreeMap<u64, u64> {
        ids.iter().map(|id| (*id, *id)).collect()
    }

    #[invalidates(self.many(ids), cache = self.cache)]
    async fn change_many(&self, ids: &[u64]) -> usize {
        ids.len()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_elements_of_a_list_go_by_one_command() {
    let server = RedisServer::start();
    let shop = Shop { cache: redis(&server).build().await.unwrap() };
    let ids: Vec<u64> = (0..30).collect();
    shop.many(&ids).await;
    server.command(&["CONFIG", "RESETSTAT"]);
    assert_eq!(shop.change_many(&ids[..20]).await, 20);
    assert_eq!((server.commandstats("unlink"), server.commandstats("scan")), (1, 0));
    assert_eq!((shop.cache.stats().deleted, server.keys("cache:many:*").len()), (20, 10));
}

/// A proxy in front of several servers, or a user with few rights, may refuse several keys at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn exact_keys_go_one_by_one_where_they_may_not_go_together() {
    let server = RedisServer::start();
    let cache = redis(&server).build().await.unwrap();
    for id in 1..=4 {
        one(&cache, id).await;
    }
    let rights = ["ACL", "SETUSER", "default", "resetkeys", "~cache:one:[123]*", "~cache:plain*"];
    server.command(&rights);
    change_four(&cache).await;
    let left = server.keys("cache:one:*");
    assert!(left.len() == 1 && left[0].starts_with("cache:one:4:"), "{left:?}");
    server.command(&["ACL", "SETUSER", "default", "~*"]);
    let is_gone = async || server.keys("cache:one:*").is_empty();
    eventually(SOON, is_gone, "what was refused is made up for").await;
}

#[invalidates("first:*", "both:*", cache = cache)]
async fn first(cache: &Cache) -> u8 {
    1
}

#[invalidates("second:*", "plain", cache = cache)]
async fn second(cache: &Cache) -> u8 {
    2
}

/// The writes of a transaction share a pass, and each function counts what it has deleted.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_writes_of_a_transaction_go_together_and_count_apart() {
    on_both(async |cache, toll| {
        put(&cache, &["first:1", "both:1", "both:2", "second:1", "plain"]).await;
        let transaction = async {
            first(&cache).await;
            second(&cache).await;
            first(&cache).await;
            Ok::<_, ()>(())
        };
        assert_eq!(cache_runtime::defer(transaction).await, Ok(()));
        assert_eq!(toll.passes(), 1);
        let deleted = cache.stats().functions.into_iter().filter_map(|(name, counts)| {
            let name = name.rsplit("::").next().unwrap().to_owned();
            (counts.invalidations > 0).then_some((name, counts.invalidations, counts.deleted))
        });
        let expected = [("first".to_owned(), 2, 3), ("second".to_owned(), 2, 2)];
        assert_eq!(deleted.collect::<BTreeSet<_>>(), expected.into());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn each_way_says_what_it_did() {
    on_both(async |cache, _| {
        put(&cache, &["k:1", "k:2", "one"]).await;
        let scan = cache.invalidate("k:*").await.unwrap();
        assert_eq!((scan.way, scan.deleted), (Way::Scan, 2));
        let key = cache.invalidate("one").await.unwrap();
        assert_eq!((key.way, key.deleted), (Way::Key, 1));
    })
    .await;
}
