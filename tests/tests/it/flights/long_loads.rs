//! Loads that take longer than their callers wait: one of those who wait loads beside them, and then another one, never all.

use super::stage::*;
use cache_runtime::cached;
use std::time::{Duration, Instant};
use tokio::task::{JoinSet, yield_now};

const WAIT: Duration = Duration::from_millis(100);

#[cached(ttl = 60, key = "number:long:<id>", wait = "100ms", lease = "1h", skip(process), cache = process.cache)]
async fn long(process: &Process, id: u64) -> u64 {
    process.database.load().await
}

#[cached(ttl = 60, key = "number:error:<id>", wait = "1s", lease = "1h", skip(process), cache = process.cache)]
async fn failing(process: &Process, id: u64) -> Result<u64, String> {
    match process.database.load().await {
        0 => Err("there is none".to_owned()),
        number => Ok(number),
    }
}

fn call(process: &Process) -> tokio::task::JoinHandle<u64> {
    process.call_of(|process| async move { long(&process, 1).await })
}

fn calls(process: &Process, number: usize) -> JoinSet<u64> {
    let mut calls = JoinSet::new();
    for _ in 0..number {
        let call = call(process);
        calls.spawn(async move { call.await.expect("no panic") });
    }
    calls
}

/// Begins a load that does not end before the gate is opened.
async fn held_up(process: &Process) -> (Gate, tokio::task::JoinHandle<u64>) {
    let gate = process.database.shut();
    let leader = call(process);
    process.database.has_begun(1).await;
    (gate, leader)
}

/// How many loads there may be at most.
fn most(since: Instant) -> usize {
    1 + usize::try_from(since.elapsed().as_millis() / WAIT.as_millis()).unwrap()
}

#[tokio::test]
async fn one_loads_in_each_wait() {
    on_both(async |process| {
        let began = Instant::now();
        let (gate, leader) = held_up(process).await;
        let others = calls(process, 30);
        let have_begun = async || process.database.begun() >= 4;
        testkit::eventually(SOON, have_begun, "three have waited long enough").await;
        let (loads, most) = (process.database.begun(), most(began));
        assert!(loads <= most, "{loads} loads, and no more than {most} waits are over");
        process.database.leave_open();
        gate.open();
        assert_eq!(ended(leader).await, 0);
        assert_eq!(all_ended(others).await, [0; 30]);
        assert_eq!(process.cache.stats().stores, 1);
    })
    .await;
}

#[tokio::test]
async fn what_is_loaded_beside_is_for_all_who_wait() {
    on_both(async |process| {
        process.database.write(1);
        let (gate, leader) = held_up(process).await;
        process.database.leave_open();
        process.database.write(2);
        assert_eq!(all_ended(calls(process, 10)).await, [2; 10]);
        assert_eq!(process.database.begun(), 2);
        gate.open();
        assert_eq!(ended(leader).await, 1, "it began before the write");
        assert_eq!(long(process, 1).await, 2);
        let stats = process.cache.stats();
        assert_eq!((stats.stores, stats.rejected_fills, process.database.begun()), (1, 1, 2));
    })
    .await;
}

#[tokio::test]
async fn one_process_of_all_loads_beside() {
    let stage = Stage::new();
    let began = Instant::now();
    let processes = [stage.process().await, stage.process().await, stage.process().await];
    let (gate, leader) = held_up(&processes[0]).await;
    let others = processes.each_ref().map(|process| calls(process, 5));
    let have_begun = async || stage.database.begun() >= 3;
    testkit::eventually(SOON, have_begun, "two have waited long enough").await;
    let (loads, most) = (stage.database.begun(), most(began));
    assert!(loads <= most, "{loads} loads, and no more than {most} waits are over");
    stage.database.leave_open();
    stage.database.write(2);
    // Whoever loads next stores it, and all processes have it.
    for process in &processes {
        assert_eq!(in_time(long(process, 1)).await, 2);
    }
    gate.open();
    for others in others {
        assert!(all_ended(others).await.iter().all(|number| [0, 2].contains(number)));
    }
    ended(leader).await;
}

#[tokio::test]
async fn what_a_write_has_overtaken_is_not_for_who_comes_late() {
    let stage = Stage::new();
    let (process, other) = (stage.process().await, stage.process().await);
    process.database.write(1);
    let (gate, leader) = held_up(&process).await;
    let beside = process.database.shut();
    let listener = call(&process);
    process.database.has_begun(2).await;
    process.database.leave_open();
    write(&other, 9).await;
    let looks = process.looks();
    let late = call(&process);
    process.has_looked(looks + 1).await;
    yield_now().await;
    beside.open();
    assert_eq!(ended(listener).await, 1, "it began before the write");
    assert_eq!(ended(late).await, 9, "it did not");
    assert_eq!(long(&process, 1).await, 9);
    gate.open();
    assert_eq!(ended(leader).await, 1);
    assert_eq!(long(&other, 1).await, 9);
}

#[tokio::test]
async fn a_lease_that_was_taken_since_is_not_filled() {
    let stage = Stage::new();
    let (process, other) = (stage.process().await, stage.process().await);
    process.database.write(1);
    let (gate, leader) = held_up(&process).await;
    let beside = process.database.shut();
    let listener = call(&process);
    process.database.has_begun(2).await;
    let newer = process.database.shut();
    write(&other, 9).await;
    let next = call(&other);
    process.database.has_begun(3).await;
    process.database.leave_open();
    beside.open();
    assert_eq!(ended(listener).await, 1);
    let stats = process.cache.stats();
    assert_eq!((stats.stores, stats.rejected_fills), (0, 1));
    newer.open();
    assert_eq!(ended(next).await, 9);
    gate.open();
    assert_eq!(ended(leader).await, 1);
    assert_eq!(long(&process, 1).await, 9);
}

/// The error is as good as that of a load of its own, for those who waited before that began.
#[tokio::test]
async fn an_error_beside_is_for_all_who_wait() {
    on_both(async |process| {
        process.database.write(1);
        let gate = process.database.shut();
        let call = || process.call_of(|process| async move { failing(&process, 1).await });
        let leader = call();
        process.database.has_begun(1).await;
        let beside = process.database.shut();
        process.database.write(0);
        let others = [call(), call(), call()];
        process.database.has_begun(2).await;
        process.has_looked(4).await;
        process.database.leave_open();
        beside.open();
        for other in others {
            assert!(ended(other).await.is_err());
        }
        assert_eq!(process.database.begun(), 2, "nobody else has loaded");
        gate.open();
        assert_eq!(ended(leader).await, Ok(1), "its lease is its own");
        assert_eq!(process.cache.stats().stores, 1);
    })
    .await;
}
