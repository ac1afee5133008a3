//! A store that is away, for everything or for invalidations alone.

use super::stage::*;
use cache_runtime::{Cache, cached, invalidates};
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::Ordering::SeqCst;
use std::task::{Context, Waker};
use std::time::Duration;
use testkit::{eventually, eventually_blocking};
use tokio::runtime::Builder;

#[cached(ttl = 60, key = "other:<id>", skip(process), cache = process.cache)]
async fn other(process: &Process, id: u64) -> u64 {
    process.database.load().await
}

#[invalidates("number:*", again_after = "50ms", cache = process.cache)]
async fn write_again(process: &Process, to: u64) {
    process.database.write(to);
}

#[tokio::test]
async fn callers_share_a_load_without_the_store() {
    let stage = Stage::new();
    let process = stage.process().await;
    process.wire().cut(true);
    stage.database.write(7);
    let gate = stage.database.shut();
    let calls = process.calls(20);
    process.has_looked(20).await;
    gate.open();
    assert_eq!(all_ended(calls).await, [7; 20]);
    assert_eq!(stage.database.begun(), 1);
    let stats = process.cache.stats();
    assert_eq!((stats.misses, stats.waits, stats.stores), (1, 19, 0));
    assert!(stats.errors > 0);
}

#[tokio::test]
async fn callers_share_a_load_while_the_server_is_gone() {
    let stage = Stage::new();
    let process = stage.process().await;
    stage.server.kill();
    stage.database.write(7);
    let gate = stage.database.shut();
    let calls = process.calls(20);
    process.has_looked(20).await;
    gate.open();
    assert_eq!(all_ended(calls).await, [7; 20]);
    assert_eq!(stage.database.begun(), 1);
}

#[tokio::test]
async fn a_server_that_goes_during_a_load_costs_one_more() {
    let stage = Stage::new();
    let process = stage.process().await;
    stage.database.write(7);
    let gate = stage.database.shut();
    let leader = process.call();
    stage.database.has_begun(1).await;
    let followers = process.calls(5);
    process.has_looked(6).await;
    process.wire().cut(true);
    let next = stage.database.shut();
    gate.open();
    assert_eq!(ended(leader).await, 7);
    process.has_looked(11).await;
    next.open();
    assert_eq!(all_ended(followers).await, [7; 5]);
    assert_eq!(stage.database.begun(), 2, "they start over together");
    process.wire().cut(false);
    let is_clean = async || stage.keys().is_empty();
    eventually(SOON, is_clean, "the lease was released when the store was back").await;
}

#[tokio::test]
async fn nobody_joins_an_older_load_while_the_store_is_away() {
    let stage = Stage::new();
    let process = stage.process().await;
    process.wire().cut(true);
    stage.database.write(1);
    let gate = stage.database.shut();
    let leader = process.call();
    stage.database.has_begun(1).await;
    stage.database.leave_open();
    write(&process, 2).await;
    assert_eq!(number(&process, 1).await, 2, "the gate is still shut");
    gate.open();
    assert_eq!(ended(leader).await, 1);
}

/// The load had no lease that the other process' write could have deleted.
#[tokio::test]
async fn who_reaches_the_store_gets_no_load_that_began_without_it() {
    let stage = Stage::new();
    let (reader, writer) = (stage.process().await, stage.process().await);
    reader.wire().cut(true);
    stage.database.write(1);
    let gate = stage.database.shut();
    let leader = reader.call();
    stage.database.has_begun(1).await;
    reader.wire().cut(false);
    stage.database.leave_open();
    write(&writer, 2).await;
    let after = reader.call();
    reader.has_looked(2).await;
    gate.open();
    assert_eq!(ended(leader).await, 1);
    assert_eq!(ended(after).await, 2, "it began after the write");
}

#[tokio::test]
async fn what_an_invalidation_could_not_delete_counts_as_missing() {
    let stage = Stage::new();
    let process = stage.process().await;
    stage.database.write(1);
    assert_eq!(number(&process, 1).await, 1);
    let key = stage.key();
    let outdated = stage.server.get_raw(&key);
    assert_eq!(other(&process, 1).await, 1);
    process.wire().keeps_everything.store(true, SeqCst);
    write(&process, 2).await;
    assert_eq!(process.cache.stats().failed_invalidations, 1);
    assert_eq!(process.cache.health().await.overdue_invalidations, 1);
    let before = process.cache.stats();
    for _ in 0..3 {
        assert_eq!(number(&process, 1).await, 2, "it is not read");
    }
    assert_eq!(stage.server.get_raw(&key), outdated, "and nothing is stored");
    assert_eq!(other(&process, 1).await, 1, "other keys are served");
    let stats = process.cache.stats();
    assert_eq!(stats.uncached, before.uncached + 3);
    assert_eq!((stats.hits, stats.stores), (before.hits + 1, before.stores));
    process.wire().keeps_everything.store(false, SeqCst);
    let made_up = async || process.cache.health().await.overdue_invalidations == 0;
    eventually(SOON, made_up, "the invalidation was made up for").await;
    let is_gone = async || stage.server.get_raw(&key).is_none();
    eventually(SOON, is_gone, "it was deleted").await;
    assert_eq!((number(&process, 1).await, number(&process, 1).await), (2, 2));
    assert_eq!(process.cache.stats().hits, stats.hits + 1, "it is stored and read again");
    assert_eq!(process.cache.stats().failed_invalidations, 1);
}

