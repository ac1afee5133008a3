//! For what the tier is asked, and when.

use super::stage::{Database, cache, here};
use cache_runtime::{Cache, cached, invalidates};
use serde::{Serialize, Serializer};
use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::pin::Pin;
use testkit::RedisServer;

/// A repository with a handle of its own.
struct Repository {
    cache: Cache,
    database: Database,
}

impl Repository {
    #[cached(ttl = "1h", skip(self), cache = self.cache)]
    async fn number(&self, id: u64) -> u64 {
        id + self.database.read()
    }

    #[invalidates(self.number(id), cache = self.cache)]
    async fn change(&self, id: u64, value: u64) {
        self.database.write(value);
    }

    #[cached(ttl = "1h", skip(self), cache = self.cache)]
    fn later(&self, id: u64) -> Pin<Box<dyn Future<Output = u64> + Send + '_>> {
        Box::pin(async move { id + self.database.read() })
    }

    #[invalidates(self.later(id), cache = self.cache)]
    async fn change_later(&self, id: u64, value: u64) {
        self.database.write(value);
    }
}

async fn repository(server: &RedisServer) -> Repository {
    Repository { cache: cache(server).await, database: Database::default() }
}

/// Calls until the value is kept in process.
async fn warm<F: Future<Output = u64>>(cache: &Cache, call: impl Fn() -> F) {
    for _ in 0..3 {
        let before = here(cache);
        call().await;
        if here(cache) > before {
            return;
        }
    }
    panic!("it is not kept");
}

/// A call that is named was answered from this process: there was nothing to invalidate, and the old value stayed.
#[tokio::test]
async fn a_call_can_be_named_while_its_value_is_kept() {
    let server = RedisServer::start();
    let repository = repository(&server).await;
    warm(&repository.cache, || repository.number(1)).await;
    repository.change(1, 10).await;
    assert_eq!(repository.number(1).await, 11);
    warm(&repository.cache, || repository.later(1)).await;
    repository.change_later(1, 20).await;
    assert_eq!(repository.later(1).await, 21);
}

/// A future may be made long before it is polled: only then the call begins.
#[tokio::test]
async fn nothing_is_asked_before_a_future_is_polled() {
    let server = RedisServer::start();
    let repository = repository(&server).await;
    warm(&repository.cache, || repository.number(1)).await;
    warm(&repository.cache, || repository.later(1)).await;
    let (soon, later) = (repository.number(1), repository.later(1));
    repository.change(1, 10).await;
    repository.change_later(1, 10).await;
    assert_eq!((soon.await, later.await), (11, 11));
}

/// Ids that are there to be taken once.
struct Once(Cell<Option<Vec<u64>>>);

impl Serialize for Once {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.take().unwrap_or_default().serialize(serializer)
    }
}

#[cached(ttl = "1h", skip(cache, number), cache = cache)]
async fn taken(cache: &Cache, ids: Once, number: u64) -> u64 {
    drop(ids);
    number
}

/// The question took the ids, and the key was made of what was left: nothing, in every call.
#[tokio::test]
async fn an_argument_that_is_written_differently_each_time_has_no_place_in_a_key() {
    let server = RedisServer::start();
    let cache = cache(&server).await;
    for number in 0..3 {
        let ids = Once(Cell::new(Some(vec![number])));
        assert_eq!(taken(&cache, ids, number).await, number);
    }
    assert_eq!(cache.stats().uncached, 3);
}

#[derive(Serialize)]
struct Filter {
    limits: HashMap<String, u64>,
}

#[cached(ttl = "1h", skip(cache), cache = cache)]
async fn filtered(cache: &Cache, tags: &HashSet<String>, filter: &Filter) -> u64 {
    tags.iter().map(|tag| filter.limits[tag]).sum()
}

/// No two of these have their entries in the same order, but for chance.
fn words() -> impl Iterator<Item = String> {
    (0..20).map(|number| format!("word {number}"))
}

#[tokio::test]
async fn sets_and_maps_are_the_same_in_any_order() {
    let server = RedisServer::start();
    let cache = cache(&server).await;
    for _ in 0..10 {
        let filter = Filter { limits: words().zip(0..).collect() };
        filtered(&cache, &words().collect(), &filter).await;
    }
    assert_eq!((here(&cache), cache.stats().loads), (8, 1));
}
