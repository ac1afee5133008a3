//! Invalidations of a transaction wait for its end: until then nobody else hears of it, and it reads past the cache itself.

use crate::support::{
    Gate, SOON, assert_deleted, is_send, memory, on, on_both, poll_once, strategy,
};
use cache_runtime::{
    Cache, Source, Strategy, TransactionScope, bypass, cached, defer, defer_commit, invalidates,
    observe, prime, refresh,
};
use std::collections::BTreeMap;
use std::error::Error;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;
use testkit::{RedisServer, eventually};
use tokio::runtime::Builder;

/// What stands in for a database; a transaction has a copy of its own until it commits.
#[derive(Clone, Debug, Default)]
struct Db(Arc<Mutex<BTreeMap<u8, u32>>>);

impl Db {
    fn begin(&self) -> Self {
        Self(Arc::new(Mutex::new(self.0.lock().unwrap().clone())))
    }

    fn set(&self, id: u8, value: u32) {
        self.0.lock().unwrap().insert(id, value);
    }

    fn get(&self, id: u8) -> u32 {
        self.0.lock().unwrap().get(&id).copied().unwrap_or_default()
    }

    fn commit(&self, transaction: &Self) {
        *self.0.lock().unwrap() = transaction.0.lock().unwrap().clone();
    }
}

#[cached(ttl = 60, key = "row:<id>", skip(cache, db), cache = cache)]
async fn row(cache: &Cache, db: &Db, id: u8) -> u32 {
    db.get(id)
}

#[invalidates("row:<id>:*", cache = cache)]
async fn write(cache: &Cache, db: &Db, id: u8, value: u32) {
    db.set(id, value);
}

#[cached(ttl = 60, key = "row:<id>", skip(cache, db), cache = cache)]
fn row_blocking(cache: &Cache, db: &Db, id: u8) -> u32 {
    db.get(id)
}

#[invalidates("row:<id>:*", cache = cache)]
fn write_blocking(cache: &Cache, db: &Db, id: u8, value: u32) {
    db.set(id, value);
}

/// A read and where its value came from.
async fn read(cache: &Cache, db: &Db, id: u8) -> (u32, Source) {
    let (value, observed) = observe(row(cache, db, id)).await;
    (value, observed.last.unwrap())
}

/// The same in a task of its own, which belongs to no transaction.
async fn read_outside(cache: &Cache, db: &Db, id: u8) -> (u32, Source) {
    let (cache, db) = (cache.clone(), db.clone());
    tokio::spawn(async move { read(&cache, &db, id).await }).await.unwrap()
}

/// What a transaction came to.
type End = Result<(), &'static str>;

const COMMITTED: End = Ok(());

const ROLLED_BACK: End = Err("rolled back");

#[tokio::test]
async fn invalidations_wait_for_the_commit() {
    on_both(async |cache| {
        let db = Db::default();
        assert_eq!(read(cache, &db, 1).await, (0, Source::Miss));
        let transaction = async {
            let tx = db.begin();
            write(cache, &tx, 1, 5).await;
            assert_eq!(cache.stats().invalidations, 0);
            assert_eq!(read(cache, &tx, 1).await, (5, Source::Bypass), "it sees its own write");
            assert_eq!(read_outside(cache, &db, 1).await, (0, Source::Hit), "others do not");
            write(cache, &tx, 1, 6).await;
            assert_eq!(read(cache, &tx, 1).await, (6, Source::Bypass));
            db.commit(&tx);
            COMMITTED
        };
        assert_eq!(defer(transaction).await, COMMITTED);
        assert_eq!(cache.stats().invalidations, 1, "once for two");
        assert_deleted(cache.stats().deleted, 1);
        assert_eq!(read(cache, &db, 1).await, (6, Source::Miss), "nothing of it was stored");
        assert_eq!(read(cache, &db, 1).await, (6, Source::Hit));
    })
    .await;
}

#[tokio::test]
async fn a_rollback_leaves_the_cache_alone() {
    on_both(async |cache| {
        let db = Db::default();
        read(cache, &db, 1).await;
        let transaction = async {
            let tx = db.begin();
            write(cache, &tx, 1, 5).await;
            assert_eq!(read(cache, &tx, 1).await, (5, Source::Bypass));
            ROLLED_BACK
        };
        assert_eq!(defer(transaction).await, ROLLED_BACK);
        assert_eq!(cache.stats().invalidations, 0);
        assert_eq!(read(cache, &db, 1).await, (0, Source::Hit));
    })
    .await;
}

