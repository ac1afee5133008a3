//! ENTRIES.md is true: what is stored is what the golden files hold, they are hits, and whatever else a key holds is a miss
//! that leaves a good entry behind.

use crate::support::SOON;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::future::Future;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cache_runtime::{Cache, Stats, Ttl, cached};
use serde::{Deserialize, Serialize};
use testkit::redis::Value;
use testkit::{RedisServer, eventually};

/// The time between creation and end in the golden files.
const TTL: Duration = Duration::from_secs(300);

/// A server, and a handle on it.
struct Fixture {
    server: RedisServer,
    cache: Cache,
}

impl Fixture {
    async fn new(largest: usize, ttl: Ttl) -> Self {
        let server = RedisServer::start();
        let builder = Cache::builder().redis(server.url()).budget(Duration::from_secs(10));
        let cache = builder.max_entry_size(largest).default_ttl(ttl).build().await.unwrap();
        Self { server, cache }
    }

    async fn usual() -> Self {
        Self::new(1 << 20, Ttl::After(TTL)).await
    }

    /// The only key there is.
    fn key(&self) -> String {
        let keys = self.server.keys("*");
        assert_eq!(keys.len(), 1, "one call, one entry: {keys:?}");
        keys.into_iter().next().unwrap()
    }

    fn stored(&self, key: &str) -> String {
        let entry = self.server.get_raw(key).expect("something is stored");
        String::from_utf8(entry).expect("an entry is text")
    }

    fn stats(&self) -> Stats {
        self.cache.stats()
    }
}

/// Milliseconds since the Unix epoch.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(since.as_millis()).unwrap()
}

/// The fields of the header, and the payload.
fn split(entry: &str) -> (Vec<&str>, &str) {
    let (header, payload) = entry.split_once('\n').expect("the header is a line");
    (header.split(' ').collect(), payload)
}

/// What is stored for a call is the golden entry with other times, and the golden entry is a hit for that call.
async fn check<V: Debug + PartialEq, F: Future<Output = V>>(
    fixture: &Fixture,
    golden: &str,
    call: impl Fn() -> F,
) {
    fixture.server.flush();
    let before = now();
    let loaded = fixture.cache.scope(call()).await;
    let after = now();
    let key = fixture.key();
    let stored = fixture.stored(&key);
    let ((header, payload), (golden_header, golden_payload)) = (split(&stored), split(golden));
    assert_eq!(payload, golden_payload);
    assert_eq!(header.len(), 9, "{header:?}");
    let is_token = |text: &str| text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit());
    assert!(is_token(header[5]), "the lease of {stored}");
    for field in [0, 1, 6, 7, 8] {
        assert_eq!(header[field], golden_header[field], "field {field} of {stored}");
    }
    let created: u64 = header[2].parse().unwrap();
    assert!((before..=after).contains(&created), "{created} is not in {before}..={after}");
    let ttl = fixture.server.command(&["PTTL", &key]);
    let Value::Int(left) = ttl else { panic!("PTTL says {ttl:?}") };
    if golden_header[3] == "-" {
        assert_eq!((header[3], left), ("-", -1));
    } else {
        let fresh_until: u64 = header[3].parse().unwrap();
        assert_eq!(fresh_until - created, 300_000);
        assert!(
            (290_000..=300_000).contains(&left),
            "Redis expires the key in {left} ms: {stored}"
        );
    }
    let cost: u64 = header[4].parse().unwrap();
    assert!(cost <= (after - before + 1) * 1000, "{cost} µs");

    fixture.server.set_raw(&key, golden.as_bytes());
    let before = fixture.stats();
    let restored = fixture.cache.scope(call()).await;
    assert_eq!(restored, loaded, "the golden entry brings back another value");
    let stats = fixture.stats();
    assert_eq!((stats.hits, stats.loads), (before.hits + 1, before.loads), "{golden}");
    assert_eq!(fixture.stored(&key), golden, "a hit leaves an entry as it is");
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct User {
    id: u64,
    name: String,
    tags: Vec<String>,
    seen: Option<u8>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Unit,
    Newtype(u8),
    Tuple(u8, String),
    Struct { b: bool },
}

