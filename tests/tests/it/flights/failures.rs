//! A load that fails: its error goes to all who can have a copy, and otherwise a few load at once.

use super::stage::*;
use cache_runtime::cached;
use std::thread;
use std::time::Duration;
use testkit::{eventually, eventually_blocking};
use tokio::runtime::{Builder, Runtime};

/// An error of which there is one.
#[derive(Debug, PartialEq)]
struct Unique(u64);

/// Fails as long as the number is zero.
#[cached(ttl = 60, key = "copied:<id>", skip(process), cache = process.cache)]
async fn copied(process: &Process, id: u64) -> Result<u64, String> {
    match process.database.load().await {
        0 => Err(format!("nothing for {id}")),
        number => Ok(number),
    }
}

#[cached(ttl = 60, key = "unique:<id>", skip(process), cache = process.cache)]
async fn unique(process: &Process, id: u64) -> Result<u64, Unique> {
    match process.database.load().await {
        0 => Err(Unique(id)),
        number => Ok(number),
    }
}

#[cached(ttl = 60, key = "copied:<id>", skip(process), cache = process.cache)]
fn copied_blocking(process: &Process, id: u64) -> Result<u64, String> {
    match process.database.load_blocking() {
        0 => Err(format!("nothing for {id}")),
        number => Ok(number),
    }
}

async fn is_empty(process: &Process) -> bool {
    process.cache.keys("*").unwrap().next().await.is_none()
}

#[tokio::test]
async fn an_error_that_can_be_copied_is_shared() {
    on_both(async |process| {
        let gate = process.database.shut();
        let call = || process.call_of(|process| async move { copied(&process, 1).await });
        let calls: Vec<_> = (0..50).map(|_| call()).collect();
        process.has_looked(50).await;
        gate.open();
        for call in calls {
            assert_eq!(ended(call).await, Err("nothing for 1".to_owned()));
        }
        assert_eq!(process.database.begun(), 1);
        let stats = process.cache.stats();
        assert_eq!((stats.misses, stats.waits, stats.stores), (1, 49, 0));
        eventually(SOON, async || is_empty(process).await, "nothing is left at the key").await;
        assert!(copied(process, 1).await.is_err());
        assert_eq!(process.database.begun(), 2, "an error is not stored");
    })
    .await;
}

#[tokio::test]
async fn an_error_from_before_a_write_is_not_shared_after_it() {
    on_both(async |process| {
        let gate = process.database.shut();
        let call = || process.call_of(|process| async move { copied(&process, 1).await });
        let leader = call();
        process.database.has_begun(1).await;
        let listener = call();
        process.has_looked(2).await;
        process.database.leave_open();
        process.database.write(7);
        process.cache.invalidate("copied:*").await.unwrap();
        gate.open();
        assert!(ended(leader).await.is_err());
        assert_eq!(ended(listener).await, Ok(7));
    })
    .await;
}

#[tokio::test]
async fn an_error_without_a_copy_is_for_each_caller_a_load_of_a_few_at_once() {
    on_both(async |process| {
        let gate = process.database.shut();
        let call = || process.call_of(|process| async move { unique(&process, 1).await });
        let calls: Vec<_> = (0..50).map(|_| call()).collect();
        process.has_looked(50).await;
        process.database.has_begun(1).await;
        let next = process.database.shut();
        gate.open();
        eventually(SOON, async || process.database.begun() == 9, "eight more have begun").await;
        process.database.leave_open();
        next.open();
        for call in calls {
            assert_eq!(ended(call).await, Err(Unique(1)));
        }
        assert_eq!((process.database.begun(), process.database.most()), (50, 8));
        let stats = process.cache.stats();
        assert_eq!((stats.misses, stats.waits, stats.stores), (50, 0, 0));
        eventually(SOON, async || is_empty(process).await, "nothing is left at the key").await;
    })
    .await;
}

/// Callers that come one after another, so that the flight never empties, must not pass by the lease that lies there.
#[tokio::test]
async fn who_comes_after_a_failure_takes_the_lease_that_was_left() {
    on_both(async |process| {
        let call = || process.call_of(|process| async move { unique(&process, 1).await });
        let gates = [(); 3].map(|()| process.database.shut());
        let next_gate = |number: usize| *process.database.gate() = Some(gates[number].clone());
        next_gate(0);
        let first = call();
        process.database.has_begun(1).await;
        let second = call();
        process.has_looked(2).await;
        next_gate(1);
        gates[0].open();
        assert_eq!(ended(first).await, Err(Unique(1)));
        process.database.has_begun(2).await;
        next_gate(2);
        let third = call();
        process.database.has_begun(3).await;
        gates[1].open();
        assert_eq!(ended(second).await, Err(Unique(1)), "it leaves the lease in the flight");
        process.database.leave_open();
        process.database.write(7);
        assert_eq!(in_time(unique(process, 1)).await, Ok(7));
        assert_eq!(process.cache.stats().stores, 1);
        gates[2].open();
        assert_eq!(ended(third).await, Err(Unique(1)));
        assert_eq!(in_time(unique(process, 1)).await, Ok(7));
        assert_eq!(process.cache.stats().hits, 1);
    })
    .await;
}

