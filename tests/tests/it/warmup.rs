//! `Warmup`: loads at an interval, on one process of the fleet, as long as it holds the lock.

use crate::support::{Running, SOON, strategy};
use cache_runtime::warmup::{Loads, Progress, Warmed};
use cache_runtime::{Cache, Source, Warmup, cached, observe};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use testkit::{RedisServer, eventually, eventually_blocking};
use tokio::sync::watch;

const HOUR: Duration = Duration::from_secs(3600);

/// A lock that ends within a test, and is extended in time on a machine that is busy.
const SHORT: Duration = Duration::from_millis(1500);

/// What a fleet has in common: a source, whose loads wait while it is shut.
#[derive(Debug)]
struct Fleet {
    server: RedisServer,
    is_open: watch::Sender<bool>,
    begun: AtomicUsize,
    running: AtomicUsize,
    most: AtomicUsize,
}

#[derive(Debug, PartialEq)]
struct Failed;

#[cached(ttl = 3600, key = "item:<id>", skip(fleet))]
async fn item(fleet: Arc<Fleet>, id: usize) -> Result<usize, Failed> {
    let (_running, running) = Running::begin(&fleet.running);
    fleet.most.fetch_max(running, SeqCst);
    let begun = fleet.begun.fetch_add(1, SeqCst);
    _ = fleet.is_open.subscribe().wait_for(|is_open| *is_open).await;
    match id {
        666 => panic!("a load that panics"),
        404 => Err(Failed),
        id => Ok(id + 1000 * begun),
    }
}

impl Fleet {
    fn start() -> Arc<Self> {
        Arc::new(Self {
            server: RedisServer::start(),
            is_open: watch::Sender::new(true),
            begun: AtomicUsize::new(0),
            running: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
        })
    }

    async fn node(&self) -> Cache {
        let builder =
            Cache::builder().redis(self.server.url()).strategy(strategy()).prefix("fleet");
        builder.default_ttl(2 * HOUR).budget(Duration::from_secs(5)).build().await.unwrap()
    }

    fn begun(&self) -> usize {
        self.begun.load(SeqCst)
    }

    fn has_lock(&self) -> bool {
        self.server.get_raw("fleet:warmup:items:~lock").is_some()
    }
}

/// Loads items, each in a phase of ten.
fn warmup(fleet: &Arc<Fleet>, cache: &Cache, items: &[usize]) -> Warmup {
    // A load that panics may take seconds to say where.
    let mut warmup = Warmup::new(cache, "items").every(HOUR).lock_ttl(HOUR);
    for (number, items) in items.chunks(10).enumerate() {
        let (fleet, items) = (Arc::clone(fleet), items.to_vec());
        warmup = warmup.phase(format!("phase {number}"), move || {
            let (fleet, items) = (Arc::clone(&fleet), items.clone());
            async move {
                let mut loads = Loads::new();
                for id in items {
                    loads.push(item(Arc::clone(&fleet), id));
                }
                Ok::<_, Failed>(loads)
            }
        });
    }
    warmup
}