/// A function for each golden file, named like it, and a test that checks them all.
macro_rules! golden {
    ($($name:ident: $type:ty = $value:expr;)*) => {
        $(#[cached]
        async fn $name() -> $type {
            $value
        })*

        #[tokio::test]
        async fn what_is_stored_is_golden_and_golden_entries_are_hits() {
            let fixture = Fixture::usual().await;
            $(check(&fixture, include_str!(concat!("../../golden/", stringify!($name))), $name).await;)*
            assert_eq!((fixture.stats().corrupt, fixture.stats().errors), (0, 0));
        }
    };
}

golden! {
    user: Result<User, String> = Ok(User {
        id: 7,
        name: "Ada \"Lovelace\"".to_owned(),
        tags: vec!["é".to_owned(), "\n".to_owned()],
        seen: None,
    });
    none: Option<String> = None;
    some: Result<Option<String>, String> = Ok(Some("a".to_owned()));
    text: String = "Müller & Co\n\0\u{7f}/😀".to_owned();
    empty: Vec<u8> = vec![];
    flag: bool = true;
    wide: (u128, i128) = (u128::MAX, i128::MIN);
    floats: Vec<f64> = vec![0.1, 1e21, -0.0, 5e-324, f64::MAX];
    narrow: Vec<f32> = vec![0.1, f32::MAX];
    bytes: Vec<u8> = vec![0, 10, 255];
    map: BTreeMap<String, Vec<u8>> = BTreeMap::from([("b".to_owned(), vec![]), ("a".to_owned(), vec![1, 2])]);
    numbered: BTreeMap<i8, bool> = BTreeMap::from([(-1, true), (10, false)]);
    shapes: Vec<Shape> =
        vec![Shape::Unit, Shape::Newtype(1), Shape::Tuple(1, "a".to_owned()), Shape::Struct { b: true }];
}

#[cached]
async fn endless() -> String {
    "for ever".to_owned()
}

#[tokio::test]
async fn an_entry_without_end_has_no_expiry_in_redis_either() {
    let fixture = Fixture::new(1 << 20, Ttl::Never).await;
    check(&fixture, include_str!("../../golden/endless"), endless).await;
}

#[test]
fn the_page_shows_an_entry_as_it_is() {
    let page = include_str!("../../../ENTRIES.md");
    let user = include_str!("../../golden/user");
    let shown = format!("    {}\n", user.replace('\n', "\n    "));
    assert!(page.contains(&shown), "ENTRIES.md must show:\n{shown}");
}

/// Returns what the load returned, so that a hit on an older entry can be told from it.
#[cached(skip(load))]
async fn value(load: &Cell<Result<u32, ()>>) -> Result<u32, ()> {
    load.get()
}

/// A server whose only key holds an entry of [`value`].
struct Broken {
    fixture: Fixture,
    key: String,
    /// The entry of the value 1234567.
    good: Vec<u8>,
    load: Cell<Result<u32, ()>>,
}

const OLD: u32 = 1_234_567;
const NEW: u32 = 7_654_321;

impl Broken {
    async fn new(largest: usize) -> Self {
        let fixture = Fixture::new(largest, Ttl::After(TTL)).await;
        let load = Cell::new(Ok(OLD));
        fixture.cache.scope(value(&load)).await.unwrap();
        let key = fixture.key();
        let good = fixture.server.get_raw(&key).unwrap();
        Self { fixture, key, good, load }
    }

    async fn call(&self) -> Result<u32, ()> {
        self.fixture.cache.scope(value(&self.load)).await
    }

    fn corrupt(&self) -> u64 {
        self.fixture.stats().corrupt
    }

