//! Patterns mean on the embedded store what they mean on Redis: both are asked the same, and Redis' own `KEYS` with them.

use std::collections::BTreeSet;
use std::time::Duration;

use cache_runtime::Cache;
use testkit::{Log, Random, RedisServer};

/// How many sets of keys, and how many patterns for each.
const ROUNDS: usize = 20;
const PATTERNS: usize = 60;

const CHARACTERS: &[&str] = &["a", "b", "*", "?", "[", "]", "^", "-", "\\", "é"];

/// What random characters seldom make: sets, ranges, escapes, and the odd forms of each.
const PIECES: &[&str] = &[
    "*", "*", "?", "a", "b", "é", "]", "^", "-", "[ab]", "[^a]", "[^ab]", "[a-b]", "[b-a]",
    "[^a-b]", "[]", "[^]", "[]a]", "[^]a]", "[-]", "[a-]", "[-a]", "[^-a]", "[*-a]", "[\\]]",
    "[\\--b]", "[a-\\]]", "[\\\\]", "[^\\\\]", "[[]", "[é]", "[é-a]", "[a-é]", "[^é]", "[a^]",
    "\\*", "\\?", "\\[", "\\]", "\\\\", "\\a", "\\-", "\\é", "**", "*a*", "*\\", "[\\", "[a-",
    "[z-a]", "[a-]*", "[^a-]", "[ab", "??", "a?é", "[\\a-b]", "[a\\-]",
];

fn text(random: &mut Random, pieces: &[&str], longest: usize) -> String {
    let length = 1 + random.below(longest);
    (0..length).map(|_| random.pick(pieces)).collect()
}

/// A pattern made at random, or from a key that is there.
fn pattern(random: &mut Random, keys: &[String]) -> String {
    match random.below(4) {
        0 => text(random, CHARACTERS, 5),
        1 => format!("{}*", random.pick(keys)),
        _ => text(random, PIECES, 5),
    }
}

struct Both {
    server: RedisServer,
    prefix: &'static str,
    memory: Cache,
    redis: Cache,
}

impl Both {
    async fn with_prefix(prefix: &'static str) -> Self {
        let server = RedisServer::start();
        let patience = Duration::from_secs(10);
        let builder = || Cache::builder().prefix(prefix).budget(patience);
        let memory = builder().build().await.unwrap();
        let redis = builder().redis(server.url()).build().await.unwrap();
        Self { server, prefix, memory, redis }
    }

    async fn set(&self, keys: &BTreeSet<String>) {
        for cache in [&self.memory, &self.redis] {
            cache.set_many(keys.iter().map(|key| (key, 7)), 600).await.unwrap();
        }
    }

    /// What Redis says without the code under test.
    fn raw_keys(&self, pattern: &str) -> BTreeSet<String> {
        let mut whole = String::new();
        for character in self.prefix.chars() {
            whole.extend(['\\', character]);
        }
        let keys = self.server.keys(&format!("{whole}:{pattern}"));
        keys.into_iter().map(|key| key[self.prefix.len() + 1..].to_owned()).collect()
    }
}

async fn list(cache: &Cache, pattern: &str) -> BTreeSet<String> {
    let mut keys = cache.keys(pattern).unwrap();
    let mut listed = BTreeSet::new();
    while let Some(key) = keys.next().await {
        listed.insert(key.unwrap());
    }
    listed
}

