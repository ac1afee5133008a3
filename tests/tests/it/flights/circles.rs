//! Calls that would wait for themselves, or for somebody who waits for them: they load at once.

use super::stage::*;
use cache_runtime::cached;
use std::future::Future;
use std::pin::Pin;
use std::thread;
use tokio::sync::Barrier;
use tokio::task::yield_now;

/// Asks for itself, this many times one inside the other.
#[cached(ttl = 60, key = "nested:<id>", wait = "1h", lease = "1h", skip(process, depth), cache = process.cache)]
async fn nested(process: &Process, id: u64, depth: u64) -> u64 {
    let number = process.database.load().await;
    if depth == 0 { number } else { number + Box::pin(nested(process, id, depth - 1)).await }
}

#[cached(ttl = 60, key = "spared:<id>", wait = "1h", stale_if_error = "1h", skip(process, depth), cache = process.cache)]
async fn spared(process: &Process, id: u64, depth: u64) -> u64 {
    let number = process.database.load().await;
    if depth == 0 { number } else { number + Box::pin(spared(process, id, depth - 1)).await }
}

#[cached(ttl = 60, key = "returned:<id>", wait = "1h", skip(process, depth), cache = process.cache)]
fn returned(process: &Process, id: u64, depth: u64) -> impl Future<Output = u64> + Send {
    async move {
        let number = process.database.load().await;
        if depth == 0 { number } else { number + boxed(process, id, depth - 1).await }
    }
}

type Boxed<'a> = Pin<Box<dyn Future<Output = u64> + Send + 'a>>;

fn boxed(process: &Process, id: u64, depth: u64) -> Boxed<'_> {
    Box::pin(returned(process, id, depth))
}

#[cached(ttl = 60, key = "threads:<id>", wait = "1h", skip(process, depth), cache = process.cache)]
fn nested_blocking(process: &Process, id: u64, depth: u64) -> u64 {
    let number = process.database.load_blocking();
    if depth == 0 { number } else { number + nested_blocking(process, id, depth - 1) }
}

#[cached(ttl = 60, key = "there:<id>", wait = "1h", skip(process, depth), cache = process.cache)]
async fn there(process: &Process, id: u64, depth: u64) -> u64 {
    let number = process.database.load().await;
    if depth == 0 { number } else { number + Box::pin(back(process, id, depth - 1)).await }
}

#[cached(ttl = 60, key = "back:<id>", wait = "1h", skip(process, depth), cache = process.cache)]
async fn back(process: &Process, id: u64, depth: u64) -> u64 {
    let number = process.database.load().await;
    if depth == 0 { number } else { number + there(process, id, depth - 1).await }
}

#[tokio::test]
async fn a_call_that_asks_for_itself_loads_at_once() {
    on_both(async |process| {
        process.database.write(1);
        assert_eq!(nested(process, 1, 2).await, 3);
        assert_eq!(spared(process, 1, 2).await, 3);
        assert_eq!(returned(process, 1, 2).await, 3);
        assert_eq!(process.database.begun(), 9);
        assert_eq!(process.cache.stats().stores, 3, "only the outermost is stored");
        assert_eq!(nested(process, 1, 2).await, 3);
        assert_eq!((process.database.begun(), process.cache.stats().waits), (9, 0));
    })
    .await;
}

#[tokio::test]
async fn two_functions_that_ask_for_each_other_do_not_wait() {
    on_both(async |process| {
        process.database.write(1);
        assert_eq!(there(process, 1, 4).await, 5);
        assert_eq!(process.database.begun(), 5);
        assert_eq!(process.cache.stats().stores, 2);
    })
    .await;
}

#[test]
fn a_thread_does_not_wait_for_itself() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let stage = Stage::new();
    for process in [runtime.block_on(stage.process()), runtime.block_on(embedded())] {
        process.database.write(1);
        let same = process.clone();
        let thread = thread::spawn(move || nested_blocking(&same, 1, 2));
        testkit::eventually_blocking(SOON, || thread.is_finished(), "the call has returned");
        assert_eq!((thread.join().unwrap(), process.cache.stats().stores), (3, 1));
    }
}

