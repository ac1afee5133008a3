//! Calls that load anew, calls that leave the cache alone, and who is told what became of them.

use super::stage::*;
use cache_runtime::{Source, bypass, cached, observe, prime, refresh};
use std::sync::atomic::Ordering::SeqCst;
use testkit::eventually;
use tokio::task::JoinHandle;

/// Fails as long as the number is zero.
#[cached(ttl = 60, key = "fallible:<id>", skip(process), cache = process.cache)]
async fn fallible(process: &Process, id: u64) -> Result<u64, String> {
    match process.database.load().await {
        0 => Err(format!("nothing for {id}")),
        number => Ok(number),
    }
}

#[cached(ttl = 60, key = "small:<id>", store_if = |number| *number < 10, skip(process), cache = process.cache)]
async fn small(process: &Process, id: u64) -> u64 {
    process.database.load().await
}

#[cached(ttl = 60, key = "outer:<id>", skip(process), cache = process.cache)]
async fn outer(process: &Process, id: u64) -> u64 {
    number(process, id).await + number(process, id + 1).await
}

#[cached(ttl = 60, key = "outer:<id>", skip(process), cache = process.cache)]
fn outer_blocking(process: &Process, id: u64) -> u64 {
    number_blocking(process, id)
}

fn refreshing(process: &Process) -> JoinHandle<u64> {
    process.call_of(|process| async move { refresh(number(&process, 1)).await })
}

#[tokio::test]
async fn others_hit_the_old_value_until_the_new_one_takes_its_place() {
    on_both(async |process| {
        process.database.write(1);
        assert_eq!(number(process, 1).await, 1);
        process.database.write(2);
        let gate = process.database.shut();
        let refreshed = refreshing(process);
        process.database.has_begun(2).await;
        assert_eq!(number(process, 1).await, 1);
        assert_eq!(process.cache.stats().hits, 1);
        gate.open();
        assert_eq!(ended(refreshed).await, 2);
        assert_eq!(number(process, 1).await, 2);
        let stats = process.cache.stats();
        assert_eq!((stats.hits, stats.misses, stats.stores), (2, 2, 2));
    })
    .await;
}

#[tokio::test]
async fn a_refresh_from_before_a_write_is_refused() {
    on_both(async |process| {
        process.database.write(1);
        assert_eq!(number(process, 1).await, 1);
        let gate = process.database.shut();
        let refreshed = refreshing(process);
        process.database.has_begun(2).await;
        process.database.leave_open();
        write(process, 2).await;
        gate.open();
        assert_eq!(ended(refreshed).await, 1);
        assert_eq!(process.cache.stats().rejected_fills, 1);
        assert_eq!(number(process, 1).await, 2);
        assert_eq!(process.cache.stats().hits, 0);
    })
    .await;
}

#[tokio::test]
async fn a_refresh_that_fails_leaves_the_old_value() {
    on_both(async |process| {
        process.database.write(1);
        assert_eq!(fallible(process, 1).await, Ok(1));
        process.database.write(0);
        assert!(refresh(fallible(process, 1)).await.is_err());
        assert_eq!(fallible(process, 1).await, Ok(1));
        let gate = process.database.shut();
        let given_up =
            process.call_of(|process| async move { refresh(fallible(&process, 1)).await });
        process.database.has_begun(3).await;
        given_up.abort();
        assert!(given_up.await.is_err());
        assert_eq!(fallible(process, 1).await, Ok(1), "nor does one that was dropped");
        assert_eq!(process.cache.stats().hits, 2);
        process.database.leave_open();
        process.database.write(3);
        assert_eq!(refresh(fallible(process, 1)).await, Ok(3), "and it is in nobody's way");
        assert_eq!(fallible(process, 1).await, Ok(3));
        drop(gate);
    })
    .await;
}

#[tokio::test]
async fn a_primed_value_stays_like_a_loaded_one() {
    on_both(async |process| {
        process.cache.scope(prime!(fallible(1), &1)).await.unwrap();
        let gate = process.database.shut();
        let refreshed =
            process.call_of(|process| async move { refresh(fallible(&process, 1)).await });
        process.database.has_begun(1).await;
        process.database.leave_open();
        assert_eq!(fallible(process, 1).await, Ok(1), "while it is refreshed");
        gate.open();
        assert!(ended(refreshed).await.is_err());
        assert_eq!(fallible(process, 1).await, Ok(1), "and when that has failed");
        assert_eq!(process.cache.stats().hits, 2);
    })
    .await;
}