async fn compare(random: &mut Random, prefix: &'static str) {
    let both = Both::with_prefix(prefix).await;
    let mut compared = 0;
    let mut matched = 0;
    for _ in 0..ROUNDS {
        both.server.flush();
        both.memory.clear().await.unwrap();
        let keys: BTreeSet<String> = (0..40).map(|_| text(random, CHARACTERS, 5)).collect();
        let in_order: Vec<String> = keys.iter().cloned().collect();
        both.set(&keys).await;
        for _ in 0..PATTERNS {
            let pattern = pattern(random, &in_order);
            let refused = both.memory.keys(&pattern).err().map(|error| error.to_string());
            assert_eq!(
                refused,
                both.redis.keys(&pattern).err().map(|error| error.to_string()),
                "{pattern}"
            );
            if refused.is_some() {
                continue;
            }
            let expected = both.raw_keys(&pattern);
            assert_eq!(
                list(&both.memory, &pattern).await,
                expected,
                "`{pattern}` in memory; keys: {keys:?}"
            );
            assert_eq!(
                list(&both.redis, &pattern).await,
                expected,
                "`{pattern}` on Redis; keys: {keys:?}"
            );
            for cache in [&both.memory, &both.redis] {
                let store = cache.store_name();
                let deleted = cache.invalidate(&pattern).await.unwrap().deleted;
                assert_eq!(
                    deleted,
                    expected.len() as u64,
                    "`{pattern}` on {store}; keys: {keys:?}"
                );
                let left = list(cache, "*").await;
                assert_eq!(left, &keys - &expected, "after `{pattern}` on {store}");
            }
            both.set(&expected).await;
            compared += 1;
            matched += usize::from(!expected.is_empty());
        }
    }
    assert!(
        compared >= 500 && matched >= 200,
        "{matched} of {compared} patterns matched something"
    );
}

#[tokio::test]
async fn a_pattern_means_the_same_on_every_store() {
    compare(&mut Random::new(), "glob").await;
}

/// What a pattern seems to say and Redis reads otherwise is refused on every store, in the same words.
#[tokio::test]
async fn a_pattern_that_seems_to_say_something_else_is_refused() {
    let both = Both::with_prefix("glob").await;
    for (pattern, says) in [
        ("users:[a-]:*", "a range that ends at `]`"),
        ("users:[a-]", "a range that ends at `]`"),
        ("users:[ab:*", "unclosed"),
        ("users:[]:*", "matches nothing"),
        ("users:[^]:*", "matches any byte"),
        ("users:[ß]:*", "matches one byte"),
        ("users:[a-ß]:*", "matches one byte"),
        (r"users:[\[-z]:*", "no range"),
        (r"users:\", r"ends in `\`"),
    ] {
        for cache in [&both.memory, &both.redis] {
            let refused = cache.invalidate(pattern).await.unwrap_err();
            assert!(refused.is_key() && refused.to_string().contains(says), "{pattern}: {refused}");
            let listing = cache.keys(pattern).unwrap_err();
            assert_eq!(listing.to_string(), refused.to_string());
        }
    }
}

/// A question mark may stand beside a value, so that the pattern runs, byte by byte, and the log says so.
#[tokio::test]
async fn a_question_mark_matches_one_byte_and_the_log_says_where_it_seems_otherwise() {
    let both = Both::with_prefix("glob").await;
    both.set(&["grüße", "grxße", "größe:1"].map(str::to_owned).into()).await;
    for cache in [&both.memory, &both.redis] {
        let log = Log::default();
        let guard = log.listen();
        assert_eq!(cache.invalidate("größe:?").await.unwrap().deleted, 1);
        assert_eq!(log.text(), "", "it stands in a segment of its own");
        assert_eq!(cache.invalidate("gr?ße").await.unwrap().deleted, 1);
        assert!(log.text().contains("it matches one byte"), "{}", log.text());
        assert!(!log.text().contains("gr?"), "a pattern may hold values: {}", log.text());
        drop(guard);
        assert_eq!(cache.invalidate("gr??ße").await.unwrap().deleted, 1);
    }
}

#[tokio::test]
async fn a_prefix_may_hold_what_means_something_in_a_pattern() {
    compare(&mut Random::new(), "a*[b]?\\^é").await;
}

#[tokio::test]
async fn nothing_outside_the_prefix_is_matched() {
    let both = Both::with_prefix("a*").await;
    for key in ["ab:x", "a*", "a*x", "a", "b:a*:x"] {
        both.server.set_raw(key, b"theirs");
    }
    both.set(&BTreeSet::from(["x".to_owned()])).await;
    assert_eq!(both.redis.clear().await.unwrap().deleted, 1);
    assert_eq!(both.server.keys("*").len(), 5);
}
