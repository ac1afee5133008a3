//! Tasks that are spawned while a handle is in scope.

use cache_runtime::{Cache, bypass, cached, invalidates};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use testkit::Log;

static NUMBER: AtomicU64 = AtomicU64::new(0);

#[cached(key = "number")]
async fn number() -> u64 {
    NUMBER.fetch_add(1, SeqCst)
}

#[invalidates("number:*")]
async fn change() {}

#[invalidates("number:*")]
async fn change_elsewhere() {}

#[tokio::test]
async fn a_task_that_the_handle_spawns_uses_it() {
    let cache = Cache::builder().build().await.unwrap();
    let task = cache.clone();
    let calls = async move {
        let first = number().await;
        assert_eq!(task.spawn(number()).await.unwrap(), first);
        let bypassed = bypass(async { task.spawn(number()).await.unwrap() }).await;
        assert_ne!(bypassed, first, "the mode goes along");
        task.spawn(change()).await.unwrap();
        assert_eq!(task.stats().deleted, 1);
    };
    cache.scope(calls).await;
}

#[tokio::test]
async fn a_write_that_lost_its_handle_says_so_once() {
    let log = Log::default();
    let _guard = log.listen();
    let cache = Cache::builder().build().await.unwrap();
    let lost = async {
        for _ in 0..2 {
            tokio::spawn(change_elsewhere()).await.unwrap();
        }
    };
    cache.scope(lost).await;
    let text = log.text();
    assert_eq!(text.matches("has no handle here").count(), 1, "{text}");
    assert!(text.contains("tasks::change_elsewhere"), "{text}");
}
