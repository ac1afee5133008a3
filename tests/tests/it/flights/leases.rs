//! The right to fill a key: how long it stands, who waits for it, and for how long.

use super::stage::*;
use cache_runtime::{Source, cached, observe, refresh};
use std::sync::Arc;
use std::time::{Duration, Instant};
use testkit::eventually;
use tokio::task::yield_now;

/// A lease as another process would have written it.
const FOREIGN: &str = "cache/1 lease 0123456789abcdef0123456789abcdef\n";

#[cached(ttl = 60, key = "number:<id>", wait = "50ms", skip(process), cache = process.cache)]
async fn impatient(process: &Process, id: u64) -> u64 {
    process.database.load().await
}

#[cached(ttl = 60, key = "number:<id>", wait = "0s", skip(process), cache = process.cache)]
async fn not_waiting(process: &Process, id: u64) -> u64 {
    process.database.load().await
}

#[cached(ttl = 60, key = "number:<id>", lease = "1500ms", skip(process), cache = process.cache)]
async fn slow(process: &Process, id: u64) -> u64 {
    process.database.load().await
}

#[cached(ttl = 60, key = "number:<id>", lease = "100ms", skip(process), cache = process.cache)]
async fn slow_and_embedded(process: &Process, id: u64) -> u64 {
    process.database.load().await
}

#[cached(ttl = 60, key = "number:<id>", single_flight = false, skip(process), cache = process.cache)]
async fn alone(process: &Process, id: u64) -> u64 {
    process.database.load().await
}

#[tokio::test]
async fn who_has_waited_long_enough_loads_beside() {
    on_both(async |process| {
        process.database.write(1);
        let gate = process.database.shut();
        let leader = process.call_of(|process| async move { impatient(&process, 1).await });
        process.database.has_begun(1).await;
        process.database.leave_open();
        process.database.write(2);
        assert_eq!(in_time(impatient(process, 1)).await, 2, "by a load of its own");
        let stats = process.cache.stats();
        assert_eq!((stats.misses, stats.waits, stats.stores), (2, 0, 1));
        let key = process.cache.keys("*").unwrap().next().await.unwrap().unwrap();
        assert_eq!(process.cache.get::<u64>(&key).await.unwrap(), Some(2), "in the lease's place");
        gate.open();
        assert_eq!(ended(leader).await, 1);
        let stats = process.cache.stats();
        assert_eq!((stats.stores, stats.rejected_fills, stats.corrupt), (1, 1, 0));
        assert_eq!(process.cache.get::<u64>(&key).await.unwrap(), Some(2));
    })
    .await;
}

#[cached(ttl = 60, key = "late:<id>", wait = "1h", skip(process), cache = process.cache)]
async fn late(process: &Process, id: u64) -> u64 {
    process.database.load().await
}

/// The clock goes on when nobody has anything to do.
#[tokio::test(start_paused = true)]
async fn who_has_waited_long_enough_takes_what_is_stored_by_then() {
    let process = embedded().await;
    process.database.write(1);
    let gate = process.database.shut();
    let leader = process.call_of(|process| async move { late(&process, 1).await });
    process.database.has_begun(1).await;
    let listener = process.call_of(|process| async move { observe(late(&process, 1)).await });
    process.has_looked(2).await;
    yield_now().await;
    process.database.leave_open();
    process.database.write(2);
    assert_eq!(refresh(late(&process, 1)).await, 2);
    let (number, observed) = ended_at_last(listener).await;
    assert_eq!((number, observed.last), (2, Some(Source::Wait)));
    assert_eq!(process.database.begun(), 2, "it did not load");
    gate.open();
    assert_eq!(ended_at_last(leader).await, 1);
}

/// What a task returned; the paused clock has no time for a limit.
async fn ended_at_last<T>(task: tokio::task::JoinHandle<T>) -> T {
    task.await.expect("no panic")
}

#[tokio::test]
async fn who_does_not_want_to_wait_loads_at_once() {
    on_both(async |process| {
        let gate = process.database.shut();
        let leader = process.call_of(|process| async move { not_waiting(&process, 1).await });
        process.database.has_begun(1).await;
        process.database.leave_open();
        process.database.write(2);
        for _ in 0..3 {
            assert_eq!(not_waiting(process, 1).await, 2);
        }
        assert_eq!(process.cache.stats().stores, 0);
        gate.open();
        ended(leader).await;
        assert_eq!((process.cache.stats().stores, process.cache.stats().waits), (1, 0));
    })
    .await;
}