    /// What the key holds now is no entry: the call loads, and stores a good one; a failing load leaves nothing behind.
    async fn expect_repair(&self, put: impl Fn(&RedisServer, &str), what: &str) {
        let Self { fixture, key, load, .. } = self;
        put(&fixture.server, key);
        let before = fixture.stats();
        load.set(Ok(NEW));
        assert_eq!(self.call().await, Ok(NEW), "{what}");
        load.set(Ok(OLD));
        assert_eq!(self.call().await, Ok(NEW), "{what} is not repaired");
        let stats = fixture.stats();
        assert_eq!(stats.corrupt, before.corrupt + 1, "{what}");
        assert_eq!((stats.misses, stats.hits), (before.misses + 1, before.hits + 1), "{what}");
        assert_eq!(fixture.server.command(&["TYPE", key]), Value::SimpleString("string".into()));

        put(&fixture.server, key);
        load.set(Err(()));
        assert_eq!(self.call().await, Err(()), "{what}");
        let nothing = async || fixture.server.keys("*").is_empty();
        eventually(SOON, nothing, "neither it nor a lease stays behind after an error").await;
        assert_eq!(self.corrupt(), before.corrupt + 2, "{what}");
    }

    async fn expect_repair_of(&self, entry: &[u8]) {
        let what = String::from_utf8_lossy(entry).into_owned();
        self.expect_repair(|server, key| server.set_raw(key, entry), &what).await;
    }
}

#[tokio::test]
async fn every_truncation_is_repaired() {
    let broken = Broken::new(1 << 20).await;
    for length in 0..broken.good.len() {
        broken.expect_repair_of(&broken.good[..length]).await;
    }
    assert_eq!(broken.fixture.stats().errors, 0);
}

#[tokio::test]
async fn a_changed_byte_changes_no_value() {
    let broken = Broken::new(1 << 20).await;
    let (mut hits, mut repaired) = (0, 0);
    for at in 0..broken.good.len() {
        let was = broken.good[at];
        let flipped = (0..8).map(|bit| was ^ 1 << bit);
        for byte in flipped.chain(*b" \n0129-af{\xff").filter(|&byte| byte != was) {
            let mut entry = broken.good.clone();
            entry[at] = byte;
            broken.fixture.server.set_raw(&broken.key, &entry);
            let before = broken.corrupt();
            broken.load.set(Ok(NEW));
            let what = || String::from_utf8_lossy(&entry).into_owned();
            match broken.call().await {
                Ok(OLD) => {
                    assert_eq!(broken.corrupt(), before, "{}", what());
                    hits += 1;
                }
                Ok(NEW) => {
                    assert_eq!(broken.corrupt(), before + 1, "{}", what());
                    broken.load.set(Ok(OLD));
                    assert_eq!(broken.call().await, Ok(NEW), "{} is not repaired", what());
                    repaired += 1;
                }
                other => panic!("{} becomes {other:?}", what()),
            }
        }
    }
    // Times, cost and token alone may change unnoticed: they take no part in what a call returns.
    assert!(hits > 0 && repaired > 2 * hits, "{hits} hits, {repaired} repaired");
    assert_eq!(broken.fixture.stats().errors, 0);
}

#[tokio::test]
async fn what_is_no_entry_of_this_version_is_repaired() {
    let broken = Broken::new(1 << 20).await;
    let good = String::from_utf8(broken.good.clone()).unwrap();
    let long = "x".repeat(100_000);
    for entry in [
        // Another program's.
        "1234567",
        r#"{"id":7}"#,
        "\n1234567",
        "cache",
        &long,
        &format!("{long}\n1234567"),
        // Another version's.
        &good.replace("cache/1 ", "cache/2 "),
        &good.replace("cache/1 ", "cache/10 "),
        &good.replace(" json ", " cbor "),
        &good.replace(" - 7 ", " zstd 7 "),
        // Damaged.
        &format!("{good} "),
        &good.replace("1234567", "12345678"),
        &good.replace("1234567", "1234568"),
        &good.replace('\n', "\r\n"),
        &good.replace('\n', " more\n"),
        &good.replace("cache/1 ", "cache/1  "),
        &good.replace(" json ", " JSON "),
    ] {
        assert_ne!(entry, good, "a case that changes nothing");
        broken.expect_repair_of(entry.as_bytes()).await;
    }
    broken.expect_repair_of(b"\xff\xfe\0").await;
    assert_eq!(broken.fixture.stats().errors, 0);
}