/// Asks for one thing twice at the same time.
#[cached(ttl = 60, key = "pair:<id>", wait = "1h", skip(process), cache = process.cache)]
async fn pair(process: &Process, id: u64) -> u64 {
    let (first, second) = tokio::join!(number(process, id), number(process, id));
    first + second
}

#[tokio::test]
async fn calls_beside_each_other_share_one_load() {
    on_both(async |process| {
        process.database.write(1);
        let gate = process.database.shut();
        let pair = process.call_of(|process| async move { pair(&process, 1).await });
        process.database.has_begun(1).await;
        yield_now().await;
        gate.open();
        assert_eq!(ended(pair).await, 2);
        let stats = process.cache.stats();
        assert_eq!((process.database.begun(), stats.waits, stats.stores), (1, 1, 2));
    })
    .await;
}

/// Asks for another one when all have got as far.
#[cached(ttl = 60, key = "crossing:<id>", wait = "1h", skip(process, met), cache = process.cache)]
async fn crossing(process: &Process, id: u64, met: Option<(&Barrier, u64)>) -> u64 {
    let number = process.database.load().await;
    let Some((barrier, next)) = met else { return number };
    barrier.wait().await;
    number + Box::pin(crossing(process, next, None)).await
}

#[tokio::test]
async fn tasks_that_wait_for_each_other_are_told_apart() {
    on_both(async |process| {
        process.database.write(1);
        let barrier = Barrier::new(3);
        let call = |id, next| crossing(process, id, Some((&barrier, next)));
        let (first, second, third) = tokio::join!(call(1, 2), call(2, 3), call(3, 1));
        // The call that closes the circle loads what it would wait for. The others wait.
        assert_eq!(first + second + third, 2 + 3 + 4);
        assert_eq!((process.database.begun(), process.cache.stats().stores), (4, 3));
        assert_eq!(process.cache.stats().waits, 2);
    })
    .await;
}

/// Asks for itself in a task of its own.
#[cached(ttl = 60, key = "tasks:<id>", wait = "1h", skip(process, depth), cache = process.cache)]
async fn in_a_task(process: &Process, id: u64, depth: u64) -> u64 {
    let number = process.database.load().await;
    if depth == 0 {
        return number;
    }
    number + process.cache.spawn(task_of(process.clone(), id, depth - 1)).await.unwrap()
}

fn task_of(process: Process, id: u64, depth: u64) -> Boxed<'static> {
    Box::pin(async move { in_a_task(&process, id, depth).await })
}

#[tokio::test]
async fn a_task_does_not_wait_for_the_load_that_has_spawned_it() {
    on_both(async |process| {
        process.database.write(1);
        assert_eq!(in_a_task(process, 1, 2).await, 3);
        assert_eq!(process.cache.stats().stores, 1);
    })
    .await;
}

/// Asks for itself on another handle of the same store.
#[cached(ttl = 60, key = "handles:<id>", wait = "1h", lease = "1h", skip(process, next), cache = process.cache)]
async fn elsewhere(process: &Process, id: u64, next: Option<&Process>) -> u64 {
    let number = process.database.load().await;
    match next {
        Some(next) => number + Box::pin(elsewhere(next, id, None)).await,
        None => number,
    }
}

#[tokio::test]
async fn a_call_does_not_wait_for_itself_on_another_handle() {
    let stage = Stage::new();
    stage.database.write(1);
    let (first, second) = (stage.process().await, stage.process().await);
    assert_eq!(in_time(elsewhere(&first, 1, Some(&second))).await, 2);
    assert_eq!((first.cache.stats().stores, second.cache.stats().stores), (1, 0));
}