#[tokio::test]
async fn a_commit_that_fails_may_have_happened() {
    on_both(async |cache| {
        let db = Db::default();
        read(cache, &db, 1).await;
        let body = async {
            let tx = db.begin();
            write(cache, &tx, 1, 5).await;
            Ok::<_, &str>((tx, "written"))
        };
        let commit = async |tx| {
            db.commit(&tx);
            Err("the answer was lost")
        };
        assert_eq!(defer_commit(body, commit).await, Err("the answer was lost"));
        is_deleted(cache).await;
        assert_eq!(read(cache, &db, 1).await, (5, Source::Miss));
    })
    .await;
}

#[tokio::test]
async fn a_commit_ends_what_its_body_began() {
    on_both(async |cache| {
        let db = Db::default();
        read(cache, &db, 1).await;
        let body = async |end: Result<(), &'static str>| {
            let tx = db.begin();
            write(cache, &tx, 1, 5).await;
            end.map(|()| (tx, "written"))
        };
        let commit = async |tx| {
            assert_eq!(cache.stats().invalidations, 0);
            db.commit(&tx);
            Ok::<_, &str>(())
        };
        assert_eq!(defer_commit(body(Err("rolled back")), commit).await, Err("rolled back"));
        assert_eq!(read(cache, &db, 1).await, (0, Source::Hit));
        assert_eq!(defer_commit(body(Ok(())), commit).await, Ok("written"));
        assert_eq!(read(cache, &db, 1).await, (5, Source::Miss), "it is gone by now");
    })
    .await;
}

#[tokio::test]
async fn what_it_did_not_write_may_come_from_the_cache_and_never_goes_there() {
    on_both(async |cache| {
        let db = Db::default();
        read(cache, &db, 1).await;
        let transaction = async {
            let tx = db.begin();
            assert_eq!(read(cache, &tx, 1).await.1, Source::Hit);
            for _ in 0..2 {
                assert_eq!(read(cache, &tx, 2).await.1, Source::Miss, "not stored");
            }
            assert_eq!(refresh(read(cache, &tx, 2)).await.1, Source::Miss);
            assert_eq!(read_outside(cache, &db, 2).await.1, Source::Miss, "not stored either");
            assert_eq!(read(cache, &tx, 2).await.1, Source::Hit, "what others stored");
            COMMITTED
        };
        defer(transaction).await.unwrap();
        assert_eq!(cache.stats().stores, 2);
    })
    .await;
}

/// A hit takes no lock and knows no snapshot: a read that a write depends on asks the database.
#[tokio::test]
async fn bypassed_reads_are_the_transactions_own() {
    on_both(async |cache| {
        let db = Db::default();
        read(cache, &db, 1).await;
        let transaction = async {
            let tx = db.begin();
            tx.set(1, 5);
            assert_eq!(read(cache, &tx, 1).await, (0, Source::Hit));
            assert_eq!(bypass(read(cache, &tx, 1)).await, (5, Source::Bypass));
            ROLLED_BACK
        };
        assert_eq!(defer(transaction).await, ROLLED_BACK);
        assert_eq!(read(cache, &db, 1).await, (0, Source::Hit));
    })
    .await;
}

#[cached(ttl = 60, key = "known:<id>")]
async fn known(id: u8) -> u32 {
    id.into()
}

#[tokio::test]
async fn nothing_is_primed() {
    on_both(async |cache| {
        for end in [ROLLED_BACK, COMMITTED] {
            let transaction = async {
                cache.scope(prime!(known(1), &5)).await.unwrap();
                end
            };
            assert_eq!(defer(transaction).await, end);
            assert_eq!(cache.stats().stores, 0);
        }
        cache.scope(prime!(known(1), &5)).await.unwrap();
        assert_eq!((cache.scope(known(1)).await, cache.stats().stores), (5, 1));
    })
    .await;
}

#[cached(ttl = 60, key = "slow:<id>", skip(cache, gate, value), cache = cache)]
async fn slow(cache: &Cache, gate: Option<&Gate>, value: u32, id: u8) -> u32 {
    if let Some(gate) = gate {
        gate.pass().await;
    }
    value
}

