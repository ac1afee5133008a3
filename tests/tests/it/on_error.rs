//! `on_error = "return"`: what an invalidation fails with is the function's error, and no less made up for.

use crate::support::{SOON, hasty};
use cache_runtime::{Cache, Error, TransactionScope, defer, invalidates};
use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use testkit::{RedisServer, eventually};

/// What the functions here fail with.
#[derive(Debug)]
enum Failure {
    Refused,
    Cache(Error),
}

/// Errors of the cache are not compared.
impl PartialEq for Failure {
    fn eq(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Cache(error)
    }
}

/// How often a body has run to its end.
#[derive(Debug, Default)]
struct Writes(Cell<u64>);

impl Writes {
    fn write(&self, succeed: bool) -> Result<u64, Failure> {
        if !succeed {
            return Err(Failure::Refused);
        }
        self.0.set(self.0.get() + 1);
        Ok(self.0.get())
    }
}

#[invalidates("user:*", on_error = "return", cache = cache)]
async fn save(cache: &Cache, db: &Writes, succeed: bool) -> Result<u64, Failure> {
    db.write(succeed)
}

#[invalidates("user:*", on_error = "return", cache = cache)]
fn save_blocking(cache: &Cache, db: &Writes, succeed: bool) -> Result<u64, Failure> {
    db.write(succeed)
}

#[invalidates("written:<result>:*", on_error = "return", cache = cache)]
fn save_boxed<'a>(
    cache: &'a Cache,
    db: &'a Writes,
    succeed: bool,
) -> Pin<Box<dyn Future<Output = Result<u64, Failure>> + 'a>> {
    Box::pin(async move { db.write(succeed) })
}

#[invalidates("user:*", on_error = "return", when = "always", cache = cache)]
async fn save_always(cache: &Cache, db: &Writes, succeed: bool) -> Result<u64, Failure> {
    db.write(succeed)
}

#[invalidates("user:*", on_error = "return", when = "always", cache = cache)]
fn save_always_blocking(cache: &Cache, db: &Writes, succeed: bool) -> Result<u64, Failure> {
    db.write(succeed)
}

#[invalidates("user:*", on_error = "log", cache = cache)]
async fn save_and_log(cache: &Cache, db: &Writes, succeed: bool) -> Result<u64, Failure> {
    db.write(succeed)
}

/// What every kind of function returns.
async fn each(cache: &Cache, db: &Writes, succeed: bool) -> [Result<u64, Failure>; 5] {
    [
        save(cache, db, succeed).await,
        save_blocking(cache, db, succeed),
        save_boxed(cache, db, succeed).await,
        save_always(cache, db, succeed).await,
        save_always_blocking(cache, db, succeed),
    ]
}

#[tokio::test]
async fn a_function_that_invalidated_returns_what_its_body_did() {
    let server = RedisServer::start();
    let cache = Cache::builder().redis(server.url()).budget(SOON).connect_timeout(SOON);
    for cache in [cache.build().await.unwrap(), Cache::builder().build().await.unwrap()] {
        let db = Writes::default();
        assert_eq!(each(&cache, &db, true).await, [1, 2, 3, 4, 5].map(Ok));
        assert_eq!(each(&cache, &db, false).await, [(); 5].map(|()| Err(Failure::Refused)));
        // After an error, two of the five.
        assert_eq!((cache.stats().invalidations, cache.stats().errors), (7, 0));
    }
}

#[tokio::test]
async fn a_failed_invalidation_is_returned_and_made_up_for() {
    let server = RedisServer::start();
    let (cache, db) = (hasty(&server).await, Writes::default());
    server.kill();
    for returned in each(&cache, &db, true).await {
        let is_away = |error: &Error| error.is_unreachable() || error.is_timeout();
        assert!(matches!(&returned, Err(Failure::Cache(error)) if is_away(error)), "{returned:?}");
    }
    assert_eq!(db.0.get(), 5, "the writes have happened");
    assert_eq!(save_and_log(&cache, &db, true).await, Ok(6), "the default");
    assert_eq!(cache.stats().failed_invalidations, 6);
    assert_eq!(cache.health().await.overdue_invalidations, 2, "both patterns are kept");
    server.restart();
    server.set_raw("cache:user:1", b"stale");
    let made_up = async || cache.health().await.overdue_invalidations == 0;
    eventually(SOON, made_up, "the invalidations are made up for").await;
    assert_eq!(server.get_raw("cache:user:1"), None);
    let saved = async || save(&cache, &db, true).await.is_ok();
    eventually(SOON, saved, "the server is used again").await;
}

#[tokio::test]
async fn an_error_of_the_functions_own_goes_first() {
    let server = RedisServer::start();
    let (cache, db) = (hasty(&server).await, Writes::default());
    server.kill();
    assert_eq!(each(&cache, &db, false).await, [(); 5].map(|()| Err(Failure::Refused)));
    assert_eq!(cache.stats().failed_invalidations, 2, "both were tried");
}

/// It runs when the transaction has ended, and the function long since.
#[tokio::test]
async fn in_a_transaction_the_commit_returns_it() {
    let server = RedisServer::start();
    let (cache, db) = (hasty(&server).await, Writes::default());
    server.kill();
    let transaction = TransactionScope::begin();
    assert_eq!(transaction.scope(save(&cache, &db, true)).await, Ok(1));
    assert!(transaction.commit().await.is_err());
    assert_eq!(defer(save(&cache, &db, true)).await, Ok(2));
    assert_eq!(cache.stats().failed_invalidations, 2);
}
