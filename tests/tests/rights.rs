//! Users of Redis who may not run all that the cache needs: functions run without it, at full speed, and `health` says why.

use cache_runtime::{Cache, Source, cached, invalidates, observe};
use std::time::{Duration, Instant};
use tests::{RedisServer, eventually};

/// Generous: the machine may be busy with other tests.
const SOON: Duration = Duration::from_secs(10);

/// No caller waits so long in these tests, whose patience is longer.
const PATIENCE: Duration = Duration::from_secs(60);

#[cached(ttl = "1h", key = "row:<id>")]
async fn row(id: u64) -> u64 {
    id
}

#[invalidates(row(id))]
async fn change(id: u64) -> Result<u64, std::fmt::Error> {
    Ok(id)
}

/// A user with all rights on the prefix, and then some more or less.
async fn handle_of(server: &RedisServer, rights: &[&str]) -> Cache {
    let mut user = vec!["ACL", "SETUSER", "app", "on", ">secret", "~shop:*", "+@all"];
    user.extend(rights);
    server.command(&user);
    let url = format!("redis://app:secret@127.0.0.1:{}", server.port());
    let builder = Cache::builder().redis(url).prefix("shop").wait(PATIENCE).lease(PATIENCE);
    builder.budget(SOON).build().await.expect("no server is needed")
}

async fn source(id: u64) -> Option<Source> {
    let (value, observed) = observe(row(id)).await;
    assert_eq!(value, id);
    observed.last
}

/// Calls do not wait for a lease of nobody, and nothing is left behind.
async fn runs_without_the_cache(server: &RedisServer, cache: &Cache, named: &str) {
    let started = Instant::now();
    cache
        .scope(async {
            for _ in 0..3 {
                assert!(matches!(source(1).await, Some(Source::Miss | Source::Bypass)));
                change(1).await.expect("a fault of the cache is no fault of the write");
            }
        })
        .await;
    assert!(started.elapsed() < PATIENCE / 2, "nobody waits");
    assert!(server.keys("*").is_empty(), "no lease is left");
    let error = cache.health().await.error.expect("health says so").to_string();
    assert!(error.contains(named), "{named}: {error}");
    assert!(!error.contains("secret"), "{error}");
}

#[tokio::test]
async fn a_user_who_lacks_a_right_has_no_cache_and_is_told() {
    for (rights, named) in [
        (&["-eval", "-evalsha"][..], "EVALSHA"),
        (&["-@scripting"], "EVALSHA"),
        (&["-unlink"], "UNLINK"),
        (&["-set"], "SET"),
        (&["-get"], "GET"),
        (&["-getrange"], "GETRANGE in a script"),
        (&["-setrange"], "SETRANGE in a script"),
        (&["resetkeys", "~other:*"], "keys of this prefix"),
    ] {
        let server = RedisServer::start();
        let cache = handle_of(&server, rights).await;
        runs_without_the_cache(&server, &cache, named).await;
    }
}

/// Some who run servers rename commands that they do not know the use of.
#[tokio::test]
async fn a_server_without_a_command_has_no_cache_and_says_so() {
    for (command, named) in [
        ("GETRANGE", "GETRANGE in a script"),
        ("SETRANGE", "SETRANGE in a script"),
        ("TYPE", "TYPE in a script"),
        ("UNLINK", "UNLINK"),
        ("EVALSHA", "EVALSHA"),
    ] {
        let server = RedisServer::builder().without_command(command).start();
        let cache = handle_of(&server, &[]).await;
        runs_without_the_cache(&server, &cache, named).await;
    }
}

/// A replica refuses writes for another reason.
#[tokio::test]
async fn a_replica_is_no_matter_of_rights() {
    let (primary, server) = (RedisServer::start(), RedisServer::start());
    server.command(&["REPLICAOF", "127.0.0.1", &primary.port().to_string()]);
    let cache = handle_of(&server, &[]).await;
    let error = cache.set("k", 1, 60).await.expect_err("it is a replica").to_string();
    assert!(!error.contains("may not run"), "{error}");
}

/// What the documents list, and nothing more.
#[tokio::test]
async fn the_rights_that_are_listed_are_enough() {
    let server = RedisServer::start();
    let listed =
        ["-@all", "+get", "+set", "+unlink", "+evalsha", "+script|load", "+type", "+getrange"];
    let more = [
        "+setrange",
        "+ping",
        "+hello",
        "+client|tracking",
        "+client|caching",
        "+scan",
        "+mget",
        "+pttl",
    ];
    let cache = handle_of(&server, &[&listed[..], &more[..]].concat()).await;
    cache
        .scope(async {
            assert_eq!(source(1).await, Some(Source::Miss));
            assert_eq!(source(1).await, Some(Source::Hit));
            change(1).await.expect("it is written");
            assert_eq!(source(1).await, Some(Source::Miss));
            cache.invalidate("row:*").await.expect("it may scan");
            assert_eq!(source(1).await, Some(Source::Miss));
        })
        .await;
    assert_eq!((cache.stats().errors, cache.stats().stores), (0, 3));
}

#[tokio::test]
async fn a_right_that_is_taken_and_given_back_while_the_cache_is_in_use() {
    let server = RedisServer::start();
    let cache = handle_of(&server, &[]).await;
    cache
        .scope(async {
            assert_eq!(source(1).await, Some(Source::Miss));
            assert_eq!(source(1).await, Some(Source::Hit));
            server.command(&["ACL", "SETUSER", "app", "-evalsha", "-eval"]);
            // The first one that needs the right is the last one that has a lease.
            row(2).await;
            row(2).await;
            let named = async || cache.health().await.error.is_some();
            eventually(SOON, named, "health says so").await;
            let started = Instant::now();
            for _ in 0..3 {
                assert!(source(3).await != Some(Source::Hit));
            }
            assert!(started.elapsed() < PATIENCE / 2, "nobody waits");
            server.command(&["ACL", "SETUSER", "app", "+@all"]);
            let hits = async || source(1).await == Some(Source::Hit);
            eventually(SOON, hits, "the cache is used again").await;
        })
        .await;
}