/// A load that began outside sees nothing of the transaction; inside, nobody waits for it.
#[tokio::test]
async fn it_joins_no_load_of_others() {
    on_both(async |cache| {
        for is_pending in [true, false] {
            let (gate, id) = (Gate::shut(), u8::from(is_pending));
            let others = {
                let (cache, gate) = (cache.clone(), gate.clone());
                tokio::spawn(async move { slow(&cache, Some(&gate), 1, id).await })
            };
            gate.has_come().await;
            let transaction = async {
                if is_pending {
                    cache.invalidate(format!("slow:{id}:*")).await.unwrap();
                }
                // It would wait for ever if it waited for the gate.
                let (value, observed) = observe(slow(cache, None, 2, id)).await;
                let expected = if is_pending { Source::Bypass } else { Source::Miss };
                assert_eq!((value, observed.last), (2, Some(expected)));
                gate.open();
                assert_eq!(others.await.unwrap(), 1);
                COMMITTED
            };
            defer(transaction).await.unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn nobody_joins_its_loads() {
    on_both(async |cache| {
        let gate = Gate::shut();
        let transaction = {
            let (cache, gate) = (cache.clone(), gate.clone());
            let transaction =
                defer(async move { Ok::<_, ()>(slow(&cache, Some(&gate), 1, 1).await) });
            tokio::spawn(transaction)
        };
        gate.has_come().await;
        let (value, observed) = observe(slow(cache, None, 2, 1)).await;
        assert_eq!((value, observed.last), (2, Some(Source::Miss)), "it did not wait");
        gate.open();
        assert_eq!(transaction.await.unwrap(), Ok(1));
        assert_eq!(slow(cache, None, 3, 1).await, 2, "what others stored stays");
    })
    .await;
}

/// Writes a row inside a savepoint that ends as `end` says.
async fn savepoint(cache: &Cache, db: &Db, id: u8, end: End) {
    let savepoint = async {
        write(cache, db, id, 5).await;
        assert_eq!(read(cache, db, id).await.1, Source::Bypass);
        end
    };
    assert_eq!(defer(savepoint).await, end);
    assert_eq!(cache.stats().invalidations, 0, "the one around it has not ended");
}

#[tokio::test]
async fn savepoints_end_with_the_transaction_around_them() {
    on_both(async |cache| {
        let db = Db::default();
        for end in [ROLLED_BACK, COMMITTED] {
            for id in 1..=4 {
                read(cache, &db, id).await;
            }
            let transaction = async {
                write(cache, &db, 1, 5).await;
                savepoint(cache, &db, 2, COMMITTED).await;
                savepoint(cache, &db, 3, ROLLED_BACK).await;
                assert_eq!(read(cache, &db, 1).await.1, Source::Bypass, "its own");
                assert_eq!(read(cache, &db, 2).await.1, Source::Bypass, "of the released one");
                assert_eq!(read(cache, &db, 3).await.1, Source::Hit, "of the one rolled back");
                assert_eq!(read(cache, &db, 4).await.1, Source::Hit);
                end
            };
            assert_eq!(defer(transaction).await, end);
            let deleted = if end.is_ok() { 2 } else { 0 };
            assert_deleted(cache.stats().deleted, deleted);
        }
        for (id, source) in [(1, Source::Miss), (2, Source::Miss), (3, Source::Hit)] {
            assert_eq!(read(cache, &db, id).await.1, source, "{id}");
        }
    })
    .await;
}

#[tokio::test]
async fn inside_a_savepoint_the_writes_around_it_are_pending_too() {
    on_both(async |cache| {
        let db = Db::default();
        read(cache, &db, 1).await;
        let transaction = async {
            write(cache, &db, 1, 5).await;
            let savepoint = async {
                assert_eq!(read(cache, &db, 1).await, (5, Source::Bypass));
                assert_eq!(read(cache, &db, 2).await.1, Source::Miss);
                ROLLED_BACK
            };
            assert!(defer(savepoint).await.is_err());
            assert_eq!(read(cache, &db, 1).await, (5, Source::Bypass));
            COMMITTED
        };
        defer(transaction).await.unwrap();
        assert_eq!(cache.stats().stores, 1);
        assert_deleted(cache.stats().deleted, 1);
    })
    .await;
}

#[tokio::test]
async fn a_guard_commits_in_parts() {
    on_both(async |cache| {
        let db = Db::default();
        let transaction = TransactionScope::begin();
        assert!(transaction.is_empty());
        for id in 1..=2 {
            read(cache, &db, id).await;
            transaction.scope(write(cache, &db, id, 5)).await;
        }
        assert_eq!(transaction.scope(read(cache, &db, 1)).await, (5, Source::Bypass));
        assert_eq!(read(cache, &db, 1).await, (0, Source::Hit), "between its parts");
        assert_eq!(transaction.len(), 2);
        let invalidated = transaction.commit().await.unwrap();
        assert!(!invalidated.deferred);
        assert_deleted(invalidated.deleted, 2);
        assert_eq!(cache.stats().invalidations, 2);
        assert_eq!(read(cache, &db, 1).await, (5, Source::Miss));
    })
    .await;
}

#[tokio::test]
async fn a_guard_that_rolls_back_forgets_and_one_that_is_dropped_runs() {
    on_both(async |cache| {
        let db = Db::default();
        read(cache, &db, 1).await;
        let transaction = TransactionScope::begin();
        transaction.scope(write(cache, &db, 1, 5)).await;
        transaction.rollback();
        assert_eq!(read(cache, &db, 1).await, (0, Source::Hit));
        let transaction = TransactionScope::begin();
        transaction.scope(write(cache, &db, 1, 5)).await;
        drop(transaction);
        is_deleted(cache).await;
    })
    .await;
}

/// Waits until the one key is gone; nobody waits for what runs it.
async fn is_deleted(cache: &Cache) {
    eventually(SOON, async || cache.stats().deleted == 1, "the entry is deleted").await;
    assert_eq!(cache.stats().invalidations, 1);
}

#[tokio::test]
async fn a_commit_that_nobody_waits_for_runs() {
    on_both(async |cache| {
        let db = Db::default();
        read(cache, &db, 1).await;
        let transaction = TransactionScope::begin();
        transaction.scope(write(cache, &db, 1, 5)).await;
        drop(transaction.commit());
        is_deleted(cache).await;
    })
    .await;
}

#[tokio::test]
async fn a_commit_ends_without_its_caller() {
    on_both(async |cache| {
        let db = Db::default();
        read(cache, &db, 1).await;
        let transaction = async {
            write(cache, &db, 1, 5).await;
            COMMITTED
        };
        let polled = poll_once(defer(transaction));
        // On a server it is under way, unless that was very quick.
        assert!(polled.is_ready() || cache.store_name() == "redis");
        is_deleted(cache).await;
    })
    .await;
}

#[tokio::test]
async fn a_transaction_that_is_cancelled_may_have_committed() {
    on_both(async |cache| {
        let db = Db::default();
        read(cache, &db, 1).await;
        let transaction = async {
            write(cache, &db, 1, 5).await;
            std::future::pending::<()>().await;
            ROLLED_BACK
        };
        assert_eq!(poll_once(defer(transaction)), Poll::Pending);
        is_deleted(cache).await;
    })
    .await;
}

#[test]
fn a_guard_that_is_dropped_outlives_its_runtime() {
    let server = RedisServer::start();
    let here = Builder::new_current_thread().enable_all().build().unwrap();
    let cache = here.block_on(on(&server, "cache"));
    let db = Db::default();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        read(&cache, &db, 1).await;
        let transaction = TransactionScope::begin();
        transaction.scope(write(&cache, &db, 1, 5)).await;
        drop(transaction);
    });
    drop(runtime);
    here.block_on(is_deleted(&cache));
}

#[tokio::test]
async fn a_transaction_may_commit_after_its_caller_has_gone() {
    on_both(async |cache| {
        let db = Db::default();
        read(cache, &db, 1).await;
        let tx = db.begin();
        let transaction = TransactionScope::begin();
        transaction.scope(write(cache, &tx, 1, 5)).await;
        drop(transaction);
        is_deleted(cache).await;
        assert_eq!(read(cache, &db, 1).await, (0, Source::Miss), "and stores it once more");
        db.commit(&tx);
        let is_new = async || read(cache, &db, 1).await.0 == 5;
        eventually(SOON, is_new, "the entry is deleted once more").await;
    })
    .await;
}

#[tokio::test]
async fn a_transaction_that_panics_may_have_committed() {
    on_both(async |cache| {
        let db = Db::default();
        read(cache, &db, 1).await;
        let transaction = {
            let cache = cache.clone();
            let panics = async move {
                write(&cache, &db, 1, 5).await;
                std::panic::resume_unwind(Box::new("on purpose"));
            };
            tokio::spawn(defer::<(), (), _>(panics))
        };
        assert!(transaction.await.unwrap_err().is_panic());
        is_deleted(cache).await;
    })
    .await;
}

/// A future that was given up goes with the savepoint; whether that counts is decided around it.
#[tokio::test]
async fn a_cancelled_savepoint_is_left_to_the_transaction_around_it() {
    on_both(async |cache| {
        let db = Db::default();
        for end in [ROLLED_BACK, COMMITTED] {
            read(cache, &db, 1).await;
            let transaction = async {
                let savepoint = async {
                    write(cache, &db, 1, 5).await;
                    std::future::pending::<Result<(), ()>>().await
                };
                assert!(poll_once(defer(savepoint)).is_pending());
                assert_eq!(cache.stats().invalidations, 0);
                assert_eq!(read(cache, &db, 1).await.1, Source::Bypass);
                end
            };
            assert_eq!(defer(transaction).await, end);
            assert_eq!(cache.stats().invalidations, u64::from(end.is_ok()));
        }
    })
    .await;
}

#[tokio::test]
async fn what_comes_after_a_savepoints_end_is_for_the_one_around_it() {
    on_both(async |cache| {
        let db = Db::default();
        read(cache, &db, 1).await;
        let outer = TransactionScope::begin();
        let inner = outer.run(TransactionScope::begin);
        let late = inner.scope(write(cache, &db, 1, 5));
        let invalidated = inner.commit().await.unwrap();
        assert!(!invalidated.deferred, "nothing was waiting");
        late.await;
        assert_eq!((outer.len(), cache.stats().invalidations), (1, 0));
        let late = outer.scope(write(cache, &db, 2, 5));
        assert_deleted(outer.commit().await.unwrap().deleted, 1);
        late.await;
        assert_eq!(cache.stats().invalidations, 2, "nobody is left to wait for");
    })
    .await;
}

#[tokio::test]
async fn what_loads_after_the_end_is_stored() {
    on_both(async |cache| {
        let db = Db::default();
        let transaction = TransactionScope::begin();
        let late = transaction.scope(read(cache, &db, 1));
        transaction.rollback();
        assert_eq!(late.await.1, Source::Miss);
        assert_eq!(read(cache, &db, 1).await.1, Source::Hit);
    })
    .await;
}

#[tokio::test]
async fn a_guard_inside_another_hands_on() {
    on_both(async |cache| {
        let db = Db::default();
        read(cache, &db, 1).await;
        let transaction = async {
            let savepoint = TransactionScope::begin();
            savepoint.scope(write(cache, &db, 1, 5)).await;
            let invalidated = savepoint.commit().await.unwrap();
            assert_eq!((invalidated.deleted, invalidated.deferred), (0, true));
            let savepoint = TransactionScope::begin();
            savepoint.scope(write(cache, &db, 1, 5)).await;
            assert!(savepoint.commit_blocking().unwrap().deferred);
            COMMITTED
        };
        defer(transaction).await.unwrap();
        assert_eq!(cache.stats().invalidations, 1);
        assert_deleted(cache.stats().deleted, 1);
    })
    .await;
}

#[tokio::test]
async fn by_hand_too() {
    on_both(async |cache| {
        cache.set_many([("a:1", 1), ("b:1", 1), ("b:2", 1)], 60).await.unwrap();
        let transaction = async {
            let invalidated = cache.invalidate("a:*").await.unwrap();
            assert_eq!((invalidated.deleted, invalidated.deferred), (0, true));
            assert!(cache.invalidate("[").await.unwrap_err().is_key(), "a mistake is told at once");
            assert_eq!(cache.get::<u8>("a:1").await.unwrap(), None, "it is missing here");
            assert_eq!(cache.get_many(["a:1", "b:1"]).await.unwrap(), vec![None, Some(1)]);
            assert!(!cache.contains("a:1").await.unwrap());
            assert_eq!(cache.ttl("a:1").await.unwrap(), None);
            assert!(cache.contains("b:1").await.unwrap());
            let others = cache.clone();
            let others = tokio::spawn(async move { others.get::<u8>("a:1").await });
            assert_eq!(others.await.unwrap().unwrap(), Some(1), "and nowhere else");
            COMMITTED
        };
        defer(transaction).await.unwrap();
        assert_eq!(cache.get::<u8>("a:1").await.unwrap(), None);
        assert_deleted(cache.stats().deleted, 1);
        let transaction = async {
            assert!(cache.clear().await.unwrap().deferred);
            assert_eq!(cache.get::<u8>("b:1").await.unwrap(), None);
            ROLLED_BACK
        };
        assert!(defer(transaction).await.is_err());
        assert_eq!(cache.get::<u8>("b:1").await.unwrap(), Some(1));
    })
    .await;
}

#[invalidates("row:<result>:*", cache = cache)]
async fn insert(cache: &Cache, id: u8) -> Result<u8, u8> {
    Ok(id)
}

#[invalidates("row:2:*", when = "always", cache = cache)]
async fn try_to_write(cache: &Cache) -> End {
    ROLLED_BACK
}

#[tokio::test]
async fn patterns_of_every_kind_wait() {
    on_both(async |cache| {
        let db = Db::default();
        for end in [ROLLED_BACK, COMMITTED] {
            for id in 1..=3 {
                read(cache, &db, id).await;
            }
            let transaction = async {
                assert_eq!(insert(cache, 1).await, Ok(1));
                assert!(try_to_write(cache).await.is_err(), "the transaction goes on");
                assert_eq!(read(cache, &db, 1).await.1, Source::Bypass);
                assert_eq!(read(cache, &db, 2).await.1, Source::Bypass);
                assert_eq!(read(cache, &db, 3).await.1, Source::Hit);
                end
            };
            assert_eq!(defer(transaction).await, end);
            let expected = if end.is_ok() { 2 } else { 0 };
            assert_eq!(cache.stats().invalidations, expected);
            assert_deleted(cache.stats().deleted, expected);
        }
    })
    .await;
}

#[invalidates("row:<id>:*", again_after = "20ms", cache = cache)]
async fn write_for_replicas(cache: &Cache, id: u8) {}

#[tokio::test]
async fn it_is_repeated_after_the_commit() {
    on_both(async |cache| {
        let transaction = async {
            write(cache, &Db::default(), 1, 5).await;
            // Of the same pattern, but it does more.
            write_for_replicas(cache, 1).await;
            write_for_replicas(cache, 1).await;
            // Long enough for a repetition that did not wait for the commit to be seen.
            tokio::time::sleep(Duration::from_millis(60)).await;
            assert_eq!(cache.stats().invalidations, 0);
            COMMITTED
        };
        defer(transaction).await.unwrap();
        let repeated = async || cache.stats().invalidations == 3;
        eventually(SOON, repeated, "the invalidation is repeated").await;
    })
    .await;
}

#[tokio::test]
async fn blocking_parts() {
    on_both(async |cache| {
        let db = Db::default();
        assert_eq!((row_blocking(cache, &db, 1), row_blocking(cache, &db, 1)), (0, 0));
        assert_eq!((cache.stats().stores, cache.stats().hits), (1, 1));
        let transaction = TransactionScope::begin();
        let seen = transaction.run(|| {
            write_blocking(cache, &db, 1, 5);
            (row_blocking(cache, &db, 1), row_blocking(cache, &db, 2), row_blocking(cache, &db, 2))
        });
        assert_eq!(seen, (5, 0, 0));
        assert_eq!((cache.stats().stores, cache.stats().hits), (1, 1), "nothing of it is stored");
        assert_eq!((row_blocking(cache, &db, 1), cache.stats().hits), (0, 2), "outside");
        assert_deleted(transaction.commit_blocking().unwrap().deleted, 1);
        assert_eq!(row_blocking(cache, &db, 1), 5);
        let transaction = TransactionScope::begin();
        transaction.run(|| write_blocking(cache, &db, 1, 6));
        transaction.rollback();
        assert_eq!(row_blocking(cache, &db, 1), 5);
    })
    .await;
}

#[tokio::test]
async fn blocking_functions_called_from_an_async_transaction() {
    on_both(async |cache| {
        let db = Db::default();
        row_blocking(cache, &db, 1);
        let transaction = async {
            write_blocking(cache, &db, 1, 5);
            assert_eq!((row_blocking(cache, &db, 1), row_blocking(cache, &db, 2)), (5, 0));
            COMMITTED
        };
        defer(transaction).await.unwrap();
        assert_eq!(cache.stats().stores, 1);
        assert_deleted(cache.stats().deleted, 1);
    })
    .await;
}

#[test]
fn a_blocking_transaction_needs_no_runtime() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = RedisServer::start();
    for cache in [runtime.block_on(on(&server, "cache")), runtime.block_on(memory())] {
        let db = Db::default();
        row_blocking(&cache, &db, 1);
        let transaction = TransactionScope::begin();
        transaction.run(|| write_blocking(&cache, &db, 1, 5));
        assert_deleted(transaction.commit_blocking().unwrap().deleted, 1);
        row_blocking(&cache, &db, 1);
        let transaction = TransactionScope::begin();
        transaction.run(|| write_blocking(&cache, &db, 1, 5));
        let panicked = std::panic::catch_unwind(AssertUnwindSafe(|| {
            let _transaction = transaction;
            std::panic::resume_unwind(Box::new("on purpose"));
        }));
        assert!(panicked.is_err());
        // A load takes the place of what an epoch has made stale: it need not be deleted.
        let least = if strategy() == Strategy::Scan { 2 } else { 1 };
        let gone = || cache.stats().deleted >= least;
        testkit::eventually_blocking(SOON, gone, "the entry is deleted");
    }
}

#[tokio::test]
async fn each_handle_has_its_own() {
    let server = RedisServer::start();
    let handles = [on(&server, "one").await, on(&server, "two").await, memory().await];
    let db = Db::default();
    for cache in &handles {
        read(cache, &db, 1).await;
    }
    let [one, two, three] = &handles;
    let transaction = async {
        write(one, &db, 1, 5).await;
        assert_eq!(read(one, &db, 1).await.1, Source::Bypass);
        assert_eq!(read(two, &db, 1).await.1, Source::Hit, "another prefix");
        write(two, &db, 1, 5).await;
        write(three, &db, 1, 5).await;
        COMMITTED
    };
    defer(transaction).await.unwrap();
    for cache in &handles {
        assert_eq!(cache.stats().invalidations, 1);
        assert_deleted(cache.stats().deleted, 1);
        assert_eq!(read(cache, &db, 1).await, (5, Source::Miss));
    }
}

/// Two handles may share entries: what one has made stale the other must not read.
#[tokio::test]
async fn handles_of_one_prefix_are_one_cache() {
    let server = RedisServer::start();
    let (one, two) = (on(&server, "cache").await, on(&server, "cache").await);
    let db = Db::default();
    read(&one, &db, 1).await;
    let transaction = async {
        write(&one, &db, 1, 5).await;
        assert_eq!(read(&two, &db, 1).await, (5, Source::Bypass));
        COMMITTED
    };
    defer(transaction).await.unwrap();
    assert_eq!(read(&two, &db, 1).await, (5, Source::Miss));
}

#[tokio::test]
async fn with_the_store_away_the_transaction_succeeds_and_is_made_up_for() {
    let server = RedisServer::start();
    let cache = Cache::builder().redis(server.url()).build().await.unwrap();
    let db = Db::default();
    server.kill();
    let transaction = async {
        write(&cache, &db, 1, 5).await;
        COMMITTED
    };
    assert_eq!(defer(transaction).await, COMMITTED);
    assert_eq!(cache.health().await.overdue_invalidations, 1);
    let transaction = TransactionScope::begin();
    transaction.scope(write(&cache, &db, 2, 5)).await;
    assert!(transaction.commit().await.is_err(), "a guard's commit tells");
    assert_eq!(cache.stats().failed_invalidations, 2);
    server.restart();
    let made_up = async || cache.health().await.overdue_invalidations == 0;
    eventually(SOON, made_up, "the invalidations are made up for").await;
}

#[tokio::test]
async fn a_savepoint_for_each_of_many_rows() {
    let cache = memory().await;
    let db = Db::default();
    let transaction = async {
        for id in 0..=u8::MAX {
            savepoint(&cache, &db, id % 16, COMMITTED).await;
        }
        COMMITTED
    };
    defer(transaction).await.unwrap();
    assert_eq!(cache.stats().invalidations, 16, "each pattern once");
}

#[tokio::test]
async fn an_error_that_is_not_send_leaves_the_future_send() {
    let transaction = is_send(defer(async { Ok::<_, Box<dyn Error>>(1) }));
    assert_eq!(transaction.await.ok(), Some(1));
}

#[tokio::test]
async fn nothing_is_deferred_without_a_cache() {
    #[invalidates("row:*")]
    async fn write() {}
    let transaction = TransactionScope::begin();
    transaction.scope(write()).await;
    assert!(transaction.is_empty());
    assert_eq!(transaction.commit().await.unwrap().deleted, 0);
}