#[tokio::test(flavor = "multi_thread")]
async fn phases_run_in_order_a_few_loads_at_a_time() {
    let fleet = Fleet::start();
    let cache = fleet.node().await;
    let items: Vec<usize> = (0..25).chain([404, 666]).collect();
    let told = Arc::new(Mutex::new(Vec::<Progress>::new()));
    let listener = Arc::clone(&told);
    let warmup = warmup(&fleet, &cache, &items)
        .concurrency(3)
        .on_progress(move |progress| listener.lock().unwrap().push(progress.clone()));
    let Warmed::All(report) = warmup.run().await.unwrap() else {
        panic!("nobody else has the lock")
    };
    assert_eq!((report.loaded, report.failed), (25, 2));
    assert!(fleet.most.load(SeqCst) <= 3);
    let told = told.lock().unwrap().clone();
    let phases: Vec<&str> = told.iter().map(|progress| &*progress.phase).collect();
    assert!(phases.is_sorted(), "{phases:?}");
    assert_eq!((told[0].total, told[0].loaded), (10, 0));
    assert_eq!(told.last().map(|last| (last.total, last.loaded, last.failed)), Some((7, 5, 2)));
    assert!(!fleet.has_lock(), "it is released");
    let (_, seen) = observe(cache.scope(item(Arc::clone(&fleet), 7))).await;
    assert_eq!(seen.last, Some(Source::Hit));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_node_of_the_fleet_runs_in_each_interval() {
    let fleet = Fleet::start();
    let (one, other) = (fleet.node().await, fleet.node().await);
    fleet.is_open.send_replace(false);
    let running = warmup(&fleet, &one, &[1, 2]);
    let running = tokio::spawn(async move { running.run().await });
    eventually(SOON, async || fleet.begun() == 2, "one node loads").await;
    let waiting = warmup(&fleet, &other, &[1, 2]);
    assert_eq!(waiting.run().await.unwrap(), Warmed::Elsewhere, "the lock is taken");
    fleet.is_open.send_replace(true);
    assert!(matches!(running.await.unwrap(), Ok(Warmed::All(_))));
    assert_eq!(waiting.run().await.unwrap(), Warmed::Elsewhere, "it has run in this interval");
    assert!(!fleet.has_lock());
    assert_eq!(fleet.begun(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_loads_anew_what_is_stored() {
    let fleet = Fleet::start();
    let cache = fleet.node().await;
    cache.scope(item(Arc::clone(&fleet), 1)).await.unwrap();
    warmup(&fleet, &cache, &[1]).run().await.unwrap();
    assert_eq!(cache.scope(item(Arc::clone(&fleet), 1)).await, Ok(1001));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_is_held_as_long_as_the_run() {
    let fleet = Fleet::start();
    let (one, other) = (fleet.node().await, fleet.node().await);
    fleet.is_open.send_replace(false);
    let running = warmup(&fleet, &one, &[1]).lock_ttl(SHORT);
    let running = tokio::spawn(async move { running.run().await });
    eventually(SOON, async || fleet.begun() == 1, "one node loads").await;
    let stamp = fleet.server.get_raw("fleet:warmup:items:~lock").unwrap();
    // More than the lock's time passes: it is extended, and stays the same.
    // A script runs one, too.
    let extensions = || fleet.server.commandstats("set");
    let before = extensions();
    eventually(SOON, async || extensions() >= before + 4, "it is extended").await;
    assert_eq!(fleet.server.get_raw("fleet:warmup:items:~lock"), Some(stamp));
    assert_eq!(warmup(&fleet, &other, &[1]).run().await.unwrap(), Warmed::Elsewhere);
    fleet.is_open.send_replace(true);
    assert!(matches!(running.await.unwrap(), Ok(Warmed::All(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_lock_is_lost_is_dropped_at_once() {
    let fleet = Fleet::start();
    let cache = fleet.node().await;
    fleet.is_open.send_replace(false);
    let running = warmup(&fleet, &cache, &[1]).lock_ttl(SHORT);
    let running = tokio::spawn(async move { running.run().await });
    eventually(SOON, async || fleet.begun() == 1, "it loads").await;
    fleet.server.set_raw("fleet:warmup:items:~lock", b"somebody else's");
    assert_eq!(running.await.unwrap().unwrap(), Warmed::Lost);
    assert_eq!(fleet.running.load(SeqCst), 0, "its load is dropped");
    let theirs = fleet.server.get_raw("fleet:warmup:items:~lock");
    assert_eq!(theirs.as_deref(), Some(&b"somebody else's"[..]), "and theirs is left alone");
}

/// A node whose only thread stands still, as one that was stopped, stores nothing when it wakes up.
#[test]
fn a_node_that_stood_still_stores_nothing() {
    let runtime = || tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (here, fleet) = (runtime(), Fleet::start());
    fleet.is_open.send_replace(false);
    let (stopped, goes_on) = std::sync::mpsc::channel::<()>();
    let goes_on = Mutex::new(goes_on);
    let sleeper = {
        let fleet = Arc::clone(&fleet);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                let cache = fleet.node().await;
                let loader = Arc::clone(&fleet);
                // The callback stands where the process is stopped: nothing of this runtime runs.
                let stops = move |progress: &Progress| {
                    if progress.loaded == 1 {
                        _ = goes_on.lock().unwrap().recv();
                    }
                };
                let at_once = Arc::clone(&loader);
                let warmup = warmup(&loader, &cache, &[1]).lock_ttl(SHORT);
                let warmup = warmup.concurrency(1).on_progress(stops);
                // A load that asks nobody before it begins.
                let warmup = warmup.phase("at once", move || {
                    let (mut loads, fleet) = (Loads::new(), Arc::clone(&at_once));
                    loads.push(async move { Ok::<_, Failed>(fleet.begun.fetch_add(1, SeqCst)) });
                    std::future::ready(Ok::<_, Failed>(loads))
                });
                warmup.run().await
            })
        })
    };
    here.block_on(async {
        eventually(SOON, async || fleet.begun() == 1, "the first load has begun").await;
        fleet.is_open.send_replace(true);
        let other = fleet.node().await;
        let again = warmup(&fleet, &other, &[1, 2]);
        let has_run = async || matches!(again.run().await, Ok(Warmed::All(_)));
        eventually(SOON, has_run, "another node has the lock when its time is over").await;
        let begun = fleet.begun();
        let stored = fleet.server.get_raw(&fleet.server.keys("fleet:item:2:*")[0]);
        drop(stopped);
        assert_eq!(
            tokio::task::spawn_blocking(move || sleeper.join().unwrap()).await.unwrap().unwrap(),
            Warmed::Lost
        );
        assert_eq!(fleet.begun(), begun, "no load begins");
        assert_eq!(fleet.server.get_raw(&fleet.server.keys("fleet:item:2:*")[0]), stored);
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_drops_the_loads_and_releases_the_lock() {
    let fleet = Fleet::start();
    let cache = fleet.node().await;
    fleet.is_open.send_replace(false);
    let warming = warmup(&fleet, &cache, &[1]).start().unwrap();
    eventually(SOON, async || fleet.begun() == 1, "it loads").await;
    warming.shutdown().await;
    assert_eq!((fleet.running.load(SeqCst), fleet.has_lock()), (0, false));
    let dropped = warmup(&fleet, &cache, &[1]).start().unwrap();
    eventually(SOON, async || fleet.begun() == 2, "it loads again").await;
    drop(dropped);
    eventually(SOON, async || !fleet.has_lock(), "the lock is released").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shutdown_of_its_handle_ends_it() {
    let fleet = Fleet::start();
    let cache = fleet.node().await;
    fleet.is_open.send_replace(false);
    let warming = warmup(&fleet, &cache, &[1, 2]).start().unwrap();
    eventually(SOON, async || fleet.begun() == 2, "the loads run").await;
    let ended = cache.shutdown(SOON).await;
    assert!(ended.is_clean(), "{ended:?}");
    assert!(!fleet.has_lock());
    warming.shutdown().await;
    assert_eq!(fleet.running.load(SeqCst), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_runs_again_at_its_interval() {
    let fleet = Fleet::start();
    let cache = fleet.node().await;
    let warming = warmup(&fleet, &cache, &[1]).every(Duration::from_millis(50)).start().unwrap();
    eventually(SOON, async || fleet.begun() >= 3, "it has run three times").await;
    warming.shutdown().await;
}

/// A plan that panics before it returns a future, and a callback that does.
#[tokio::test(flavor = "multi_thread")]
async fn what_panics_is_not_its_end() {
    let fleet = Fleet::start();
    let cache = fleet.node().await;
    let (plans, told) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (planned, heard) = (Arc::clone(&plans), Arc::clone(&told));
    let warming = Warmup::new(&cache, "items")
        .every(Duration::from_millis(50))
        .phase("panics", move || -> std::future::Ready<Result<Loads, Failed>> {
            plans.fetch_add(1, SeqCst);
            panic!("a plan that panics")
        })
        .on_progress(move |_| {
            told.fetch_add(1, SeqCst);
            panic!("a callback that panics")
        })
        .start()
        .unwrap();
    let has_run = async || planned.load(SeqCst) >= 3 && heard.load(SeqCst) >= 3;
    eventually(SOON, has_run, "it has run three times").await;
    warming.shutdown().await;
    assert!(!fleet.has_lock());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_on_which_nothing_succeeds_leaves_it_to_others() {
    let fleet = Fleet::start();
    let (sick, healthy) = (fleet.node().await, fleet.node().await);
    let failed = warmup(&fleet, &sick, &[404, 666]).run().await;
    assert!(matches!(failed, Ok(Warmed::All(report)) if (report.loaded, report.failed) == (0, 2)));
    let done = warmup(&fleet, &healthy, &[1]).run().await;
    assert!(matches!(done, Ok(Warmed::All(report)) if report.loaded == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_never_ends_is_given_up_after_an_interval() {
    let fleet = Fleet::start();
    let cache = fleet.node().await;
    fleet.is_open.send_replace(false);
    let run = warmup(&fleet, &cache, &[1, 2]).every(Duration::from_millis(100)).run().await;
    assert!(matches!(run, Ok(Warmed::All(report)) if (report.loaded, report.failed) == (0, 2)));
    assert_eq!((fleet.running.load(SeqCst), fleet.has_lock()), (0, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn clearing_the_cache_leaves_the_lock() {
    let fleet = Fleet::start();
    let (one, other) = (fleet.node().await, fleet.node().await);
    fleet.is_open.send_replace(false);
    let running = warmup(&fleet, &one, &[1]);
    let running = tokio::spawn(async move { running.run().await });
    eventually(SOON, async || fleet.begun() == 1, "one node loads").await;
    other.clear().await.unwrap();
    assert!(fleet.has_lock());
    assert_eq!(warmup(&fleet, &other, &[1]).run().await.unwrap(), Warmed::Elsewhere);
    let mut listed = other.keys("*").unwrap();
    while let Some(key) = listed.next().await {
        assert!(!key.as_ref().unwrap().starts_with("warmup:"), "{key:?}");
    }
    fleet.is_open.send_replace(true);
    assert!(matches!(running.await.unwrap(), Ok(Warmed::All(_))));
}

#[test]
fn a_node_without_a_server_or_a_runtime_says_so() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (disabled, away) = runtime.block_on(async {
        let away = Cache::builder().redis("redis://127.0.0.1:1").build().await.unwrap();
        (Cache::builder().disabled().build().await.unwrap(), away)
    });
    let fleet = Fleet::start();
    let of = |cache: &Cache| warmup(&fleet, cache, &[1]).every(Duration::from_secs(60));
    assert_eq!(runtime.block_on(of(&disabled).run()).unwrap(), Warmed::Disabled);
    assert!(runtime.block_on(of(&away).run()).is_err_and(|error| !error.is_config()));
    assert!(of(&disabled).start().is_err_and(|error| error.is_config()));
    eventually_blocking(SOON, || fleet.begun() == 0, "nothing has begun");
}

#[tokio::test]
async fn what_cannot_work_is_a_configuration_error() {
    let fleet = Fleet::start();
    let cache = fleet.node().await;
    let good = || warmup(&fleet, &cache, &[1]);
    let wrong = [
        (good().every(2 * HOUR), "interval of 7200s is not below the TTL of 7200s"),
        (good().ttl(HOUR), "interval of 3600s is not below the TTL of 3600s"),
        (good().every(Duration::ZERO), "interval is zero"),
        (good().lock_ttl(Duration::from_millis(10)), "at least 300 ms"),
        (good().lock_ttl(Duration::MAX), "at most a day"),
        (good().concurrency(0), "no load at a time"),
        (warmup(&fleet, &cache, &[]), "no phase"),
    ];
    for (warmup, expected) in wrong {
        let error = warmup.run().await.unwrap_err();
        assert!(error.is_config() && error.to_string().contains(expected), "{error}");
        assert!(warmup.start().is_err());
    }
}