#[tokio::test]
async fn who_has_waited_for_another_process_loads_beside() {
    let stage = Stage::new();
    let (loads, waits) = (stage.process().await, stage.process().await);
    stage.database.write(1);
    let gate = stage.database.shut();
    let leader = loads.call_of(|process| async move { impatient(&process, 1).await });
    stage.database.has_begun(1).await;
    stage.database.leave_open();
    stage.database.write(2);
    assert!(stage.is_leased());
    assert_eq!(in_time(impatient(&waits, 1)).await, 2);
    assert_eq!(waits.cache.stats().stores, 1, "in the place of the lease");
    gate.open();
    assert_eq!(ended(leader).await, 1);
    assert_eq!((loads.cache.stats().stores, loads.cache.stats().rejected_fills), (0, 1));
}

#[tokio::test]
async fn a_load_that_takes_longer_than_its_lease_keeps_it() {
    let stage = Stage::new();
    let process = stage.process().await;
    stage.database.write(7);
    let gate = stage.database.shut();
    let call = process.call_of(|process| async move { slow(&process, 1).await });
    stage.database.has_begun(1).await;
    let (key, lease) = (stage.key(), stage.server.get_raw(&stage.key()));
    let began = Instant::now();
    let left = || -> i64 {
        let left = stage.server.command(&["PTTL", &key]);
        testkit::redis::from_redis_value(left).expect("a number")
    };
    let (mut before, mut renewals) = (left(), 0);
    let renewed = async || {
        let now = left();
        renewals += u32::from(now > before);
        before = now;
        // More than the lease, and more often than a clock's step could explain.
        renewals >= 3 && began.elapsed() > Duration::from_secs(2)
    };
    eventually(SOON, renewed, "the lease was renewed several times").await;
    assert_eq!(stage.server.get_raw(&key), lease, "it is the same one");
    gate.open();
    assert_eq!(ended(call).await, 7);
    assert_eq!(process.cache.stats().stores, 1);
    assert!(left() > 10_000, "an entry lives as long as its TTL says");
}

#[tokio::test]
async fn a_renewal_without_an_answer_costs_no_other_lease() {
    let stage = Stage::new();
    let process = stage.process().await;
    let gate = stage.database.shut();
    let calls =
        [1, 2].map(|id| process.call_of(move |process| async move { slow(&process, id).await }));
    stage.database.has_begun(2).await;
    *process.wire().unanswered.lock().unwrap() = Some(":number:1:");
    let began = Instant::now();
    let is_over = async || began.elapsed() > Duration::from_secs(3);
    eventually(SOON, is_over, "the time of both leases is over").await;
    *process.wire().unanswered.lock().unwrap() = None;
    gate.open();
    for call in calls {
        ended(call).await;
    }
    let stats = process.cache.stats();
    assert_eq!((stats.stores, stats.rejected_fills), (1, 1));
}

#[tokio::test]
async fn a_load_that_takes_longer_than_its_lease_is_stored_in_the_embedded_store_too() {
    let process = embedded().await;
    process.database.write(7);
    let gate = process.database.shut();
    let call = process.call_of(|process| async move { slow_and_embedded(&process, 1).await });
    process.database.has_begun(1).await;
    let began = Instant::now();
    let is_over = async || began.elapsed() > Duration::from_millis(200);
    eventually(SOON, is_over, "the time of the lease is over").await;
    gate.open();
    assert_eq!(ended(call).await, 7);
    let stats = process.cache.stats();
    assert_eq!((stats.stores, stats.rejected_fills), (1, 0));
}

#[tokio::test]
async fn the_longest_patience_is_no_fault() {
    let database = Arc::default();
    let process = through_wire(patient().wait(Duration::MAX), &database).await;
    database.write(7);
    let gate = database.shut();
    let calls = process.calls(2);
    process.has_looked(2).await;
    gate.open();
    assert_eq!(all_ended(calls).await, [7; 2]);
}

