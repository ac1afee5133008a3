//! A store of the application's own: what it must do, how the suite notices that it does not, and that calls go through it.

mod fault;
mod globs;
mod map_store;

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use cache_runtime::store::conformance;
use cache_runtime::{Cache, cached, invalidates};
use fault::{FAULTS, Fault};
use map_store::MapStore;
use testkit::eventually;
use tokio::task::JoinHandle;

#[tokio::test]
async fn a_store_that_does_as_it_should_passes() {
    let store = MapStore::new(Fault::None);
    conformance::check(&store).await;
    assert!(store.entries.lock().unwrap().is_empty(), "the suite cleans up");
}

/// It may keep the trait's own `restamp`, if it says so.
#[tokio::test]
async fn a_store_without_stamps_passes_where_none_are_expected() {
    conformance::check_without_restamp(&MapStore::new(Fault::RefusesStamps)).await;
    let suite = conformance::check_without_restamp;
    let checked = tokio::spawn(async move { suite(&MapStore::new(Fault::StampsNothing)).await });
    assert!(complaint(Fault::StampsNothing, checked).await.contains("expected false, saw true"));
}

/// The suite's complaint about a store.
async fn complaint(fault: Fault, checked: JoinHandle<()>) -> String {
    let Err(error) = checked.await else { panic!("the suite does not notice {fault:?}") };
    let panic = error.into_panic();
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
        .expect("a panic has a text")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_fault_is_named() {
    let check = |fault| async move { conformance::check(&MapStore::new(fault)).await };
    let checks = FAULTS.iter().map(|(fault, words)| (*fault, *words, tokio::spawn(check(*fault))));
    let mut unnamed = Vec::new();
    for (fault, words, checked) in checks.collect::<Vec<_>>() {
        let complaint = complaint(fault, checked).await;
        let is_named = complaint.starts_with(words[0]);
        if !is_named || !words.iter().all(|words| complaint.contains(words)) {
            unnamed.push(format!("{fault:?}: {complaint}"));
        }
    }
    assert!(unnamed.is_empty(), "{}", unnamed.join("\n"));
}

#[cached(key = "item:<ids>", each = ids)]
async fn items(ids: &[u64]) -> HashMap<u64, u64> {
    ids.iter().map(|id| (*id, id * 10)).collect()
}

/// Nobody can say whose values they are.
#[tokio::test]
async fn an_answer_that_is_short_is_an_error_and_a_miss_for_all() {
    let cache = Cache::builder().store(MapStore::new(Fault::ReadsNothingBeside)).build();
    let (cache, ids) = (cache.await.unwrap(), [1, 2, 3]);
    let all = HashMap::from([(1, 10), (2, 20), (3, 30)]);
    for _ in 0..3 {
        assert_eq!(cache.scope(items(&ids)).await, all);
    }
    cache.set("a", 1, 60).await.unwrap();
    let read = cache.get_many::<u8>(["none", "a"]).await;
    assert!(read.as_ref().is_err_and(cache_runtime::Error::is_server), "{read:?}");
    assert!(cache.stats().errors > 3);
}

#[cached(ttl = "1ms", stale = "1h", key = "aged", skip(loads))]
async fn aged(loads: &Mutex<u32>) -> u32 {
    let mut loads = loads.lock().unwrap();
    *loads += 1;
    *loads
}

/// Nothing in the entry says that somebody loads: the entry itself is what the fill is compared with.
#[tokio::test]
async fn a_store_without_stamps_loads_expired_values_anew() {
    let store = MapStore::new(Fault::RefusesStamps);
    let (cache, loads) = (Cache::builder().store(store).build().await.unwrap(), Mutex::new(0));
    let is_new = async || cache.scope(aged(&loads)).await > 3;
    eventually(Duration::from_secs(20), is_new, "it is loaded anew").await;
    assert_eq!(cache.stats().errors, 0);
}

#[cached(key = "user:<id>", skip(loads))]
async fn user(id: u64, loads: &Mutex<u32>) -> String {
    *loads.lock().unwrap() += 1;
    format!("user {id}")
}

#[invalidates("user:<id>:*")]
async fn rename(id: u64) {
    assert!(id > 0);
}

#[tokio::test]
async fn calls_go_through_the_applications_own_store() {
    let store = MapStore::new(Fault::None);
    let cache = Cache::builder().prefix("own").store(store).build().await.unwrap();
    let loads = Mutex::new(0);
    let calls = async {
        assert_eq!(user(1, &loads).await, "user 1");
        assert_eq!(user(1, &loads).await, "user 1");
        assert_eq!(*loads.lock().unwrap(), 1);
        rename(2).await;
        assert_eq!(user(1, &loads).await, "user 1");
        assert_eq!(*loads.lock().unwrap(), 1, "another user was renamed");
        rename(1).await;
        assert_eq!(user(1, &loads).await, "user 1");
        assert_eq!(*loads.lock().unwrap(), 2);
    };
    cache.scope(calls).await;
    let stats = cache.stats();
    assert_eq!((stats.hits, stats.stores, stats.deleted, stats.errors), (2, 2, 1, 0));
    assert_eq!(cache.store_name(), "map");
    assert_eq!(cache.ttl("nothing").await.unwrap(), None);
}
