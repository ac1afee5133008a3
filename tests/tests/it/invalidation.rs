//! A write deletes what it made stale: all of it, nothing else, and only after it succeeded.

use crate::support::{SOON, memory, on, on_both};
use cache_runtime::{Cache, cached, invalidates, segment};
use std::collections::BTreeSet;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::SeqCst;
use std::task::Poll;
use std::time::{Duration, Instant};
use testkit::{RedisServer, eventually};

async fn put(cache: &Cache, keys: &[&str]) {
    cache.set_many(keys.iter().map(|key| (key, 1)), 60).await.unwrap();
}

async fn listed(cache: &Cache) -> BTreeSet<String> {
    let mut keys = cache.keys("*").unwrap();
    let mut listed = BTreeSet::new();
    while let Some(key) = keys.next().await {
        listed.insert(key.unwrap());
    }
    listed
}

async fn assert_left(cache: &Cache, expected: &[&str]) {
    let expected = expected.iter().map(|key| (*key).to_owned()).collect();
    assert_eq!(listed(cache).await, expected, "on {}", cache.store_name());
}

#[tokio::test]
async fn fifty_thousand_of_a_hundred_thousand_keys_page_by_page() {
    let log_all = RedisServer::builder().arg("--slowlog-log-slower-than", "0");
    let server = log_all.arg("--slowlog-max-len", "100000").start();
    let cache = on(&server, "shop").await;
    for group in ["user", "order"] {
        // One script is faster than as many commands.
        let fill = "for n = 1, 50000 do redis.call('SET', ARGV[1] .. n, 1) end";
        server.command(&["EVAL", fill, "0", &format!("shop:{group}:")]);
    }
    server.command(&["CONFIG", "RESETSTAT"]);
    assert_eq!(cache.invalidate("user:*").await.unwrap().deleted, 50_000);
    assert_eq!(server.keys("shop:order:*").len(), 50_000);
    assert_eq!(server.keys("shop:user:*").len(), 0);
    let (scans, unlinks) = (server.commandstats("scan"), server.commandstats("unlink"));
    // A page has some 1,000 keys, half of which match: not one command with all, nor one for each.
    assert!((50..=500).contains(&unlinks), "{unlinks} UNLINK for 50,000 keys");
    assert!((50..=500).contains(&scans), "{scans} SCAN for 100,000 keys");
    assert!(most_arguments(&server) <= 1001, "{} arguments at once", most_arguments(&server));
    assert_eq!(server.commandstats("del"), 0);
}

/// The longest command so far, by the server's log, which shows 31 arguments and counts the others.
fn most_arguments(server: &RedisServer) -> usize {
    let log = format!("{:?}", server.command(&["SLOWLOG", "GET", "-1"]));
    let counts = log.split(" more arguments").filter_map(|text| text.rsplit('(').next());
    let digits = |text: &str| text.trim_start_matches('.').trim().parse::<usize>().ok();
    31 + counts.filter_map(digits).max().expect("a long command is in the log")
}

#[tokio::test]
async fn a_pattern_without_wildcards_is_one_unlink() {
    let server = RedisServer::start();
    let cache = on(&server, "a*b").await;
    put(&cache, &["one", "two", "t*"]).await;
    server.command(&["CONFIG", "RESETSTAT"]);
    assert_eq!(cache.invalidate("one").await.unwrap().deleted, 1);
    assert_eq!(cache.invalidate(r"t\*").await.unwrap().deleted, 1);
    assert_eq!(cache.invalidate("absent").await.unwrap().deleted, 0);
    assert_eq!((server.commandstats("unlink"), server.commandstats("scan")), (3, 0));
    assert_left(&cache, &["two"]).await;
}

#[tokio::test]
async fn nothing_outside_the_prefix() {
    let server = RedisServer::start();
    let prefixes = ["shop", "shopping", "a*b", "axb", "[ab]", "a", r"back\slash"];
    for prefix in prefixes {
        put(&on(&server, prefix).await, &["user:1", "user:2"]).await;
    }
    for key in ["user:1", "shop", "xshop:user:1", "shop2:user:1", "a:b"] {
        server.set_raw(key, b"of somebody else");
    }
    let mut left: BTreeSet<_> = server.keys("*").into_iter().collect();
    for prefix in prefixes {
        let cache = on(&server, prefix).await;
        assert_eq!(cache.invalidate("user:[1]").await.unwrap().deleted, 1, "{prefix}");
        left.remove(&format!("{prefix}:user:1"));
        assert_eq!(server.keys("*").into_iter().collect::<BTreeSet<_>>(), left, "{prefix}");
        // `a:b` is under the prefix `a`.
        let expected = if prefix == "a" { 2 } else { 1 };
        assert_eq!(cache.clear().await.unwrap().deleted, expected, "{prefix}");
        left.retain(|key| !key.starts_with(&format!("{prefix}:")));
        assert_eq!(server.keys("*").into_iter().collect::<BTreeSet<_>>(), left, "{prefix}");
    }
    for command in ["keys", "flushdb", "flushall"] {
        // The fixture's own `keys` are the only ones.
        let allowed = if command == "keys" { 1 + 2 * prefixes.len() as u64 } else { 0 };
        assert_eq!(server.commandstats(command), allowed, "{command}");
    }
}

