//! Passes that a connection is lost in, that fail, and that do not end.

use super::sharing::{SOON, fill, listed, put, redis};
use super::toll::{Fault, Toll};
use crate::support::Gate;
use cache_runtime::{Cache, Error, invalidates};
use std::collections::BTreeSet;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;
use testkit::{Log, RedisServer, eventually};
use tracing::Level;

#[invalidates("one:*", "two:*", "three:<n>:*", on_error = "return", cache = cache)]
async fn write(cache: &Cache, n: u8) -> Result<u8, Error> {
    Ok(n)
}

/// Lets a pass over thirty thousand entries wait in the middle, and disturbs its server there.
async fn disturbed(disturb: impl AsyncFn(&RedisServer)) {
    let server = RedisServer::start();
    let (cache, toll) = Toll::before(redis(&server)).await;
    fill(&server, "cache:entry:", 30_000);
    fill(&server, "somebody:", 1000);
    let gate = Gate::shut();
    *toll.stop.lock().unwrap() = Some((10, gate.clone()));
    let invalidation = tokio::spawn({
        let cache = cache.clone();
        async move { cache.invalidate("entry:*").await }
    });
    eventually(SOON, async || toll.has_stopped.load(SeqCst), "the pass is in the middle").await;
    disturb(&server).await;
    eventually(SOON, async || cache.health().await.reachable, "the server is back").await;
    gate.open();
    let invalidated = invalidation.await.unwrap().unwrap();
    assert!(invalidated.deleted > 0);
    assert_eq!(server.keys("cache:*").len(), 0, "all entries are gone");
    assert_eq!(server.keys("somebody:*").len(), 1000);
}

/// A cursor is a place in the tables of one process. After a restart it leads past thousands of
/// keys.
#[tokio::test(flavor = "multi_thread")]
async fn a_pass_begins_anew_when_its_server_was_restarted_with_its_keys() {
    disturbed(async |server| {
        server.command(&["SAVE"]);
        server.restart();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_goes_on_when_its_connection_was_replaced() {
    disturbed(async |server| {
        let clients = || server.info("stats")["total_connections_received"].clone();
        let before = clients();
        server.command(&["CLIENT", "KILL", "TYPE", "normal"]);
        eventually(SOON, async || clients() > before, "there is another connection").await;
    })
    .await;
}

#[tokio::test]
async fn a_connection_that_is_lost_again_and_again_fails_the_pass() {
    let (cache, toll) = Toll::before(Cache::builder().memory()).await;
    put(&cache, &["one:1"]).await;
    toll.set(Fault::Reconnects);
    let error = cache.invalidate("one:*").await.unwrap_err();
    assert!(error.is_unreachable(), "{error}");
    assert!((2..10).contains(&toll.pages.load(SeqCst)), "{toll:?}");
    assert_eq!(cache.health().await.overdue_invalidations, 1);
    toll.set(Fault::None);
    let made_up = async || cache.health().await.overdue_invalidations == 0;
    eventually(SOON, made_up, "it is made up for").await;
    assert!(listed(&cache).await.is_empty());
}

/// All share the fate of a pass, and each of them is made up for.
#[tokio::test]
async fn a_pass_that_fails_leaves_each_of_its_patterns_overdue() {
    for fault in [Fault::Fails, Fault::Panics, Fault::Circles] {
        let (cache, toll) = Toll::before(Cache::builder().memory()).await;
        put(&cache, &["one:1", "two:1", "three:3:1", "three:4:1"]).await;
        toll.set(fault);
        assert!(write(&cache, 3).await.is_err(), "{fault:?}");
        let stats = cache.stats();
        assert_eq!((stats.failed_invalidations, stats.invalidations), (3, 0), "{fault:?}");
        assert_eq!(cache.health().await.overdue_invalidations, 3);
        assert!(!cache.contains("one:1").await.unwrap(), "it counts as missing");
        assert!(toll.pages.load(SeqCst) < 100, "{toll:?}");
        toll.set(Fault::None);
        let made_up = async || cache.health().await.overdue_invalidations == 0;
        eventually(SOON, made_up, "they are made up for").await;
        assert_eq!(listed(&cache).await, BTreeSet::from(["three:4:1".to_owned()]));
        assert_eq!(write(&cache, 4).await.unwrap(), 4, "passes go on");
        assert!(listed(&cache).await.is_empty());
    }
}

#[tokio::test]
async fn a_costly_pattern_is_told_of_once() {
    let log = Log::default();
    let _listens = log.listen_to(Level::INFO);
    let (cache, toll) = Toll::before(Cache::builder().memory()).await;
    put(&cache, &["one:1"]).await;
    for _ in 0..2 {
        write(&cache, 1).await.unwrap();
    }
    assert!(!log.text().contains("pass over"), "a pass of a page is none to tell of");
    toll.set(Fault::Pages(101));
    for _ in 0..3 {
        put(&cache, &["one:1", "three:1:1"]).await;
        write(&cache, 1).await.unwrap();
    }
    let text = log.text();
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("pass over")).collect();
    assert_eq!(lines.len(), 3, "once for each pattern: {text}");
    assert!(lines[2].contains("three:<_>:*") && lines[2].contains("pages=101"), "{text}");
    assert!(lines[0].contains("one:*") && lines[0].contains("faults::write"), "{text}");
}

#[tokio::test]
async fn a_pass_on_a_server_that_is_away_fails_at_once() {
    let server = RedisServer::start();
    let (cache, _) = Toll::before(redis(&server).budget(Duration::from_millis(200))).await;
    server.kill();
    assert!(write(&cache, 1).await.is_err());
    assert_eq!(cache.health().await.overdue_invalidations, 3);
}
