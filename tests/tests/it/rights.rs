//! Users of Redis who may not run all that the cache needs: functions run without it, at full speed, and `health` says why.
//! Servers that compare by a command, and users who need no scripts there.

use crate::support::SOON;
use cache_runtime::{Cache, Source, cached, invalidates, observe, refresh};
use std::time::{Duration, Instant};
use testkit::{RedisServer, eventually};

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

/// Takes away the command that a server has in place of scripts.
fn without_deletion(server: &RedisServer) -> Option<String> {
    server.conditional_delete().map(|command| format!("-{command}"))
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
        let deletion = without_deletion(&server);
        let rights: Vec<_> = rights.iter().copied().chain(deletion.as_deref()).collect();
        let cache = handle_of(&server, &rights).await;
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
            let deletion = without_deletion(&server);
            let taken = ["ACL", "SETUSER", "app", "-evalsha", "-eval"];
            let taken: Vec<_> = taken.into_iter().chain(deletion.as_deref()).collect();
            server.command(&taken);
            // Its load fails: some servers fill a lease by a command. The release goes by another
            // connection, and what that is refused is known on this one.
            failing().await.expect_err("it fails");
            let named = async || cache.health().await.error.is_some();
            eventually(SOON, named, "health says so").await;
            let started = Instant::now();
            for _ in 0..3 {
                assert!(source(3).await != Some(Source::Hit));
            }
            assert!(started.elapsed() < PATIENCE / 2, "nobody waits");
            assert!(server.keys("shop:row:3*").is_empty(), "no lease is left");
            server.command(&["ACL", "SETUSER", "app", "+@all"]);
            let hits = async || source(1).await == Some(Source::Hit);
            eventually(SOON, hits, "the cache is used again").await;
        })
        .await;
}

#[cached(ttl = "1h", key = "failing")]
async fn failing() -> Result<u64, std::fmt::Error> {
    Err(std::fmt::Error)
}

/// How many scripts a call has run.
async fn scripts(server: &RedisServer, call: impl Future) -> u64 {
    let before = server.commandstats("evalsha");
    call.await;
    server.commandstats("evalsha") - before
}

/// What the server's version has, and nothing else, says how leases are filled and released.
#[tokio::test]
async fn leases_are_filled_and_released_by_commands_where_the_server_has_them() {
    let server = RedisServer::start();
    let cache = handle_of(&server, &[]).await;
    cache
        .scope(async {
            // The first ones wait for the connections, which begin with scripts, and teach the
            // server the script that they need.
            row(1).await;
            let released = async || server.keys("*failing*").is_empty();
            failing().await.expect_err("it fails");
            eventually(SOON, released, "the first lease is released").await;
            let fills = u64::from(!server.has_set_ifeq());
            assert_eq!(scripts(&server, row(2)).await, fills, "a fill");
            assert_eq!(source(2).await, Some(Source::Hit));
            let deletion = server.conditional_delete();
            let deletions = async || deletion.map_or(0, |name| server.commandstats(name));
            let before = deletions().await;
            let release = async {
                failing().await.expect_err("it fails");
                eventually(SOON, released, "the lease is released").await;
            };
            assert_eq!(scripts(&server, release).await, u64::from(deletion.is_none()));
            assert_eq!(deletions().await - before, u64::from(deletion.is_some()));
        })
        .await;
}

#[cached(ttl = "1h", key = "overtaken", skip(server, by))]
async fn overtaken(server: &RedisServer, by: &[u8]) -> u64 {
    let [key] = &server.keys("shop:*overtaken*")[..] else { panic!("the load holds its lease") };
    server.set_raw(key, by);
    7
}

/// Another load has the lease by the time that the first one has its value: between the two the
/// key was invalidated.
#[tokio::test]
async fn a_lease_is_filled_by_its_own_holder_alone() {
    let server = RedisServer::start();
    let other = b"cache/1 lease 000000000000000000000000000000ff\n";
    for rights in [&[][..], &["-@scripting"]] {
        server.flush();
        let cache = handle_of(&server, rights).await;
        cache
            .scope(async {
                row(1).await;
                if source(1).await == Some(Source::Hit) {
                    assert_eq!(overtaken(&server, other).await, 7);
                    let [key] = &server.keys("shop:*overtaken*")[..] else { panic!("one lease") };
                    assert_eq!(server.get_raw(key).as_deref(), Some(&other[..]));
                    assert_eq!(cache.stats().stores, 1, "that of the row");
                } else {
                    assert_eq!((rights.len(), server.conditional_delete()), (1, None));
                }
            })
            .await;
    }
}

#[cached(ttl = "1h", key = "graced", stale = "1h")]
async fn graced() -> u64 {
    1
}

/// Everything but scripts, where a server compares by commands.
#[tokio::test]
async fn a_user_without_scripts_has_a_cache_where_commands_compare() {
    let server = RedisServer::start();
    let Some(deletion) = server.conditional_delete() else {
        let cache = handle_of(&server, &["-@scripting"]).await;
        return runs_without_the_cache(&server, &cache, "EVALSHA").await;
    };
    let listed = ["-@all", "+get", "+set", "+unlink", "+ping", "+hello", "+client|tracking"];
    let more = ["+client|caching", "+scan", "+mget", "+pttl", &format!("+{deletion}")];
    let cache = handle_of(&server, &[&listed[..], &more].concat()).await;
    cache
        .scope(async {
            assert_eq!(source(1).await, Some(Source::Miss));
            assert_eq!(source(1).await, Some(Source::Hit));
            change(1).await.expect("it is written");
            assert_eq!(source(1).await, Some(Source::Miss));
            // An entry that is refreshed carries the lease, and one that is broken is deleted.
            assert_eq!(refresh(graced()).await, 1);
            assert_eq!(refresh(graced()).await, 1);
            let [key] = &server.keys("shop:row*")[..] else { panic!("one row") };
            server.set_raw(key, b"no entry");
            assert_eq!(source(1).await, Some(Source::Miss));
            assert_eq!(source(1).await, Some(Source::Hit));
        })
        .await;
    assert_eq!((cache.stats().errors, cache.stats().stores), (0, 5));
    assert!(cache.health().await.is_well(), "{:?}", cache.health().await);
    assert_eq!(server.commandstats("evalsha"), 0, "a script that is refused does not count");
    takes_the_deletion_away(&server, &cache, deletion).await;
}

/// What stood for the scripts is needed as they were.
async fn takes_the_deletion_away(server: &RedisServer, cache: &Cache, deletion: &str) {
    server.command(&["ACL", "SETUSER", "app", &format!("-{deletion}")]);
    let named = async || {
        assert!(cache.scope(async { failing().await.is_err() }).await);
        let error = cache.health().await.error;
        error.is_some_and(|error| error.to_string().contains("EVALSHA"))
    };
    eventually(SOON, named, "health says so").await;
}