#[cached(ttl = 60, key = "file:<name>", skip(cache), cache = cache)]
async fn file(cache: &Cache, name: &str) -> Option<String> {
    Some(name.to_owned())
}

#[invalidates("file:<name>:*", cache = cache)]
async fn delete_file(cache: &Cache, name: &str) -> usize {
    name.len()
}

#[invalidates("file:<result>:*", cache = cache)]
async fn create_file(cache: &Cache, name: &str) -> Result<String, u8> {
    Ok(name.to_owned())
}

#[tokio::test]
async fn values_in_patterns_match_themselves_alone() {
    const NAMES: [&str; 12] =
        ["a", "*", "?", "[a-z]", r"\", r"\*", "a:b", "a:", "", "a*", "%2A", "ä ö"];
    on_both(async |cache| {
        for name in NAMES {
            for other in NAMES {
                assert_eq!(file(cache, other).await.as_deref(), Some(other));
            }
            let all = listed(cache).await;
            assert_eq!(all.len(), NAMES.len());
            let before = cache.stats();
            assert_eq!(delete_file(cache, name).await, name.len());
            assert_eq!(cache.stats().deleted, before.deleted + 1, "{name:?}");
            assert_eq!(file(cache, name).await.as_deref(), Some(name));
            assert_eq!(cache.stats().loads, before.loads + 1, "{name:?}");
            create_file(cache, name).await.unwrap();
            assert_eq!(cache.stats().deleted, before.deleted + 2, "{name:?} as a result");
            let by_hand = format!("file:{}:*", segment(name).unwrap());
            assert_eq!(file(cache, name).await.as_deref(), Some(name));
            assert_eq!(cache.invalidate(by_hand).await.unwrap().deleted, 1, "{name:?} by hand");
        }
    })
    .await;
}

#[invalidates("user:*", cache = cache)]
async fn save(cache: &Cache, succeed: bool) -> Result<(), String> {
    if !succeed {
        return Err("refused".to_owned());
    }
    Ok(())
}

#[invalidates("user:*", when = "always", cache = cache)]
async fn try_to_save(cache: &Cache) -> Result<(), String> {
    Err("refused".to_owned())
}

#[invalidates("user:*", cache = cache)]
fn save_blocking(cache: &Cache, succeed: bool) -> Result<(), String> {
    if succeed { Ok(()) } else { Err("refused".to_owned()) }
}

#[tokio::test]
async fn only_a_write_that_succeeded() {
    on_both(async |cache| {
        put(cache, &["user:1", "order:1"]).await;
        assert!(save(cache, false).await.is_err());
        assert!(save_blocking(cache, false).is_err());
        assert_left(cache, &["order:1", "user:1"]).await;
        assert_eq!(save(cache, true).await, Ok(()));
        assert_left(cache, &["order:1"]).await;
        put(cache, &["user:1"]).await;
        assert_eq!(save_blocking(cache, true), Ok(()));
        assert_left(cache, &["order:1"]).await;
        put(cache, &["user:1"]).await;
        assert!(try_to_save(cache).await.is_err());
        assert_left(cache, &["order:1"]).await;
        assert_eq!(cache.stats().invalidations, 3);
    })
    .await;
}

#[invalidates("step:<step>", cache = cache)]
async fn leave_early(cache: &Cache, step: &str) -> Result<u8, std::num::ParseIntError> {
    if step == "first" {
        return Ok(1);
    }
    let number = step.parse()?;
    if number == 2 {
        return Ok(number);
    }
    Ok(0)
}

#[invalidates("step:<step>", cache = cache)]
fn leave_early_blocking(cache: &Cache, step: &str) -> Option<u8> {
    if step == "first" {
        return Some(1);
    }
    let number = step.parse().ok()?;
    Some(number)
}

#[tokio::test]
async fn no_way_out_of_the_body_skips_it() {
    on_both(async |cache| {
        put(cache, &["step:first", "step:2", "step:3", "step:x"]).await;
        for (step, returned) in [("first", 1), ("2", 2), ("3", 0)] {
            assert_eq!(leave_early(cache, step).await, Ok(returned));
        }
        assert!(leave_early(cache, "x").await.is_err());
        assert_left(cache, &["step:x"]).await;
        put(cache, &["step:first", "step:2"]).await;
        assert_eq!(leave_early_blocking(cache, "first"), Some(1));
        assert_eq!(leave_early_blocking(cache, "2"), Some(2));
        assert_left(cache, &["step:x"]).await;
    })
    .await;
}

struct Row {
    id: u64,
    owner: String,
}

#[invalidates("row:<result.id>", "of:<result.owner>:*", "by:<by>:<result.id>", cache = cache)]
async fn insert(cache: &Cache, by: String) -> Result<Row, ()> {
    Ok(Row { id: 7, owner: by })
}

#[tokio::test]
async fn values_of_the_result() {
    on_both(async |cache| {
        put(cache, &["row:7", "row:8", "of:me:1", "of:you:1", "by:me:7", "by:me:8"]).await;
        let row = insert(cache, "me".to_owned()).await.unwrap();
        assert_eq!((row.id, &*row.owner), (7, "me"));
        assert_left(cache, &["row:8", "of:you:1", "by:me:8"]).await;
    })
    .await;
}

#[tokio::test]
async fn a_failing_invalidation_never_fails_the_write() {
    let budget = Duration::from_millis(200);
    let server = RedisServer::start();
    let builder = || Cache::builder().redis(server.url()).budget(budget);
    let cache = builder().build().await.unwrap();
    server.freeze();
    let started = Instant::now();
    for _ in 0..100 {
        assert_eq!(save(&cache, true).await, Ok(()));
        assert_eq!(save_blocking(&cache, true), Ok(()));
        assert!(insert(&cache, "me".to_owned()).await.is_ok());
    }
    assert!(started.elapsed() < budget * 10, "{:?}", started.elapsed());
    server.kill();
    assert_eq!(save(&cache, true).await, Ok(()));
    assert_eq!(save_blocking(&cache, true), Ok(()));
    let stats = cache.stats();
    assert_eq!((stats.invalidations, stats.errors), (0, 502), "each one is counted");
    server.restart();
    put_eventually(&cache).await;
    // Invalidations of a runtime with one thread have a connection of their own.
    let invalidates = async || cache.invalidate("nothing:*").await.is_ok();
    eventually(SOON, invalidates, "the server is there again").await;
    server.command(&["ACL", "SETUSER", "default", "-scan", "-unlink"]);
    assert_eq!(save(&cache, true).await, Ok(()));
    assert!(cache.invalidate("user:*").await.unwrap_err().is_server());
    assert!(cache.invalidate("user").await.unwrap_err().is_server());
    server.command(&["ACL", "SETUSER", "default", "+scan"]);
    assert!(cache.invalidate("user:*").await.is_err(), "it may not be deleted");
    server.command(&["ACL", "SETUSER", "default", "+unlink"]);
    // A user who may not delete has no cache: the connection is of use again when the user may.
    let is_well = async || cache.health().await.is_well();
    eventually(SOON, is_well, "what was owed is made up for").await;
    assert!(!cache.contains("user:1").await.unwrap());
}

async fn put_eventually(cache: &Cache) {
    let stored = async || cache.set("user:1", 1, 60).await.is_ok();
    eventually(SOON, stored, "the server is used again").await;
}

#[tokio::test]
async fn keys_of_every_kind_go_and_are_counted_once() {
    let server = RedisServer::start();
    let cache = on(&server, "shop").await;
    server.command(&["LPUSH", "shop:list", "1"]);
    server.command(&["HSET", "shop:hash", "1", "1"]);
    server.command(&["SET", "shop:string", "1"]);
    assert_eq!(cache.clear().await.unwrap().deleted, 3);
    assert_eq!(cache.clear().await.unwrap().deleted, 0);
}

#[tokio::test]
async fn a_pattern_that_is_a_mistake() {
    on_both(async |cache| {
        put(cache, &["k"]).await;
        for pattern in ["", "[k", r"k\"] {
            assert!(cache.invalidate(pattern).await.unwrap_err().is_key(), "{pattern:?}");
        }
        assert_left(cache, &["k"]).await;
    })
    .await;
}

/// Begins a call, and drops it on the way.
async fn once<T>(call: impl Future<Output = T>) {
    let mut call = pin!(call);
    let is_over = poll_fn(|context| Poll::Ready(call.as_mut().poll(context).is_ready())).await;
    assert!(!is_over);
}

/// Nobody knows how far a write came that was dropped, or panicked: what it may have made stale goes.
#[tokio::test]
async fn a_write_that_ends_on_the_way_is_invalidated() {
    #[invalidates("ends:*")]
    async fn plain() {
        std::future::pending().await
    }

    #[invalidates("ends:*", when = "always", on_error = "return")]
    async fn always() -> Result<(), cache_runtime::Error> {
        std::future::pending().await
    }

    #[invalidates("ends:<tag>:<result>:<result.0>")]
    async fn named_by_its_result(tag: u8) -> (u64, u8) {
        std::future::pending::<()>().await;
        (7, tag)
    }

    #[invalidates("ends:*")]
    fn panics() -> u64 {
        panic!("a write that panics")
    }

    on_both(async |cache| {
        for way in 0..4 {
            put(cache, &["ends:1:2:3", "other:1"]).await;
            cache
                .scope(async {
                    match way {
                        0 => once(plain()).await,
                        1 => once(always()).await,
                        2 => once(named_by_its_result(1)).await,
                        _ => _ = std::panic::catch_unwind(panics),
                    }
                })
                .await;
            let gone = async || listed(cache).await == BTreeSet::from(["other:1".to_owned()]);
            eventually(SOON, gone, "it is invalidated").await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_write_that_was_never_polled_has_not_happened() {
    #[invalidates("never:*")]
    async fn write() {}

    #[invalidates("never:*")]
    fn boxed() -> Pin<Box<dyn Future<Output = ()>>> {
        Box::pin(async {})
    }

    #[invalidates("never:*")]
    fn opaque() -> impl Future<Output = ()> {
        async {}
    }

    on_both(async |cache| {
        put(cache, &["never:1"]).await;
        // What names the entries runs before the first poll where the function is no `async fn`.
        let unpolled = async { drop((write(), boxed(), opaque())) };
        cache.scope(unpolled).await;
        assert_eq!(listed(cache).await, BTreeSet::from(["never:1".to_owned()]));
    })
    .await;
}

/// After an error there is no result: the places that it would fill match anything.
#[tokio::test]
async fn a_pattern_of_the_result_is_widened_after_an_error() {
    #[invalidates("widened:<tag>:<result>", when = "always")]
    async fn write(tag: u8, returned: Result<u64, ()>) -> Result<u64, ()> {
        returned
    }

    #[invalidates("widened:<tag>:<result>", when = "always")]
    fn blocking(tag: u8, returned: Result<u64, ()>) -> Result<u64, ()> {
        returned
    }

    on_both(async |cache| {
        let keys = ["widened:1:5", "widened:1:6", "widened:2:5"];
        let left =
            |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect::<BTreeSet<_>>();
        for result in [Ok(5), Err(())] {
            let expected = left(&keys[if result.is_ok() { 1 } else { 2 }..]);
            put(cache, &keys).await;
            assert_eq!(cache.scope(write(1, result)).await, result);
            assert_eq!(listed(cache).await, expected);
            put(cache, &keys).await;
            assert_eq!(cache.scope(async { blocking(1, result) }).await, result);
            assert_eq!(listed(cache).await, expected);
        }
    })
    .await;
}

static ARTICLE: AtomicU64 = AtomicU64::new(0);

#[cached(key = "article:<slug>")]
async fn article(slug: &str) -> (String, u64) {
    (slug.to_owned(), ARTICLE.load(SeqCst))
}

#[cached(key = "beside")]
async fn beside() -> u64 {
    ARTICLE.load(SeqCst)
}

#[invalidates(article(slug))]
async fn update(slug: &str, number: u64) -> ((String, u64), u64) {
    ARTICLE.store(number, SeqCst);
    (article(slug).await, beside().await)
}

#[invalidates("article:<slug>:*")]
async fn update_by_pattern(slug: &str, number: u64) -> ((String, u64), u64) {
    // What another write in it has not made stale is still to come.
    update_nothing().await;
    ARTICLE.store(number, SeqCst);
    (article(slug).await, beside().await)
}

#[invalidates("nothing:*")]
async fn update_nothing() {}

/// The object that was updated is read back before its entry goes.
#[tokio::test]
async fn a_write_reads_back_what_it_wrote() {
    let test = async |cache: &Cache| {
        let calls = async {
            ARTICLE.store(1, SeqCst);
            for _ in 0..3 {
                assert_eq!((article("a").await.1, beside().await), (1, 1));
            }
            let loads = cache.stats().loads;
            assert_eq!(update("a", 2).await, (("a".into(), 2), 1));
            assert_eq!(article("a").await.1, 2);
            assert_eq!(update_by_pattern("a", 3).await, (("a".into(), 3), 1));
            assert_eq!(cache.stats().loads, loads + 1, "what a write reads back is not stored");
            assert_eq!(article("a").await.1, 3);
        };
        cache.scope(calls).await;
    };
    on_both(test).await;
    // The values are kept in process, too.
    test(&Cache::builder().memory().local(100).build().await.unwrap()).await;
}

/// Nobody knows the entry that only the result names: it is counted.
#[tokio::test]
async fn a_dropped_write_that_names_its_result_is_counted() {
    #[invalidates(article(&result))]
    async fn write() -> String {
        std::future::pending().await
    }

    let cache = memory().await;
    cache.scope(async { once(write()).await }).await;
    assert_eq!(cache.stats().failed_invalidations, 1);
}
