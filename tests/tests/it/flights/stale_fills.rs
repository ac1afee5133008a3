//! What was loaded before a write is not stored after it, and reaches nobody who began after it.

use super::stage::*;
use cache_runtime::invalidates;
use std::future::Future;
use std::pin::Pin;
use std::thread;
use testkit::eventually_blocking;
use tokio::time::timeout;

#[invalidates("number:<id>:*", cache = process.cache)]
async fn write_prefix(process: &Process, id: u64, to: u64) {
    process.database.write(to);
}

#[invalidates(number(id), cache = process.cache)]
async fn write_call(process: &Process, id: u64, to: u64) {
    process.database.write(to);
}

#[invalidates("number:*", cache = process.cache)]
fn write_blocking(process: &Process, to: u64) {
    process.database.write(to);
}

/// A write of the number 2, with its invalidation.
type Write = for<'a> fn(&'a Process) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Every way in which the process itself invalidates.
const WRITES: [(&str, Write); 7] = [
    ("a pattern", |process| Box::pin(write(process, 2))),
    ("a prefix", |process| Box::pin(write_prefix(process, 1, 2))),
    ("a call", |process| Box::pin(write_call(process, 1, 2))),
    ("a blocking write", |process| Box::pin(async { write_blocking(process, 2) })),
    ("by hand", |process| {
        Box::pin(async {
            process.database.write(2);
            process.cache.invalidate("num*").await.unwrap();
        })
    }),
    ("one key", |process| {
        Box::pin(async {
            process.database.write(2);
            let key = process.cache.keys("number:1:*").unwrap().next().await.unwrap().unwrap();
            assert!(process.cache.remove(key).await.unwrap(), "a lease counts as deleted");
        })
    }),
    ("everything", |process| {
        Box::pin(async {
            process.database.write(2);
            process.cache.clear().await.unwrap();
        })
    }),
];

#[tokio::test]
async fn a_load_from_before_a_write_is_its_own_callers_alone() {
    for (name, write) in WRITES {
        on_both(async |process| {
            process.database.write(1);
            let gate = process.database.shut();
            let leader = process.call();
            process.database.has_begun(1).await;
            let followers = process.calls(3);
            process.has_looked(4).await;
            process.database.leave_open();
            write(process).await;
            gate.open();
            assert_eq!(ended(leader).await, 1, "{name}: it began before the write");
            assert_eq!(all_ended(followers).await, [2; 3], "{name}: they start over");
            assert_eq!(process.database.begun(), 2, "{name}: together");
            let stats = process.cache.stats();
            assert_eq!((stats.rejected_fills, stats.stores), (1, 1), "{name}");
            assert_eq!(number(process, 1).await, 2);
            assert_eq!(process.cache.stats().hits, stats.hits + 1, "{name}");
        })
        .await;
    }
}

#[tokio::test]
async fn who_begins_after_a_write_does_not_wait_for_a_load_from_before() {
    for (name, write) in WRITES {
        on_both(async |process| {
            process.database.write(1);
            let gate = process.database.shut();
            let leader = process.call();
            process.database.has_begun(1).await;
            let listener = process.call();
            process.has_looked(2).await;
            process.database.leave_open();
            write(process).await;
            let late = timeout(SOON, number(process, 1)).await.expect("the gate is still shut");
            assert_eq!(late, 2, "{name}");
            gate.open();
            assert_eq!((ended(leader).await, ended(listener).await), (1, 2), "{name}");
            let stats = process.cache.stats();
            assert_eq!((stats.rejected_fills, stats.stores), (1, 1), "{name}");
            assert_eq!(process.database.begun(), 2, "{name}");
            assert_eq!(number(process, 1).await, 2, "{name}: nothing from before was stored");
        })
        .await;
    }
}

#[tokio::test]
async fn a_write_of_another_process_refuses_the_fill() {
    let stage = Stage::new();
    let (reader, writer) = (stage.process().await, stage.process().await);
    stage.database.write(1);
    let gate = stage.database.shut();
    let leader = reader.call();
    stage.database.has_begun(1).await;
    let before = reader.call();
    reader.has_looked(2).await;
    stage.database.leave_open();
    write(&writer, 2).await;
    // This process has not heard of the write: the caller sits down beside the older load.
    let after = reader.call();
    reader.has_looked(3).await;
    assert_eq!(number(&writer, 1).await, 2, "the key is free for others at once");
    gate.open();
    assert_eq!(ended(leader).await, 1);
    assert_eq!((ended(before).await, ended(after).await), (2, 2));
    assert_eq!(reader.cache.stats().rejected_fills, 1);
    assert_eq!(number(&reader, 1).await, 2);
    assert_eq!(stage.database.begun(), 2);
}

#[tokio::test]
async fn a_key_that_somebody_deletes_by_hand_refuses_the_fill() {
    let stage = Stage::new();
    let process = stage.process().await;
    stage.database.write(1);
    let gate = stage.database.shut();
    let leader = process.call();
    stage.database.has_begun(1).await;
    stage.database.leave_open();
    stage.database.write(2);
    stage.server.command(&["DEL", &stage.key()]);
    let after = process.call();
    process.has_looked(2).await;
    gate.open();
    assert_eq!((ended(leader).await, ended(after).await), (1, 2));
    let stats = process.cache.stats();
    assert_eq!((stats.rejected_fills, stats.stores), (1, 1));
}

#[tokio::test]
async fn another_load_at_the_key_is_not_overwritten() {
    let stage = Stage::new();
    let (slow, quick) = (stage.process().await, stage.process().await);
    stage.database.write(1);
    let older = stage.database.shut();
    let first = slow.call();
    stage.database.has_begun(1).await;
    write(&quick, 2).await;
    let newer = stage.database.shut();
    let second = quick.call();
    stage.database.has_begun(2).await;
    older.open();
    assert_eq!(ended(first).await, 1);
    assert!(stage.is_leased(), "a lease of another load is not this load's");
    newer.open();
    assert_eq!(ended(second).await, 2);
    assert_eq!(number(&slow, 1).await, 2);
    assert_eq!(slow.cache.stats().rejected_fills, 1);
    assert_eq!(quick.cache.stats().stores, 1);
}

#[test]
fn a_blocking_load_from_before_a_write_is_refused() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let stage = Stage::new();
    for process in [runtime.block_on(stage.process()), runtime.block_on(embedded())] {
        process.database.write(1);
        let gate = process.database.shut();
        let call = || {
            let process = process.clone();
            thread::spawn(move || number_blocking(&process, 1))
        };
        let (leader, listener) = (call(), call());
        eventually_blocking(SOON, || process.database.begun() == 1, "the load has begun");
        process.database.leave_open();
        process.database.write(2);
        runtime.block_on(process.cache.invalidate("blocking:*")).unwrap();
        assert_eq!(number_blocking(&process, 1), 2, "the gate is still shut");
        gate.open();
        let mut values = [leader.join().unwrap(), listener.join().unwrap()];
        values.sort_unstable();
        assert_eq!(values, [1, 2], "the one that loads may be either");
        assert_eq!(process.cache.stats().rejected_fills, 1);
        assert_eq!(number_blocking(&process, 1), 2);
    }
}