/// The other caller has looked before the entry was there, and sits down after the refresh has begun.
#[tokio::test]
async fn a_refresh_that_fails_in_company_leaves_the_old_value() {
    let stage = Stage::new();
    let (process, other) = (stage.process().await, stage.process().await);
    let answers = Gate::shut();
    *process.wire().answers.lock().unwrap() = Some(answers.clone());
    let waiting = process.call_of(|process| async move { fallible(&process, 1).await });
    process.has_looked(1).await;
    *process.wire().answers.lock().unwrap() = None;
    stage.database.write(1);
    assert_eq!(fallible(&other, 1).await, Ok(1));
    stage.database.write(0);
    let gate = stage.database.shut();
    let refreshed = process.call_of(|process| async move { refresh(fallible(&process, 1)).await });
    stage.database.has_begun(2).await;
    answers.open();
    // The gate opens for the caller's next step as well: one turn of the runtime's.
    tokio::task::yield_now().await;
    stage.database.leave_open();
    gate.open();
    assert!(ended(refreshed).await.is_err());
    let _ = ended(waiting).await;
    assert_eq!(fallible(&other, 1).await, Ok(1));
    assert_eq!(other.cache.stats().hits, 1, "the entry is still there");
}

#[tokio::test]
async fn a_refresh_takes_the_key_from_a_load_under_way() {
    on_both(async |process| {
        process.database.write(1);
        let gate = process.database.shut();
        let older = process.call();
        process.database.has_begun(1).await;
        let listener = process.call();
        process.has_looked(2).await;
        process.database.leave_open();
        process.database.write(2);
        assert_eq!(refresh(number(process, 1)).await, 2, "it does not wait");
        gate.open();
        assert_eq!(ended(older).await, 1);
        assert_eq!(ended(listener).await, 2);
        let stats = process.cache.stats();
        assert_eq!((stats.rejected_fills, stats.stores), (1, 1));
        assert_eq!(number(process, 1).await, 2);
    })
    .await;
}

#[tokio::test]
async fn of_two_refreshes_the_one_that_began_later_wins() {
    on_both(async |process| {
        process.database.write(1);
        assert_eq!(number(process, 1).await, 1);
        for later_ends_first in [true, false] {
            let begun = process.database.begun();
            let rejected = process.cache.stats().rejected_fills;
            process.database.write(2);
            let (first_gate, first) = (process.database.shut(), refreshing(process));
            process.database.has_begun(begun + 1).await;
            process.database.write(3);
            let (later_gate, later) = (process.database.shut(), refreshing(process));
            process.database.has_begun(begun + 2).await;
            process.database.leave_open();
            if later_ends_first {
                later_gate.open();
                assert_eq!(ended(later).await, 3);
                first_gate.open();
                assert_eq!(ended(first).await, 2);
            } else {
                first_gate.open();
                assert_eq!(ended(first).await, 2);
                later_gate.open();
                assert_eq!(ended(later).await, 3);
            }
            assert_eq!(number(process, 1).await, 3);
            assert_eq!(process.cache.stats().rejected_fills, rejected + 1);
            assert_eq!(process.database.begun(), begun + 2);
        }
    })
    .await;
}

#[tokio::test]
async fn two_processes_refresh_and_the_later_one_wins() {
    let stage = Stage::new();
    let (first, later) = (stage.process().await, stage.process().await);
    stage.database.write(1);
    assert_eq!(number(&first, 1).await, 1);
    let gate = stage.database.shut();
    let older = refreshing(&first);
    stage.database.has_begun(2).await;
    stage.database.leave_open();
    stage.database.write(2);
    assert_eq!(refresh(number(&later, 1)).await, 2);
    gate.open();
    assert_eq!(ended(older).await, 1);
    assert_eq!(first.cache.stats().rejected_fills, 1);
    assert_eq!(number(&first, 1).await, 2);
}

#[tokio::test]
async fn a_refreshed_value_that_is_not_to_be_kept_ends_the_old_one() {
    on_both(async |process| {
        process.database.write(1);
        assert_eq!(small(process, 1).await, 1);
        process.database.write(100);
        assert_eq!(refresh(small(process, 1)).await, 100);
        assert!(process.cache.keys("*").unwrap().next().await.is_none());
        process.database.write(2);
        assert_eq!(small(process, 1).await, 2, "the old value is out of date");
    })
    .await;
}

#[tokio::test]
async fn a_value_that_is_not_kept_is_shared_all_the_same() {
    on_both(async |process| {
        process.database.write(100);
        let gate = process.database.shut();
        let call = || process.call_of(|process| async move { small(&process, 1).await });
        let calls: Vec<_> = (0..10).map(|_| call()).collect();
        process.has_looked(10).await;
        gate.open();
        for call in calls {
            assert_eq!(ended(call).await, 100);
        }
        assert_eq!(process.database.begun(), 1);
        assert_eq!((process.cache.stats().waits, process.cache.stats().stores), (9, 0));
        let is_free = async || process.cache.keys("*").unwrap().next().await.is_none();
        eventually(SOON, is_free, "nothing is left at the key").await;
    })
    .await;
}

