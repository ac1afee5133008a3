//! However many want a key that is not there, one of them loads it.

use super::stage::*;
use crate::support::strategy;
use cache_runtime::Strategy;
use std::thread;
use testkit::eventually_blocking;

#[tokio::test]
async fn a_thousand_callers_of_one_process_load_once() {
    on_both(async |process| {
        process.database.write(7);
        let gate = process.database.shut();
        let calls = process.calls(1000);
        process.has_looked(1000).await;
        gate.open();
        assert_eq!(all_ended(calls).await, vec![7; 1000]);
        assert_eq!(process.database.begun(), 1);
        let stats = process.cache.stats();
        assert_eq!((stats.misses, stats.waits, stats.hits), (1, 999, 0));
        assert_eq!((stats.loads, stats.stores, stats.errors), (1, 1, 0));
        assert_eq!(number(process, 1).await, 7);
        assert_eq!(process.cache.stats().hits, 1);
    })
    .await;
}

#[tokio::test]
async fn a_thousand_callers_of_four_processes_load_once() {
    let stage = Stage::new();
    stage.database.write(7);
    let gate = stage.database.shut();
    let mut processes = Vec::new();
    for _ in 0..4 {
        processes.push(stage.process().await);
    }
    let calls: Vec<_> = processes.iter().map(|process| process.calls(250)).collect();
    for process in &processes {
        process.has_looked(250).await;
    }
    gate.open();
    for calls in calls {
        assert_eq!(all_ended(calls).await, vec![7; 250]);
    }
    assert_eq!(stage.database.begun(), 1);
    let stats = processes.iter().map(|process| process.cache.stats());
    let (mut misses, mut stores) = (0, 0);
    for stats in stats {
        assert_eq!(stats.hits + stats.misses + stats.waits, 250, "each call is one of the three");
        misses += stats.misses;
        stores += stats.stores;
        assert_eq!(stats.errors, 0);
    }
    assert_eq!((misses, stores), (1, 1));
}

/// One round trip more than reading, loading and storing would take. If a script stores the value, it does so by a `SET` of its own.
#[tokio::test]
async fn a_miss_is_three_requests_and_a_hit_is_one() {
    let stage = Stage::new();
    let process = stage.process().await;
    number(&process, 1).await; // the script is known from here on
    // Of a scope that has no epoch yet, it is looked for, made, and read.
    let scripts = u64::from(!stage.server.has_set_ifeq());
    let (read, miss) = match strategy() {
        Strategy::Scoped => ("mget", [3, 3, scripts, 0]),
        _ => ("get", [1, 2, scripts, 0]),
    };
    let asked = || [read, "set", "evalsha", "eval"].map(|name| stage.server.commandstats(name));
    let before = asked();
    number(&process, 2).await;
    let missed = asked();
    number(&process, 2).await;
    let differences = |now: [u64; 4], then: [u64; 4]| [0, 1, 2, 3].map(|at| now[at] - then[at]);
    assert_eq!(differences(missed, before), miss);
    assert_eq!(differences(asked(), missed), [1, 0, 0, 0]);
}

#[test]
fn threads_load_once() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let stage = Stage::new();
    for process in [runtime.block_on(stage.process()), runtime.block_on(embedded())] {
        process.database.write(7);
        let gate = process.database.shut();
        let calls: Vec<_> = (0..100)
            .map(|_| {
                let process = process.clone();
                thread::spawn(move || number_blocking(&process, 1))
            })
            .collect();
        eventually_blocking(SOON, || process.database.begun() > 0, "the load has begun");
        gate.open();
        for call in calls {
            assert_eq!(call.join().expect("no panic"), 7);
        }
        assert_eq!(process.database.begun(), 1, "on {}", process.cache.store_name());
        let stats = process.cache.stats();
        assert_eq!(stats.hits + stats.misses + stats.waits, 100);
        assert_eq!((stats.misses, stats.errors), (1, 0));
    }
}

#[tokio::test]
async fn other_keys_are_loaded_meanwhile() {
    on_both(async |process| {
        let gate = process.database.shut();
        let held = process.call();
        process.database.has_begun(1).await;
        process.database.leave_open();
        process.database.write(2);
        assert_eq!(number(process, 2).await, 2);
        gate.open();
        assert_eq!(ended(held).await, 0);
    })
    .await;
}