#[tokio::test]
async fn a_success_among_failures_is_for_all_who_wait() {
    on_both(async |process| {
        let gate = process.database.shut();
        let call = || process.call_of(|process| async move { unique(&process, 1).await });
        let first = call();
        process.database.has_begun(1).await;
        let others: Vec<_> = (0..49).map(|_| call()).collect();
        process.has_looked(50).await;
        process.database.write(7);
        let next = process.database.shut();
        gate.open();
        assert_eq!(ended(first).await, Err(Unique(1)));
        eventually(SOON, async || process.database.begun() == 9, "eight more have begun").await;
        next.open();
        for other in others {
            assert_eq!(ended(other).await, Ok(7));
        }
        assert_eq!(process.cache.stats().stores, 1);
        assert!(process.database.begun() < 50, "{} loads", process.database.begun());
        assert!(process.database.most() <= 8);
        assert_eq!(unique(process, 1).await, Ok(7));
        assert_eq!(process.cache.stats().hits, 1);
    })
    .await;
}

/// Nobody goes on with it there: one who loads without it may sit in the flight for long.
#[tokio::test]
async fn a_lease_that_is_left_after_the_landing_is_released() {
    let stage = Stage::new();
    let process = stage.process().await;
    let call = || process.call_of(|process| async move { unique(&process, 1).await });
    let gate = stage.database.shut();
    let first = call();
    stage.database.has_begun(1).await;
    let (with_the_lease, without) = (call(), call());
    process.has_looked(3).await;
    let next = stage.database.shut();
    gate.open();
    assert_eq!(ended(first).await, Err(Unique(1)));
    stage.database.has_begun(3).await;
    stage.database.leave_open();
    stage.database.write(7);
    process.wire().cut(true);
    assert_eq!(unique(&process, 1).await, Ok(7), "the flight lands with it");
    process.wire().cut(false);
    with_the_lease.abort();
    assert!(with_the_lease.await.unwrap_err().is_cancelled());
    assert_eq!(in_time(unique(&process, 1)).await, Ok(7));
    assert_eq!(process.cache.stats().stores, 1);
    next.open();
    assert_eq!(ended(without).await, Err(Unique(1)));
}

#[tokio::test]
async fn an_error_stays_in_its_process() {
    let stage = Stage::new();
    let (fails, waits) = (stage.process().await, stage.process().await);
    let gate = stage.database.shut();
    let call =
        |process: &Process| process.call_of(|process| async move { copied(&process, 1).await });
    let failing = call(&fails);
    stage.database.has_begun(1).await;
    let waiting = call(&waits);
    waits.has_looked(1).await;
    stage.database.leave_open();
    stage.database.write(7);
    gate.open();
    assert!(ended(failing).await.is_err());
    assert_eq!(ended(waiting).await, Ok(7), "it takes over");
    assert_eq!(waits.cache.stats().stores, 1);
}

#[test]
fn an_error_that_can_be_copied_is_shared_between_threads() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let stage = Stage::new();
    for process in [runtime.block_on(stage.process()), runtime.block_on(embedded())] {
        let gate = process.database.shut();
        let call = || {
            let process = process.clone();
            thread::spawn(move || copied_blocking(&process, 1))
        };
        let leader = call();
        eventually_blocking(SOON, || process.database.begun() == 1, "the load has begun");
        let followers = [call(), call(), call()];
        gate.open();
        assert!(leader.join().unwrap().is_err());
        for listener in followers {
            // One that came late has loaded by itself.
            assert_eq!(listener.join().unwrap(), Err("nothing for 1".to_owned()));
        }
        assert_eq!(process.cache.stats().stores, 0);
        process.database.write(7);
        let stored = || copied_blocking(&process, 1) == Ok(7) && process.cache.stats().hits > 0;
        eventually_blocking(SOON, stored, "no failed load stands in the way");
    }
}

fn of_one_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// A lease that nobody's patience outlasts.
async fn with_long_leases(stage: &Stage) -> Process {
    let builder = patient().redis(stage.server.url()).lease(Duration::from_secs(3600));
    through_wire(builder, &stage.database).await
}

/// A runtime of one thread does nothing between two calls.
#[test]
fn a_failed_load_leaves_nothing_when_its_runtime_stands_still() {
    let (runtime, stage) = (of_one_thread(), Stage::new());
    let process = runtime.block_on(with_long_leases(&stage));
    assert!(runtime.block_on(copied(&process, 1)).is_err());
    eventually_blocking(SOON, || stage.keys().is_empty(), "the key is free");
}

#[test]
fn an_error_is_shared_when_its_runtime_stands_still() {
    let (runtime, stage) = (of_one_thread(), Stage::new());
    let process = runtime.block_on(with_long_leases(&stage));
    let gate = stage.database.shut();
    let loading = process.clone();
    let leader = thread::spawn(move || {
        let failed = runtime.block_on(copied(&loading, 1));
        (failed, runtime)
    });
    eventually_blocking(SOON, || stage.database.begun() == 1, "the load has begun");
    let listener = of_one_thread();
    let failed = listener.block_on(async {
        let waiting = process.call_of(|process| async move { copied(&process, 1).await });
        process.has_looked(2).await;
        gate.open();
        ended(waiting).await
    });
    assert_eq!(failed, Err("nothing for 1".to_owned()));
    assert_eq!(stage.database.begun(), 1);
    let (failed, runtime) = leader.join().unwrap();
    assert!(failed.is_err());
    drop(runtime);
}
