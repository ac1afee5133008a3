//! `#[invalidates(…, refresh)]`: the named calls are made after the write, so that whoever asks next finds the new value.

use crate::support::{SOON, strategy};
use async_trait::async_trait;
use cache_runtime::{Cache, Source, cached, defer, invalidates, observe};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst};
use testkit::{RedisServer, eventually};
use tokio::sync::Semaphore;

/// A number in a database. The loads that begin while it is shut wait, each until it is let go.
#[derive(Debug)]
struct Database {
    number: AtomicU64,
    begun: AtomicUsize,
    gates: Vec<Semaphore>,
}

#[derive(Clone, Debug)]
struct Process {
    cache: Cache,
    database: Arc<Database>,
}

#[derive(Debug, PartialEq)]
struct Refused;

#[cached(ttl = 60, key = "number:<id>", skip(process), cache = process.cache)]
async fn number(process: &Process, id: u64) -> Result<u64, Refused> {
    let load = process.database.begun.fetch_add(1, SeqCst);
    let number = process.database.number.load(SeqCst);
    if let Some(gate) = process.database.gates.get(load) {
        // There are no permits: it returns when the gate is opened.
        _ = gate.acquire().await;
    }
    Ok(number + id)
}

#[cached(ttl = 60, key = "numbers:", skip(process), cache = process.cache)]
async fn numbers(process: &Process) -> Result<Vec<u64>, Refused> {
    process.database.begun.fetch_add(1, SeqCst);
    Ok(vec![process.database.number.load(SeqCst)])
}

#[invalidates(number(process, id), numbers(process), refresh, cache = process.cache)]
async fn write(process: &Process, id: u64, to: u64) -> Result<(), Refused> {
    if to == 0 {
        return Err(Refused);
    }
    process.database.number.store(to, SeqCst);
    Ok(())
}

impl Process {
    async fn start(server: &RedisServer, database: &Arc<Database>) -> Self {
        let builder = Cache::builder().redis(server.url()).strategy(strategy()).budget(SOON);
        Self { cache: builder.build().await.unwrap(), database: Arc::clone(database) }
    }

    fn begun(&self) -> usize {
        self.database.begun.load(SeqCst)
    }

    async fn has_begun(&self, loads: usize) {
        eventually(SOON, async || self.begun() >= loads, "the load has begun").await;
    }
}

/// The first loads wait, so many of them.
async fn two_processes(gates: usize) -> (RedisServer, Process, Process) {
    let server = RedisServer::start();
    let gates = (0..gates).map(|_| Semaphore::new(0)).collect();
    let database =
        Arc::new(Database { number: AtomicU64::new(1), begun: AtomicUsize::new(0), gates });
    let one = Process::start(&server, &database).await;
    let other = Process::start(&server, &database).await;
    (server, one, other)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_new_values_are_there_when_the_write_returns() {
    let (_server, one, other) = two_processes(0).await;
    number(&one, 1).await.unwrap();
    numbers(&other).await.unwrap();
    write(&one, 1, 10).await.unwrap();
    assert_eq!(one.begun(), 4);
    let (values, seen) = observe(async { (number(&other, 1).await, numbers(&one).await) }).await;
    assert_eq!(values, (Ok(11), Ok(vec![10])));
    assert_eq!((seen.hits, seen.last, one.begun()), (2, Some(Source::Hit), 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_fails_loads_nothing() {
    let (_server, one, _) = two_processes(0).await;
    assert_eq!(write(&one, 1, 0).await, Err(Refused));
    assert_eq!(one.begun(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_loads_nothing_before_its_end() {
    let (_server, one, _) = two_processes(0).await;
    defer(write(&one, 1, 10)).await.unwrap();
    assert_eq!(one.begun(), 0);
    assert_eq!(number(&one, 1).await, Ok(11));
}

/// Both writers have written, and each waits in its load; the loads end in either order.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_writers_the_newest_value_stays_whoever_is_first() {
    for order in [[0, 1], [1, 0]] {
        let (_server, one, other) = two_processes(2).await;
        let (first, second) = (one.clone(), other.clone());
        let first = tokio::spawn(async move { write(&first, 1, 10).await });
        one.has_begun(1).await;
        let second = tokio::spawn(async move { write(&second, 1, 20).await });
        one.has_begun(2).await;
        for gate in order {
            one.database.gates[gate].close();
            let first_is_done = async || first.is_finished();
            let second_is_done = async || second.is_finished();
            if gate == 0 {
                eventually(SOON, first_is_done, "the first write has returned").await;
            } else {
                eventually(SOON, second_is_done, "the second write has returned").await;
            }
        }
        assert_eq!((first.await.unwrap(), second.await.unwrap()), (Ok(()), Ok(())));
        let (value, seen) = observe(number(&one, 1)).await;
        assert_eq!((value, seen.last), (Ok(21), Some(Source::Hit)), "{order:?}");
    }
}

#[async_trait]
trait Numbers: Send + Sync {
    async fn get(&self, id: u64) -> Result<u64, Refused>;
    async fn set(&self, id: u64, name: String) -> Result<usize, Refused>;
}

#[async_trait]
impl Numbers for Process {
    #[cached(ttl = 60, skip(self), cache = self.cache)]
    async fn get(&self, id: u64) -> Result<u64, Refused> {
        number(self, id).await
    }

    #[invalidates("number:*", self.get(id), refresh, cache = self.cache)]
    async fn set(&self, id: u64, name: String) -> Result<usize, Refused> {
        self.database.number.store(name.parse().map_err(|_| Refused)?, SeqCst);
        Ok(name.len() + usize::from(id == 0))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn methods_of_traits_are_loaded_anew_too() {
    let (_server, one, _) = two_processes(0).await;
    let numbers: &dyn Numbers = &one;
    assert_eq!(numbers.get(1).await, Ok(2));
    assert_eq!(numbers.set(1, "10".into()).await, Ok(2));
    let (value, seen) = observe(numbers.get(1)).await;
    assert_eq!((value, seen.last), (Ok(11), Some(Source::Hit)));
}
