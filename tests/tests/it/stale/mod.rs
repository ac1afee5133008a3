//! `stale`, `stale_if_error`, `early` and `jitter`: what becomes of values near the end of their time, and behind it.

mod stage;
use crate::support::strategy;
use async_trait::async_trait;
use cache_runtime::{Cache, Source, cached, observe};
use stage::{
    Failed, Process, SOON, age, early, expire_all, hasty, jitter, patient, put_ahead, rushed, slow,
    spare, spare_blocking, stale, two_processes, write, write_spare,
};
use std::pin::Pin;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;
use testkit::{RedisServer, eventually};

const A_MOMENT: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(120);

/// The output of a call, and where it came from.
async fn seen<T>(call: impl Future<Output = T>) -> (T, Option<Source>) {
    let (output, observed) = observe(call).await;
    (output, observed.last)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_value_is_served_while_one_caller_loads_it_anew() {
    let (server, one, other) = two_processes().await;
    assert_eq!(seen(stale(&one, 1)).await, (Ok(1), Some(Source::Miss)));
    expire_all(&server, A_MOMENT);
    one.source.number.store(2, SeqCst);
    let loads = one.begins(async |one| stale(&one, 1).await).await;
    for process in [&one, &other, &one, &other] {
        assert_eq!(seen(stale(process, 1)).await, (Ok(1), Some(Source::Stale)));
    }
    one.source.open();
    assert_eq!(loads.await.unwrap(), Ok(2));
    assert_eq!(seen(stale(&other, 1)).await, (Ok(2), Some(Source::Hit)));
    assert_eq!(one.source.begun(), 2, "one caller of both processes loads");
    let (here, there) = (one.cache.stats(), other.cache.stats());
    assert_eq!((here.stale_hits, there.stale_hits, there.misses), (2, 2, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_its_time_an_expired_value_is_served_to_nobody() {
    let (server, one, _) = two_processes().await;
    stale(&one, 1).await.unwrap();
    expire_all(&server, LONG);
    one.source.number.store(2, SeqCst);
    assert_eq!(seen(stale(&one, 1)).await, (Ok(2), Some(Source::Miss)));
    one.source.fails.store(true, SeqCst);
    expire_all(&server, LONG);
    assert_eq!(stale(&one, 1).await, Err(Failed));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_loads_anew_does_not_wait_for_long() {
    let (server, one, other) = two_processes().await;
    hasty(&one, 1).await.unwrap();
    expire_all(&server, A_MOMENT);
    one.source.shut();
    assert_eq!(seen(hasty(&one, 1)).await, (Ok(1), Some(Source::Stale)));
    assert_eq!((one.source.begun(), one.source.running()), (2, 0), "the load is dropped");
    let begins_another = async || {
        assert_eq!(hasty(&other, 1).await, Ok(1));
        one.source.begun() > 2
    };
    eventually(SOON, begins_another, "the next caller loads anew").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_is_given_up_leaves_the_entry_to_the_next_caller() {
    let (server, one, other) = two_processes().await;
    stale(&one, 1).await.unwrap();
    expire_all(&server, A_MOMENT);
    let loads = one.begins(async |one| stale(&one, 1).await).await;
    loads.abort();
    one.source.number.store(2, SeqCst);
    one.source.open();
    let is_new = async || stale(&other, 1).await == Ok(2);
    eventually(SOON, is_new, "another caller has loaded").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_fails_is_no_reason_to_serve_nothing() {
    let (server, one, other) = two_processes().await;
    spare(&one, 1).await.unwrap();
    expire_all(&server, LONG);
    one.source.fails.store(true, SeqCst);
    for process in [&one, &other] {
        assert_eq!(seen(spare(process, 1)).await, (Ok(1), Some(Source::Stale)));
    }
    assert_eq!(one.source.begun(), 3, "each of them has tried");
    assert_eq!(spare(&one, 2).await, Err(Failed), "nothing is stored for this one");
    one.source.fails.store(false, SeqCst);
    one.source.number.store(2, SeqCst);
    assert_eq!(seen(spare(&one, 1)).await, (Ok(2), Some(Source::Miss)));
    expire_all(&server, Duration::from_secs(2 * 3600));
    one.source.fails.store(true, SeqCst);
    assert_eq!(spare(&one, 1).await, Err(Failed), "its time is over");
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_who_wait_for_a_load_that_fails_have_the_spare_value_too() {
    let (server, one, other) = two_processes().await;
    spare(&one, 1).await.unwrap();
    expire_all(&server, LONG);
    one.source.fails.store(true, SeqCst);
    one.source.shut();
    let call = |process: &Process| {
        let process = process.clone();
        tokio::spawn(async move { spare(&process, 1).await })
    };
    let loads = call(&one);
    one.source.has_begun(2).await;
    let waits = [call(&one), call(&one), call(&other)];
    one.source.open();
    assert_eq!(loads.await.unwrap(), Ok(1));
    for wait in waits {
        assert_eq!(wait.await.unwrap(), Ok(1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocking_load_that_fails_is_no_reason_to_serve_nothing_either() {
    let (server, one, _) = two_processes().await;
    spare_blocking(&one, 1).unwrap();
    expire_all(&server, LONG);
    one.source.fails.store(true, SeqCst);
    assert_eq!(spare_blocking(&one, 1), Ok(1));
    one.source.fails.store(false, SeqCst);
    one.source.number.store(2, SeqCst);
    assert_eq!(spare_blocking(&one, 1), Ok(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_invalidated_is_never_served_as_stale() {
    let (server, one, other) = two_processes().await;
    stale(&one, 1).await.unwrap();
    expire_all(&server, A_MOMENT);
    let loads = one.begins(async |one| stale(&one, 1).await).await;
    write(&other, 2).await;
    // The load that began before the write fails: there is nothing to serve in its place any more.
    one.source.fails.store(true, SeqCst);
    one.source.open();
    assert_eq!(loads.await.unwrap(), Err(Failed));
    one.source.fails.store(false, SeqCst);
    assert_eq!(seen(stale(&other, 1)).await, (Ok(2), Some(Source::Miss)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_is_loaded_anew_during_a_write_is_not_stored() {
    let (server, one, other) = two_processes().await;
    stale(&one, 1).await.unwrap();
    expire_all(&server, A_MOMENT);
    let loads = one.begins(async |one| stale(&one, 1).await).await;
    write(&other, 2).await;
    one.source.open();
    assert_eq!(loads.await.unwrap(), Ok(1), "it began before the write");
    assert_eq!(stale(&one, 1).await, Ok(2));
    assert_eq!(stale(&other, 1).await, Ok(2));
    assert_eq!(one.cache.stats().rejected_fills, 1);
}

/// Another process has invalidated, and died before it could delete what is stale.
fn invalidate_and_die(server: &RedisServer, key: &str) {
    let epochs = server.keys("*epoch*");
    for epoch in &epochs {
        server.set_raw(epoch, b"000102030405060708090a0b0c0d0e0f");
    }
    if epochs.is_empty() {
        server.command(&["DEL", key]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_outlasts_its_callers_patience_is_not_stored_after_a_write() {
    let (server, one, other) = two_processes().await;
    patient(&one, 1).await.unwrap();
    let key = server.keys("cache:patient:1:*").remove(0);
    expire_all(&server, A_MOMENT);
    let loads = one.begins(async |one| patient(&one, 1).await).await;
    let looks = || server.commandstats("get") + server.commandstats("mget");
    let before = looks();
    one.source.number.store(2, SeqCst);
    invalidate_and_die(&server, &key);
    eventually(SOON, async || looks() > before, "its caller has looked for something to serve")
        .await;
    // Its answer is on its way: what follows is no race, because the load ends later in any case.
    one.source.open();
    assert_eq!(loads.await.unwrap(), Ok(1), "it began before the write");
    assert_eq!(patient(&other, 1).await, Ok(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_overdue_is_not_served_in_place_of_a_load() {
    let (server, one, _) = two_processes().await;
    spare(&one, 1).await.unwrap();
    expire_all(&server, LONG);
    let loads = one.begins(async |one| spare(&one, 1).await).await;
    server.command(&["ACL", "SETUSER", "default", "-unlink", "-del", "-set"]);
    write_spare(&one, 2).await;
    if one.cache.health().await.overdue_invalidations > 0 {
        one.source.fails.store(true, SeqCst);
        one.source.open();
        assert_eq!(loads.await.unwrap(), Err(Failed));
    } else {
        panic!("the invalidation has failed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_is_cancelled_while_it_claims_leaves_no_claim() {
    let (server, one, other) = two_processes().await;
    stale(&one, 1).await.unwrap();
    expire_all(&server, A_MOMENT);
    server.command(&["CLIENT", "PAUSE", "60000", "WRITE"]);
    let loader = one.clone();
    let loads = tokio::spawn(async move { stale(&loader, 1).await });
    let is_asking = async || server.info("clients")["blocked_clients"] == "1";
    eventually(SOON, is_asking, "the claim is on its way").await;
    loads.abort();
    assert!(loads.await.is_err_and(|error| error.is_cancelled()));
    server.command(&["CLIENT", "UNPAUSE"]);
    one.source.number.store(2, SeqCst);
    let is_new = async || stale(&other, 1).await == Ok(2);
    eventually(SOON, is_new, "another caller loads").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_of_a_slow_source_are_served_and_do_not_all_load() {
    let (server, one, other) = two_processes().await;
    slow(&one, 1).await.unwrap();
    expire_all(&server, LONG);
    one.source.shut();
    let calls: Vec<_> = (0..50)
        .map(|number| {
            let process = if number % 2 == 0 { one.clone() } else { other.clone() };
            tokio::spawn(async move { slow(&process, 1).await })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), Ok(1));
    }
    assert!(one.source.begun() < 10, "{} loads", one.source.begun());
    let (here, there) = (one.cache.stats(), other.cache.stats());
    assert_eq!((here.stale_hits + there.stale_hits, here.waits + there.waits), (50, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_of_a_clock_that_is_ahead_does_not_count() {
    let (server, one, _) = two_processes().await;
    stale(&one, 1).await.unwrap();
    expire_all(&server, A_MOMENT);
    let key = server.keys("cache:stale:1:*").remove(0);
    let entry = server.get_raw(&key).unwrap();
    let spaces = entry.iter().enumerate().filter(|(_, byte)| **byte == b' ');
    let token = spaces.map(|(at, _)| at + 1).nth(4).unwrap().to_string();
    server.command(&["SETRANGE", &key, &token, "7fffffffffff"]);
    one.source.number.store(2, SeqCst);
    assert_eq!(stale(&one, 1).await, Ok(2));
}

/// A host whose clock was an hour ahead has written the entry, or this one is an hour behind.
#[tokio::test(flavor = "multi_thread")]
async fn an_entry_of_a_clock_that_is_ahead_is_fresh_for_its_time_and_no_longer() {
    let (server, one, _) = two_processes().await;
    for (ahead, id) in [(3600, 1), (7, 2)] {
        stale(&one, id).await.unwrap();
        put_ahead(&server, Duration::from_secs(ahead));
        assert_eq!(seen(stale(&one, id)).await.1, Some(Source::Hit), "it has just been stored");
        let number = one.source.number.fetch_add(1, SeqCst);
        age(&server, Duration::from_secs(61));
        assert_eq!(stale(&one, id).await, Ok(number + 1), "its time is over: it is loaded anew");
        assert_eq!(seen(stale(&one, id)).await, (Ok(number + 1), Some(Source::Hit)));
        server.flush();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_of_a_clock_that_is_ahead_falls_back_for_its_time_and_no_longer() {
    let (server, one, other) = two_processes().await;
    spare(&one, 1).await.unwrap();
    put_ahead(&server, Duration::from_secs(24 * 3600));
    age(&server, Duration::from_secs(1000));
    one.source.fails.store(true, SeqCst);
    for process in [&one, &other] {
        assert_eq!(seen(spare(process, 1)).await, (Ok(1), Some(Source::Stale)));
    }
    age(&server, Duration::from_secs(2659));
    let is_over = async || spare(&one, 1).await == Err(Failed);
    eventually(SOON, is_over, "the store lets it go").await;
}

/// How long it stays says nothing where the writer kept values for another time.
#[tokio::test(flavor = "multi_thread")]
async fn an_entry_of_a_clock_that_is_ahead_and_of_an_unknown_age_is_loaded_anew() {
    let (server, one, _) = two_processes().await;
    for harm in ["PEXPIRE", "PERSIST"] {
        stale(&one, 1).await.unwrap();
        put_ahead(&server, Duration::from_secs(3600));
        let key = server.keys("cache:stale:1:*").remove(0);
        match harm {
            "PEXPIRE" => server.command(&["PEXPIRE", &key, "9000000"]),
            _ => server.command(&["PERSIST", &key]),
        };
        let number = one.source.number.fetch_add(1, SeqCst);
        assert_eq!(stale(&one, 1).await, Ok(number + 1), "{harm}");
    }
}

/// What waits for nobody is given up at once, and the next load would be, too.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_wait_an_expired_value_is_loaded_anew_all_the_same() {
    for wait in [Duration::ZERO, Duration::from_millis(1)] {
        let (server, one, _) = two_processes().await;
        let cache = Cache::builder().redis(server.url()).strategy(strategy()).wait(wait);
        let one = Process { cache: cache.budget(SOON).build().await.unwrap(), ..one };
        rushed(&one, 1).await.unwrap();
        expire_all(&server, A_MOMENT);
        one.source.number.store(2, SeqCst);
        let is_new = async || rushed(&one, 1).await == Ok(2);
        eventually(SOON, is_new, "a load comes to its end").await;
        assert!(one.source.begun() < 12, "{wait:?}: {} loads", one.source.begun());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_caller_loads_before_the_value_expires() {
    let (_server, one, other) = two_processes().await;
    early(&one, 1).await.unwrap();
    one.source.number.store(2, SeqCst);
    let loads = one.begins(async |one| early(&one, 1).await).await;
    assert_eq!(seen(early(&one, 1)).await, (Ok(1), Some(Source::Hit)));
    assert_eq!(seen(early(&other, 1)).await, (Ok(1), Some(Source::Hit)));
    one.source.open();
    assert_eq!(loads.await.unwrap(), Ok(2));
    one.source.fails.store(true, SeqCst);
    assert_eq!(
        seen(early(&one, 1)).await,
        (Ok(2), Some(Source::Hit)),
        "a fresh value does as well"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn values_expire_at_times_of_their_own() {
    let (server, one, _) = two_processes().await;
    for id in 0..20 {
        jitter(&one, id).await.unwrap();
    }
    let left = |key: &String| -> i64 {
        testkit::redis::from_redis_value(server.command(&["PTTL", key])).unwrap()
    };
    let keys = server.keys("cache:jitter:*");
    let times: Vec<i64> = keys.iter().map(left).filter(|left| *left <= 60_000).collect();
    assert!(
        times.len() >= 20 && times.iter().all(|left| (25_000..=60_000).contains(left)),
        "{times:?}"
    );
    let (shortest, longest) = (times.iter().min().unwrap(), times.iter().max().unwrap());
    assert!(longest - shortest > 1_000, "{times:?}");
}

/// In every shape that a function may have, and on the embedded store.
mod shapes {
    use super::{
        AtomicU64, Cache, Pin, SOON, SeqCst, Source, async_trait, cached, eventually, seen,
    };

    static NUMBER: AtomicU64 = AtomicU64::new(1);

    fn number() -> Result<u64, std::fmt::Error> {
        let number = NUMBER.fetch_add(1, SeqCst);
        if number.is_multiple_of(2) { Err(std::fmt::Error) } else { Ok(number) }
    }

    #[cached(ttl = "1ms", stale_if_error = "1h")]
    async fn plain() -> Result<u64, std::fmt::Error> {
        number()
    }

    #[cached(ttl = "1ms", stale_if_error = "1h")]
    fn blocking() -> Result<u64, std::fmt::Error> {
        number()
    }

    #[cached(ttl = "1ms", stale_if_error = "1h")]
    fn opaque() -> impl Future<Output = Result<u64, std::fmt::Error>> + Send {
        async { number() }
    }

    #[cached(ttl = "1ms", stale_if_error = "1h")]
    fn boxed<'a>() -> Pin<Box<dyn Future<Output = Result<u64, std::fmt::Error>> + Send + 'a>> {
        Box::pin(async { number() })
    }

    #[async_trait]
    trait Numbers {
        async fn number(&self) -> Result<u64, std::fmt::Error>;
    }

    struct Counting;

    #[async_trait]
    impl Numbers for Counting {
        #[cached(ttl = "1ms", stale_if_error = "1h", skip(self))]
        async fn number(&self) -> Result<u64, std::fmt::Error> {
            number()
        }
    }

    /// Every second load fails, and is answered with the value of the one before.
    async fn is_spared<F: Future<Output = Result<u64, std::fmt::Error>>>(call: impl Fn() -> F) {
        let cache = Cache::builder().build().await.unwrap();
        let is_stale = async || {
            let call = async { call().await };
            let (returned, source) = cache.scope(seen(call)).await;
            returned.is_ok_and(|number| number % 2 == 1) && source == Some(Source::Stale)
        };
        eventually(SOON, is_stale, "a load has failed behind an expired value").await;
    }

    #[tokio::test]
    async fn every_shape_of_function_falls_back() {
        is_spared(plain).await;
        is_spared(async || blocking()).await;
        is_spared(opaque).await;
        is_spared(boxed).await;
        is_spared(|| Counting.number()).await;
    }
}
