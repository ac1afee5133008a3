//! A caller that is gone, at whatever point: the next in line goes on at once, and nothing is left behind.

use super::stage::*;
use cache_runtime::{Cache, cached};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};
use testkit::{eventually, eventually_blocking};
use tokio::task::yield_now;

/// Neither an end of the lease nor of the patience helps out.
#[cached(ttl = 60, key = "steps:<id>", lease = "1h", wait = "1h", skip(process), cache = process.cache)]
async fn in_steps(process: &Process, id: usize) -> u64 {
    yield_now().await;
    let number = process.database.load().await;
    yield_now().await;
    number
}

/// Polls a future this often at most, each time when it was woken; says whether it has ended.
async fn has_ended_after<F: Future<Output = u64>>(future: &mut Pin<Box<F>>, polls: usize) -> bool {
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(_) => Poll::Ready(true),
            Poll::Pending if left == 0 => Poll::Ready(false),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// Drops a leader at each of its await points in turn while others wait, and expects one of them to load at once.
async fn leaders_are_dropped(first: &Process, second: &Process) {
    for polls in 0.. {
        let mut leader = Box::pin(in_steps(first, polls));
        let has_ended = has_ended_after(&mut leader, polls).await;
        let looks = second.looks();
        let loads = second.database.begun();
        let followers: Vec<_> = (0..3)
            .map(|_| second.call_of(move |process| async move { in_steps(&process, polls).await }))
            .collect();
        second.has_looked(looks + 3).await;
        drop(leader);
        for listener in followers {
            assert_eq!(ended(listener).await, 7, "after {polls} polls");
        }
        let further = second.database.begun() - loads;
        assert!(further <= 1, "after {polls} polls: {further} loads");
        // What the leader had sent may arrive after the others have loaded.
        let is_stored = async || {
            let hits = second.cache.stats().hits;
            assert_eq!(in_steps(second, polls).await, 7);
            second.cache.stats().hits > hits
        };
        eventually(SOON, is_stored, "the key holds a value").await;
        if has_ended {
            assert_eq!(further, 0, "the leader was not dropped");
            assert!(polls > 2, "there are await points");
            return;
        }
    }
}

#[tokio::test]
async fn a_leader_dropped_at_any_point_hands_over() {
    on_both(async |process| {
        process.database.write(7);
        leaders_are_dropped(process, process).await;
        assert_eq!(process.cache.stats().errors, 0);
    })
    .await;
}

#[tokio::test]
async fn a_leader_dropped_at_any_point_hands_over_to_another_process() {
    let stage = Stage::new();
    stage.database.write(7);
    let (first, second) = (stage.process().await, stage.process().await);
    leaders_are_dropped(&first, &second).await;
    assert_eq!(first.cache.stats().errors + second.cache.stats().errors, 0);
}

#[tokio::test]
async fn a_leader_that_nobody_waits_for_leaves_nothing_behind() {
    let stage = Stage::new();
    let process = stage.process().await;
    for polls in 0.. {
        let mut leader = Box::pin(in_steps(&process, polls));
        let has_ended = has_ended_after(&mut leader, polls).await;
        drop(leader);
        if has_ended {
            break;
        }
        // Its value may have been on its way.
        let keys = || stage.keys();
        let is_clean = async || {
            keys().iter().all(|key| {
                let held = stage.server.get_raw(key);
                held.is_none_or(|held| !held.starts_with(b"cache/1 lease"))
            })
        };
        eventually(SOON, is_clean, "the key holds an entry or nothing").await;
        stage.server.flush();
    }
}

#[tokio::test]
async fn followers_that_leave_are_not_missed() {
    on_both(async |process| {
        process.database.write(7);
        let gate = process.database.shut();
        let leader = process.call();
        process.database.has_begun(1).await;
        let followers: Vec<_> = (0..5).map(|_| process.call()).collect();
        process.has_looked(6).await;
        for gone in [0, 2, 4] {
            followers[gone].abort();
        }
        gate.open();
        assert_eq!(ended(leader).await, 7);
        for (place, listener) in followers.into_iter().enumerate() {
            let returned = listener.await;
            assert_eq!(returned.ok(), (place % 2 == 1).then_some(7), "in place {place}");
        }
        assert_eq!(process.database.begun(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_turn_is_not_lost_with_the_one_it_comes_to() {
    on_both(async |process| {
        process.database.write(7);
        let gate = process.database.shut();
        let leader = process.call();
        process.database.has_begun(1).await;
        let (next, last) = (process.call(), process.call());
        process.has_looked(3).await;
        process.database.leave_open();
        // Both are dropped before the next one has heard of its turn.
        leader.abort();
        next.abort();
        assert_eq!(ended(last).await, 7);
        assert!(leader.await.unwrap_err().is_cancelled());
        assert!(next.await.unwrap_err().is_cancelled());
        assert_eq!(process.database.begun(), 2);
        assert_eq!(number(process, 1).await, 7);
        assert_eq!(process.cache.stats().hits, 1, "it was stored under the lease of the first");
        drop(gate);
    })
    .await;
}

/// The bridge has looked for the follower, who does not go on: it neither has the turn nor waits for it.
#[tokio::test]
async fn a_lease_that_was_left_is_not_waited_for() {
    let stage = Stage::new();
    let process = stage.process().await;
    let gate = process.database.shut();
    let leader = process.call();
    process.database.has_begun(1).await;
    process.database.leave_open();
    let mut listener = {
        let process = process.clone();
        Box::pin(async move { number(&process, 1).await })
    };
    let polled_without_tokio = thread::spawn(move || {
        let polled = listener.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(polled.is_pending());
        listener
    });
    let listener = polled_without_tokio.join().unwrap();
    process.has_looked(2).await;
    // The bridge does one thing after another: it has left the follower.
    number_blocking(&process, 1);
    leader.abort();
    assert!(leader.await.unwrap_err().is_cancelled());
    process.database.write(7);
    assert_eq!(in_time(number(&process, 1)).await, 7);
    let stats = process.cache.stats();
    assert_eq!(stats.stores, 2, "under the lease of the first: {stats:?}");
    drop((listener, gate));
}

/// What was sent on one connection may arrive after what was sent later on another.
#[tokio::test]
async fn a_lease_that_is_taken_after_its_release_is_released_again() {
    let stage = Stage::new();
    let builder = patient().redis(stage.server.url()).lease(Duration::from_secs(3600));
    let process = through_wire(builder, &stage.database).await;
    let late = Gate::shut();
    *process.wire().late_leases.lock().unwrap() = Some(late.clone());
    let caller = process.call();
    process.has_looked(1).await;
    tokio::task::yield_now().await;
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    *process.wire().late_leases.lock().unwrap() = None;
    let was_released = async || process.wire().releases.load(SeqCst) > 0;
    eventually(SOON, was_released, "the lease was released").await;
    late.open();
    let is_taken = async || process.wire().arrivals.load(SeqCst) == 1;
    eventually(SOON, is_taken, "the lease was taken").await;
    let is_free = async || stage.keys().is_empty();
    eventually(SOON, is_free, "it was released again").await;
}

/// A command that waited in front of a server that stood still arrives when the server goes on,
/// however long that took.
#[tokio::test]
async fn a_lease_that_arrives_after_a_long_freeze_is_released() {
    let lease = Duration::from_secs(2);
    let stage = Stage::new();
    let builder = patient().redis(stage.server.url()).budget(lease / 4).lease(lease);
    let process = through_wire(builder, &stage.database).await;
    let late = Gate::shut();
    *process.wire().late_leases.lock().unwrap() = Some(late.clone());
    let caller = process.call();
    process.has_looked(1).await;
    stage.server.freeze();
    late.open();
    assert_eq!(ended(caller).await, 0, "it runs without the store");
    *process.wire().late_leases.lock().unwrap() = None;
    let began = Instant::now();
    eventually(SOON, async || began.elapsed() > lease * 2, "the lease would be over").await;
    stage.server.thaw();
    // A release that waited in front of the server, too, may have done it: nobody hears its answer.
    // If the server needs a script for it, which it has not learnt yet, a later one does it.
    let thawed = Instant::now();
    let is_over =
        async || process.wire().released.load(SeqCst) == 1 || thawed.elapsed() > lease * 2;
    eventually(SOON, is_over, "the lease has arrived, and was released").await;
    assert_eq!(stage.keys(), [""; 0], "it is gone");
    // With scopes, epochs that nobody needs any more have ended by themselves.
    if crate::support::strategy() == cache_runtime::Strategy::Scan {
        assert_eq!(stage.server.info("stats")["expired_keys"], "0", "it has not ended by itself");
    }
}

#[tokio::test]
async fn a_lease_of_ones_own_whose_load_is_over_is_not_waited_for() {
    let stage = Stage::new();
    let builder = patient().redis(stage.server.url()).lease(Duration::from_secs(3600));
    let process = through_wire(builder, &stage.database).await;
    let late = Gate::shut();
    *process.wire().late_leases.lock().unwrap() = Some(late.clone());
    let caller = process.call();
    process.has_looked(1).await;
    tokio::task::yield_now().await;
    process.wire().keeps_leases.store(true, SeqCst);
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    *process.wire().late_leases.lock().unwrap() = None;
    late.open();
    let is_taken = async || process.wire().arrivals.load(SeqCst) == 1;
    eventually(SOON, is_taken, "the lease was taken").await;
    assert!(stage.is_leased(), "by nobody");
    process.database.write(7);
    assert_eq!(in_time(number(&process, 1)).await, 7);
    assert_eq!(process.cache.stats().stores, 1, "under a lease in its place");
}

static PANICS: AtomicBool = AtomicBool::new(false);

#[cached(ttl = 60, key = "panics:<id>", skip(process), cache = process.cache)]
async fn panicking(process: &Process, id: u64) -> u64 {
    let number = process.database.load().await;
    assert!(!PANICS.swap(false, SeqCst), "the load panics once");
    number
}

#[tokio::test]
async fn a_panic_reaches_its_own_caller_alone() {
    on_both(async |process| {
        process.database.write(7);
        let gate = process.database.shut();
        let call = || process.call_of(|process| async move { panicking(&process, 1).await });
        let leader = call();
        process.database.has_begun(1).await;
        let followers = [call(), call(), call()];
        process.has_looked(4).await;
        PANICS.store(true, SeqCst);
        gate.open();
        assert!(leader.await.unwrap_err().is_panic());
        for listener in followers {
            assert_eq!(ended(listener).await, 7);
        }
        assert_eq!(process.database.begun(), 2, "one of them has loaded");
    })
    .await;
}

static THREAD_PANICS: AtomicBool = AtomicBool::new(false);

#[cached(ttl = 60, key = "panics:<id>", skip(process), cache = process.cache)]
fn panicking_blocking(process: &Process, id: u64) -> u64 {
    let number = process.database.load_blocking();
    assert!(!THREAD_PANICS.swap(false, SeqCst), "the load panics once");
    number
}

#[test]
fn a_panic_reaches_its_own_thread_alone() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let stage = Stage::new();
    for process in [runtime.block_on(stage.process()), runtime.block_on(embedded())] {
        process.database.write(7);
        let gate = process.database.shut();
        let call = || {
            let process = process.clone();
            thread::spawn(move || panicking_blocking(&process, 1))
        };
        let calls = [call(), call(), call()];
        eventually_blocking(SOON, || process.database.begun() == 1, "the load has begun");
        THREAD_PANICS.store(true, SeqCst);
        gate.open();
        let returned = calls.map(|call| call.join().ok());
        assert_eq!(returned.iter().filter(|value| value.is_none()).count(), 1);
        assert_eq!(returned.iter().flatten().collect::<Vec<_>>(), [&7, &7]);
        assert_eq!(process.database.begun(), 2);
        assert_eq!(number_of(&process), 7);
    }
}

/// A call after all of that.
fn number_of(process: &Process) -> u64 {
    let loads = process.database.begun();
    let number = panicking_blocking(process, 1);
    assert_eq!(process.database.begun(), loads, "it is a hit");
    number
}

/// What a load holds, such as a transaction of the database.
struct Held<'a> {
    cache: &'a Cache,
    loads: &'a AtomicU64,
}

/// Asks whether somebody else could load by now.
impl Drop for Held<'_> {
    fn drop(&mut self) {
        let mut next = Box::pin(held(self.cache, self.loads));
        _ = next.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    }
}

#[cached(skip(cache, loads), cache = cache)]
async fn held(cache: &Cache, loads: &AtomicU64) -> u64 {
    if loads.fetch_add(1, SeqCst) == 0 {
        let _held = Held { cache, loads };
        std::future::pending::<()>().await;
    }
    loads.load(SeqCst)
}

/// The next in line began while the load before it was not yet gone, and met what that one still held.
#[tokio::test]
async fn a_load_is_gone_before_the_next_one_begins() {
    let (cache, loads) = (Cache::builder().memory().build().await.unwrap(), AtomicU64::new(0));
    let mut first = Box::pin(held(&cache, &loads));
    assert!(!has_ended_after(&mut first, 1).await);
    drop(first);
    assert_eq!(loads.load(SeqCst), 1, "nobody loads while the first load is there");
    assert_eq!(held(&cache, &loads).await, 2);
}