#[tokio::test]
async fn a_load_from_before_an_invalidation_that_failed_is_not_stored() {
    let stage = Stage::new();
    let process = stage.process().await;
    stage.database.write(1);
    let gate = stage.database.shut();
    let leader = process.call();
    stage.database.has_begun(1).await;
    process.wire().keeps_everything.store(true, SeqCst);
    write(&process, 2).await;
    gate.open();
    assert_eq!(ended(leader).await, 1);
    let stats = process.cache.stats();
    assert_eq!((stats.rejected_fills, stats.stores), (1, 0), "its lease still stood");
}

#[tokio::test]
async fn a_frozen_server_is_made_up_for_when_it_is_back() {
    let stage = Stage::new();
    let hasty = Cache::builder().redis(stage.server.url()).budget(Duration::from_millis(200));
    let process = through_wire(hasty, &stage.database).await;
    stage.database.write(1);
    let is_stored = async || {
        assert_eq!(number(&process, 1).await, 1);
        process.cache.stats().hits > 0
    };
    eventually(SOON, is_stored, "there is an entry").await;
    let key = stage.key();
    stage.server.freeze();
    write(&process, 2).await;
    assert_eq!(process.cache.health().await.overdue_invalidations, 1);
    assert_eq!(number(&process, 1).await, 2);
    stage.server.thaw();
    let is_gone = async || stage.server.get_raw(&key).is_none();
    eventually(SOON, is_gone, "the entry was deleted").await;
    let made_up = async || process.cache.health().await.overdue_invalidations == 0;
    eventually(SOON, made_up, "nothing is overdue").await;
    assert_eq!(number(&process, 1).await, 2);
}

#[tokio::test]
async fn an_invalidation_that_never_succeeds_holds_no_other_one_up() {
    let stage = Stage::new();
    let process = stage.process().await;
    other(&process, 1).await;
    let key = stage.key();
    process.wire().keeps_everything.store(true, SeqCst);
    write(&process, 2).await;
    process.cache.invalidate("other:*").await.unwrap_err();
    assert_eq!(process.cache.health().await.overdue_invalidations, 2);
    *process.wire().refuses.lock().unwrap() = Some("cache:number:*".to_owned());
    process.wire().keeps_everything.store(false, SeqCst);
    let is_gone = async || stage.server.get_raw(&key).is_none();
    eventually(SOON, is_gone, "the other one was made up for").await;
    let made_up = async || process.cache.health().await.overdue_invalidations == 1;
    eventually(SOON, made_up, "one is left").await;
    *process.wire().refuses.lock().unwrap() = None;
    let made_up = async || process.cache.health().await.overdue_invalidations == 0;
    eventually(SOON, made_up, "none is left").await;
}

/// The write has succeeded: it is no longer its caller's to give up.
#[test]
fn an_invalidation_under_way_outlives_its_runtime() {
    let of_one_thread = || Builder::new_current_thread().enable_all().build().unwrap();
    let (runtime, stage) = (of_one_thread(), Stage::new());
    let process = runtime.block_on(stage.process());
    assert_eq!(runtime.block_on(number(&process, 1)), 0);
    let key = stage.key();
    let ends = of_one_thread();
    stage.server.freeze();
    ends.block_on(async {
        let mut call = pin!(write(&process, 2));
        assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    });
    drop(ends);
    stage.server.thaw();
    assert_eq!(runtime.block_on(number(&process, 1)), 2);
    eventually_blocking(SOON, || stage.server.get_raw(&key).is_none(), "the entry was deleted");
}

/// Its caller goes on in another one.
#[test]
fn an_invalidation_whose_runtime_ends_is_made_up_for() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let stage = Stage::new();
    let process = runtime.block_on(stage.process());
    assert_eq!(runtime.block_on(number(&process, 1)), 0);
    let key = stage.key();
    let ends = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    stage.server.freeze();
    let mut call = Box::pin(write(&process, 2));
    ends.block_on(async {
        assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    });
    drop(ends);
    stage.server.thaw();
    runtime.block_on(call);
    assert_eq!(runtime.block_on(number(&process, 1)), 2);
    eventually_blocking(SOON, || stage.server.get_raw(&key).is_none(), "the entry was deleted");
}

#[tokio::test]
async fn an_invalidation_is_repeated_for_a_replica_that_lags_behind() {
    let stage = Stage::new();
    let process = stage.process().await;
    stage.database.write(1);
    assert_eq!(number(&process, 1).await, 1);
    let repeat = Gate::shut();
    *process.wire().later_scans.lock().unwrap() = Some(repeat.clone());
    write_again(&process, 2).await;
    // A load reads from the replica.
    stage.database.write(1);
    assert_eq!(number(&process, 1).await, 1);
    stage.database.write(2);
    assert_eq!(number(&process, 1).await, 1, "it was stored");
    repeat.open();
    let again = async || process.cache.stats().invalidations == 2;
    eventually(SOON, again, "it was repeated").await;
    assert_eq!(number(&process, 1).await, 2);
    assert_eq!(process.cache.stats().invalidations, 2, "once");
}
