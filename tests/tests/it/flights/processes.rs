//! Callers in one process wait for a load in another: woken by the server where it tracks keys, by looking again elsewhere.

use super::stage::*;
use bytes::Bytes;
use cache_runtime::store::Condition;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;
use testkit::eventually;
use tokio::time::Instant;

/// Every look but the first waits here until the server has told of a change: who gets a value was woken.
#[tokio::test]
async fn who_waits_for_another_process_is_woken() {
    let stage = Stage::new();
    let (loads, waits) = (stage.process().await, stage.process().await);
    waits.wire().only_telling.store(true, SeqCst);
    stage.database.write(7);
    let gate = stage.database.shut();
    let leader = loads.call();
    stage.database.has_begun(1).await;
    let calls = waits.calls(10);
    waits.has_looked(10).await;
    let is_watching = async || waits.wire().watches.load(SeqCst) > 0;
    eventually(SOON, is_watching, "somebody watches the key").await;
    gate.open();
    assert_eq!(ended(leader).await, 7);
    assert_eq!(all_ended(calls).await, [7; 10]);
    assert_eq!(stage.database.begun(), 1);
    let stats = waits.cache.stats();
    assert_eq!((stats.waits, stats.errors), (10, 0));
}

/// The clock stands still as long as anybody has something to do: who sleeps instead of listening is found out.
#[tokio::test(start_paused = true)]
async fn who_is_told_looks_at_once() {
    let process = through_wire(patient().memory(), &Arc::default()).await;
    process.database.write(7);
    assert_eq!(number(&process, 1).await, 7);
    let (wire, told) = (process.wire(), Gate::shut());
    let key =
        wire.inner.scan("*:????????????????????????????????", 0).await.unwrap().keys.remove(0);
    let entry = wire.inner.get(&key).await.unwrap().unwrap();
    let lease = Bytes::from_static(b"cache/1 lease 0123456789abcdef0123456789abcdef\n");
    let put = async |value| wire.inner.set(&key, value, None, Condition::Always).await.unwrap();
    put(lease).await;
    *wire.teller.lock().unwrap() = Some(told.clone());
    let waiting = process.call();
    let is_watching = async || wire.watches.load(SeqCst) > 0;
    eventually(SOON, is_watching, "it watches the key").await;
    put(entry).await;
    let changed = Instant::now();
    told.open();
    assert_eq!(ended(waiting).await, 7);
    assert_eq!(changed.elapsed(), Duration::ZERO);
}

#[tokio::test]
async fn who_waits_is_woken_when_the_load_was_given_up() {
    let stage = Stage::new();
    let (loads, waits) = (stage.process().await, stage.process().await);
    waits.wire().only_telling.store(true, SeqCst);
    stage.database.write(7);
    let gate = stage.database.shut();
    let leader = loads.call();
    stage.database.has_begun(1).await;
    let waiting = waits.call();
    let is_watching = async || waits.wire().watches.load(SeqCst) > 0;
    eventually(SOON, is_watching, "it watches the key").await;
    stage.database.leave_open();
    leader.abort();
    assert_eq!(ended(waiting).await, 7);
    assert_eq!((waits.cache.stats().stores, waits.cache.stats().errors), (1, 0));
    drop(gate);
}

/// A proxy or a careful administrator may refuse what waking needs.
#[tokio::test]
async fn without_tracking_who_waits_looks_again() {
    // A rule that takes one subcommand away came with Redis 7; these are older.
    let rights: [&[&str]; 4] = [
        &["-client", "+client|caching"],
        &["-client", "+client|tracking"],
        &["-client"],
        &["-hello"],
    ];
    for refused in rights {
        let stage = Stage::new();
        let user = ["ACL", "SETUSER", "app", "on", ">secret", "~*", "+@all"];
        stage.server.command(&[&user, refused].concat());
        let url = format!("redis://app:secret@127.0.0.1:{}", stage.server.port());
        let (loads, waits) = (stage.process_at(url.clone()).await, stage.process_at(url).await);
        stage.database.write(7);
        let gate = stage.database.shut();
        let leader = loads.call();
        stage.database.has_begun(1).await;
        let waiting = waits.call();
        let has_watched = async || waits.wire().watches.load(SeqCst) > 1;
        let what = format!("it looks again and again with {refused:?}");
        eventually(SOON, has_watched, &what).await;
        gate.open();
        assert_eq!(ended(leader).await, 7);
        assert_eq!(ended(waiting).await, 7, "{refused:?}");
        assert_eq!(stage.database.begun(), 1, "{refused:?}");
        let stats = waits.cache.stats();
        assert_eq!((stats.waits, stats.errors), (1, 0), "{refused:?}");
    }
}

#[tokio::test]
async fn a_process_that_is_killed_while_it_waits_leaves_the_others_alone() {
    let stage = Stage::new();
    let (loads, waits) = (stage.process().await, stage.process().await);
    stage.database.write(7);
    let gate = stage.database.shut();
    let leader = loads.call();
    stage.database.has_begun(1).await;
    let waiting = waits.calls(3);
    waits.has_looked(3).await;
    drop(waiting);
    drop(waits);
    gate.open();
    assert_eq!(ended(leader).await, 7);
    assert_eq!(loads.cache.stats().stores, 1);
}