#[tokio::test]
async fn an_entry_of_another_type_is_repaired() {
    let broken = Broken::new(1 << 20).await;
    for entry in [
        include_str!("../../golden/user"),
        include_str!("../../golden/text"),
        include_str!("../../golden/none"),
    ] {
        broken.expect_repair_of(entry.as_bytes()).await;
    }
}

#[tokio::test]
async fn whatever_else_redis_holds_under_the_key_is_repaired() {
    let broken = Broken::new(1 << 20).await;
    for command in [
        &["RPUSH", "", "a", "b"][..],
        &["HSET", "", "field", "a"],
        &["SADD", "", "a"],
        &["ZADD", "", "1", "a"],
        &["XADD", "", "*", "field", "a"],
    ] {
        let put = |server: &RedisServer, key: &str| {
            server.command(&["DEL", key]);
            let mut command = command.to_vec();
            command[1] = key;
            server.command(&command);
        };
        broken.expect_repair(put, command[0]).await;
    }
    assert_eq!(broken.fixture.stats().errors, 0);
}

/// The lease of an entry that somebody stored.
const TOKEN: &str = "000000000000000000000000000000ff";

#[tokio::test]
async fn an_entry_above_the_limit_is_a_miss_and_no_fault() {
    let broken = Broken::new(10).await;
    let large = include_bytes!("../../golden/wide");
    let large = String::from_utf8_lossy(large).replacen(" - - ", &format!(" {TOKEN} - "), 1);
    broken.fixture.server.set_raw(&broken.key, large.as_bytes());
    broken.load.set(Err(()));
    assert_eq!(broken.call().await, Err(()));
    assert_eq!(broken.corrupt(), 0);
    let held = broken.fixture.stored(&broken.key);
    assert_eq!(split(&held).1, split(&large).1, "a lease inside it leaves it readable for others");
    broken.load.set(Ok(NEW));
    assert_eq!(broken.call().await, Ok(NEW));
    broken.load.set(Ok(OLD));
    assert_eq!(broken.call().await, Ok(NEW), "a value within the limit takes its place");
}

#[derive(Debug, Serialize, Deserialize)]
struct Tree(Vec<Tree>);

#[cached]
async fn not_finite(text: &str) -> BTreeMap<String, Vec<f64>> {
    BTreeMap::from([("a".to_owned(), vec![text.parse().unwrap()])])
}

#[cached]
async fn some_none() -> Vec<Option<Option<u8>>> {
    vec![Some(None)]
}

#[cached]
async fn nested(depth: usize) -> Tree {
    (0..depth).fold(Tree(vec![]), |tree, _| Tree(vec![tree]))
}

#[cached]
async fn keyed_by_pairs() -> BTreeMap<(u8, u8), u8> {
    BTreeMap::from([((1, 2), 3)])
}

#[cached]
async fn long(length: usize) -> String {
    "x".repeat(length)
}

#[tokio::test]
async fn what_cannot_be_brought_back_is_not_stored() {
    let fixture = Fixture::new(1000, Ttl::After(TTL)).await;
    let calls = async {
        for text in ["NaN", "inf", "-inf"] {
            assert!(!not_finite(text).await["a"][0].is_finite());
        }
        assert_eq!(some_none().await, [Some(None)]);
        assert_eq!(keyed_by_pairs().await[&(1, 2)], 3);
        assert_eq!(nested(500).await.0.len(), 1);
        assert_eq!(long(999).await.len(), 999);
    };
    fixture.cache.scope(calls).await;
    let stats = fixture.stats();
    assert_eq!((stats.loads, stats.skipped, stats.stores, stats.errors), (7, 7, 0, 0));
    assert_eq!(fixture.server.keys("*"), [""; 0]);
    // With its quotes it is as long as the limit.
    fixture.cache.scope(long(998)).await;
    fixture.cache.scope(nested(50)).await;
    assert_eq!(fixture.stats().stores, 2);
}