#[tokio::test]
async fn a_bypass_neither_reads_nor_stores() {
    on_both(async |process| {
        process.database.write(1);
        assert_eq!(bypass(number(process, 1)).await, 1);
        assert!(process.cache.keys("*").unwrap().next().await.is_none());
        assert_eq!(number(process, 1).await, 1);
        process.database.write(2);
        assert_eq!(bypass(number(process, 1)).await, 2);
        assert_eq!(number(process, 1).await, 1);
        assert_eq!(bypass(async { number_blocking(process, 1) }).await, 2);
        let stats = process.cache.stats();
        assert_eq!((stats.hits, stats.misses, stats.stores), (1, 1, 1));
        if let Some(looks) = process.wire.as_ref().map(|wire| wire.looks.load(SeqCst)) {
            assert_eq!(looks, 2, "the store is not even asked");
        }
        bypass(write(process, 3)).await;
        assert_eq!(number(process, 1).await, 3, "a write invalidates as ever");
    })
    .await;
}

#[tokio::test]
async fn the_innermost_mode_wins() {
    on_both(async |process| {
        process.database.write(1);
        assert_eq!(bypass(refresh(number(process, 1))).await, 1);
        process.database.write(2);
        assert_eq!(refresh(bypass(number(process, 1))).await, 2);
        assert_eq!(number(process, 1).await, 1);
        assert_eq!(refresh(async { number_blocking(process, 1) }).await, 2);
        process.database.write(3);
        assert_eq!(number_blocking(process, 1), 2);
        assert_eq!(refresh(async { number_blocking(process, 1) }).await, 3);
        assert_eq!(number_blocking(process, 1), 3);
    })
    .await;
}

#[tokio::test]
async fn who_observes_is_told_where_values_came_from() {
    on_both(async |process| {
        let ((), observed) = observe(async {}).await;
        assert_eq!((observed.last, observed.is_hit()), (None, false));
        let (_, observed) = observe(number(process, 1)).await;
        assert_eq!((observed.last, observed.misses), (Some(Source::Miss), 1));
        let (_, observed) = observe(number(process, 1)).await;
        assert_eq!((observed.last, observed.hits), (Some(Source::Hit), 1));
        assert!(observed.is_hit());
        let (_, observed) = observe(bypass(number(process, 1))).await;
        assert_eq!((observed.last, observed.bypasses), (Some(Source::Bypass), 1));
        let (_, observed) = observe(refresh(number(process, 1))).await;
        assert_eq!((observed.last, observed.misses), (Some(Source::Miss), 1));
        let (_, observed) = observe(async { number_blocking(process, 1) }).await;
        assert_eq!((observed.last, observed.misses), (Some(Source::Miss), 1));
        let (_, observed) = observe(fallible(process, 1)).await;
        assert_eq!((observed.last, observed.misses), (Some(Source::Miss), 1), "an error counts");
    })
    .await;
}

#[tokio::test]
async fn who_waits_and_observes_is_told_so() {
    on_both(async |process| {
        let gate = process.database.shut();
        let leader = process.call();
        process.database.has_begun(1).await;
        let observed =
            process.call_of(|process| async move { observe(number(&process, 1)).await.1 });
        process.has_looked(2).await;
        gate.open();
        ended(leader).await;
        let observed = ended(observed).await;
        assert_eq!((observed.last, observed.waits), (Some(Source::Wait), 1));
        assert!(!observed.is_hit());
    })
    .await;
}

#[tokio::test]
async fn the_outermost_call_is_the_last_and_all_are_counted() {
    on_both(async |process| {
        number(process, 2).await;
        let (_, observed) = observe(outer(process, 1)).await;
        assert_eq!(observed.last, Some(Source::Miss));
        assert_eq!((observed.misses, observed.hits), (2, 1));
        let (_, observed) = observe(outer(process, 1)).await;
        assert_eq!((observed.last, observed.misses, observed.hits), (Some(Source::Hit), 0, 1));
        let (_, observed) = observe(async { outer_blocking(process, 1) }).await;
        assert_eq!((observed.last, observed.misses), (Some(Source::Miss), 2));
        let (inner, observed) = observe(async {
            number(process, 1).await;
            observe(number(process, 3)).await.1
        })
        .await;
        assert_eq!((inner.hits, inner.misses), (0, 1));
        assert_eq!((observed.hits, observed.misses), (1, 1), "it sees what the inner one sees");
        assert_eq!(observed.last, Some(Source::Miss));
    })
    .await;
}