/// Another program may have a higher limit.
#[tokio::test]
async fn an_entry_that_is_too_large_for_one_stays_for_others() {
    let stage = Stage::new();
    let roomy = stage.process().await;
    let narrow = patient().redis(stage.server.url()).max_entry_size(3);
    let narrow = through_wire(narrow, &stage.database).await;
    stage.database.write(1_000_000);
    assert_eq!(number(&roomy, 1).await, 1_000_000);
    assert_eq!(number(&narrow, 1).await, 1_000_000);
    assert_eq!(number(&roomy, 1).await, 1_000_000);
    assert_eq!((roomy.cache.stats().hits, narrow.cache.stats().skipped), (1, 1));
    stage.database.write(1);
    assert_eq!((number(&narrow, 1).await, number(&narrow, 1).await), (1, 1));
    assert_eq!(narrow.cache.stats().hits, 1, "a value within the limit takes its place");
}

/// Loads once, so that the key is known, and deletes it.
async fn find_key(stage: &Stage, process: &Process) -> String {
    number(process, 1).await;
    let key = stage.key();
    stage.server.flush();
    key
}

#[tokio::test]
async fn a_process_that_is_gone_costs_its_lease() {
    let stage = Stage::new();
    let process = stage.process().await;
    let key = find_key(&stage, &process).await;
    stage.server.command(&["SET", &key, FOREIGN, "PX", "300"]);
    stage.database.write(7);
    assert_eq!(number(&process, 1).await, 7);
    let stats = process.cache.stats();
    // Had it waited for all of `wait`, it would not have stored.
    assert_eq!((stats.stores, stats.misses), (2, 2));
    assert_eq!((stats.hits, stats.corrupt, stats.rejected_fills), (0, 0, 0));
    assert_eq!(number(&process, 1).await, 7);
    assert_eq!(process.cache.stats().hits, 1);
}

#[tokio::test]
async fn a_lease_without_end_does_not_stand_for_ever() {
    let stage = Stage::new();
    let process = stage.process().await;
    impatient(&process, 1).await;
    let key = stage.key();
    stage.server.set_raw(&key, FOREIGN.as_bytes());
    stage.database.write(7);
    assert_eq!(impatient(&process, 1).await, 7, "after it has waited");
    assert_eq!(process.cache.stats().stores, 1, "it had no right to store");
    assert_eq!(stage.server.get_raw(&key), None, "nobody of ours writes such a lease");
    assert_eq!((impatient(&process, 1).await, impatient(&process, 1).await), (7, 7));
    assert_eq!((process.cache.stats().stores, process.cache.stats().hits), (2, 1));
}

#[tokio::test]
async fn a_lease_is_no_value() {
    let stage = Stage::new();
    let process = stage.process().await;
    stage.server.command(&["SET", "cache:k", FOREIGN, "PX", "60000"]);
    assert_eq!(process.cache.get::<String>("k").await.unwrap(), None);
    assert_eq!(process.cache.get_many::<String>(["k"]).await.unwrap(), vec![None]);
    assert_eq!(process.cache.stats().corrupt, 0);
    assert!(stage.is_leased(), "reading it leaves it alone");
    process.cache.set("k", "value", 60).await.unwrap();
    assert_eq!(process.cache.get("k").await.unwrap(), Some("value".to_owned()));
}

#[tokio::test]
async fn without_single_flight_everybody_loads() {
    on_both(async |process| {
        process.database.write(7);
        let gate = process.database.shut();
        let call = || process.call_of(|process| async move { alone(&process, 1).await });
        let calls: Vec<_> = (0..5).map(|_| call()).collect();
        process.database.has_begun(5).await;
        gate.open();
        for call in calls {
            assert_eq!(ended(call).await, 7);
        }
        let stats = process.cache.stats();
        assert_eq!((stats.misses, stats.waits, stats.stores), (5, 0, 1));
        assert_eq!(alone(process, 1).await, 7);
        assert_eq!(process.cache.stats().hits, 1);
    })
    .await;
}

#[tokio::test]
async fn without_single_flight_a_load_from_before_a_write_is_refused_all_the_same() {
    on_both(async |process| {
        process.database.write(1);
        let gate = process.database.shut();
        let older = process.call_of(|process| async move { alone(&process, 1).await });
        process.database.has_begun(1).await;
        process.database.leave_open();
        write(process, 2).await;
        gate.open();
        assert_eq!(ended(older).await, 1);
        assert_eq!(process.cache.stats().rejected_fills, 1);
        assert_eq!((alone(process, 1).await, alone(process, 1).await), (2, 2));
        assert_eq!((process.cache.stats().stores, process.cache.stats().hits), (1, 1));
    })
    .await;
}
