//! A call whose connection is in a transaction: what it sees is nobody else's yet.

use cache_runtime::{Cache, Observed, Source, bypass, cached, defer_commit, invalidates, observe};
use futures_util::future::BoxFuture;
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use sqlx::{
    Connection, Database, Executor, PgConnection, PgPool, Postgres, Sqlite, SqliteConnection,
    SqliteExecutor, SqlitePool, Transaction,
};
use std::collections::HashMap;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use tempfile::TempDir;
use testkit::{Log, PostgresServer, RedisServer};
use tokio::sync::Mutex;

const SELECT: &str = "SELECT price FROM items WHERE id = 1";
const RAISE: &str = "UPDATE items SET price = 4";

/// One item that costs 3.
const SCHEMA: &str =
    "CREATE TABLE items (id BIGINT, price BIGINT); INSERT INTO items VALUES (1, 3)";

type Priced = sqlx::Result<i64>;

async fn sqlite(directory: &TempDir) -> SqlitePool {
    let file = SqliteConnectOptions::new().filename(directory.path().join("items.db"));
    let file = file.create_if_missing(true).journal_mode(SqliteJournalMode::Wal);
    let pool = SqlitePoolOptions::new().connect_with(file).await.expect("a database");
    pool.execute(SCHEMA).await.expect("the schema");
    pool
}

async fn postgres(server: &PostgresServer) -> PgPool {
    let pool = PgPoolOptions::new().connect(&server.url()).await.expect("a database");
    pool.execute(SCHEMA).await.expect("the schema");
    pool
}

async fn handle(url: &str) -> Cache {
    let builder = Cache::builder();
    let builder = if url == "memory:" { builder.memory() } else { builder.redis(url) };
    builder.local(1 << 20).build().await.expect("the store answers")
}

#[cached(ttl = "1h", skip(db))]
async fn by_reference(db: &mut SqliteConnection) -> Priced {
    sqlx::query_scalar(SELECT).fetch_one(db).await
}

#[cached(ttl = "1h", skip(db))]
async fn by_reference_to_postgres(db: &mut PgConnection) -> Priced {
    sqlx::query_scalar(SELECT).fetch_one(db).await
}

/// What a program does with a database that its calls have a connection to.
macro_rules! reads_uncommitted {
    ($pool:expr, $read:path) => {{
        let mut plain = $pool.acquire().await.expect("a connection");
        for stored in ["in the store", "in this process, too"] {
            assert_eq!($read(&mut *plain).await.expect("a price"), 3, "{stored}");
        }
        let mut transaction = $pool.begin().await.expect("a transaction");
        transaction.execute(RAISE).await.expect("an update");
        for _ in 0..2 {
            let seen = observe($read(&mut *transaction)).await;
            assert_eq!(seen.0.expect("a price"), 4, "its own, and not the entry");
            assert_eq!(seen.1.last, Some(Source::Bypass));
        }
        assert_eq!($read(&mut *plain).await.expect("a price"), 3, "others have the entry");
        transaction.rollback().await.expect("it rolls back");
        assert_eq!($read(&mut *plain).await.expect("a price"), 3);
        let mut transaction = $pool.begin().await.expect("a transaction");
        transaction.execute(RAISE).await.expect("an update");
        transaction.commit().await.expect("it commits");
    }};
}

#[tokio::test]
async fn what_is_not_committed_is_neither_stored_nor_answered_from_the_cache() {
    let (redis, server) = (RedisServer::start(), PostgresServer::start());
    for url in ["memory:", &redis.url()] {
        let (directory, cache) = (TempDir::new().expect("a folder"), handle(url).await);
        let pool = sqlite(&directory).await;
        cache.scope(async { reads_uncommitted!(pool, by_reference) }).await;
        let stats = cache.stats();
        assert_eq!((stats.stores, stats.loads, stats.hits, stats.uncached), (1, 1, 3, 2), "{url}");
    }
    let cache = handle("memory:").await;
    let pool = postgres(&server).await;
    cache.scope(async { reads_uncommitted!(pool, by_reference_to_postgres) }).await;
    let stats = cache.stats();
    assert_eq!((stats.stores, stats.loads, stats.hits, stats.uncached), (1, 1, 3, 2));
}

#[tokio::test]
async fn it_is_said_once_by_name_and_not_where_nothing_is_cached_anyway() {
    let (log, directory) = (Log::default(), TempDir::new().expect("a folder"));
    let _listens = log.listen();
    let (pool, cache) = (sqlite(&directory).await, handle("memory:").await);
    let mut transaction = pool.begin().await.expect("a transaction");
    let idle = Cache::builder().disabled().build().await.expect("nothing to ask");
    idle.scope(by_reference(&mut transaction)).await.expect("a price");
    cache.scope(bypass(by_reference(&mut transaction))).await.expect("a price");
    assert_eq!((cache.stats().uncached, idle.stats().uncached), (0, 0));
    assert_eq!(log.text(), "");
    for _ in 0..3 {
        cache.scope(by_reference(&mut transaction)).await.expect("a price");
    }
    assert_eq!(cache.stats().uncached, 3);
    assert_eq!(log.text().matches("is in a transaction").count(), 1, "{}", log.text());
    assert!(log.text().contains("connections::by_reference"), "{}", log.text());
}

#[cached(ttl = "1h", skip(db))]
async fn by_transaction(db: &mut Transaction<'_, Sqlite>) -> Priced {
    sqlx::query_scalar(SELECT).fetch_one(&mut **db).await
}

#[cached(ttl = "1h", skip(db))]
async fn by_transaction_of_postgres(db: &mut Transaction<'_, Postgres>) -> Priced {
    sqlx::query_scalar(SELECT).fetch_one(&mut **db).await
}

#[cached(ttl = "1h", skip(db))]
async fn by_pooled(db: &mut PoolConnection<Sqlite>) -> Priced {
    sqlx::query_scalar(SELECT).fetch_one(&mut **db).await
}

#[cached(ttl = "1h", skip(db))]
async fn by_value(mut db: PoolConnection<Sqlite>) -> Priced {
    sqlx::query_scalar(SELECT).fetch_one(&mut *db).await
}

/// A connection of an application's own.
struct Session(SqliteConnection);

impl Deref for Session {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.0
    }
}

impl DerefMut for Session {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.0
    }
}

#[cached(ttl = "1h", skip(session))]
async fn by_session(session: &mut Session) -> Priced {
    sqlx::query_scalar(SELECT).fetch_one(&mut **session).await
}

struct Connected<T>(T);

#[cached(ttl = "1h", skip(db))]
async fn taken_apart(Connected(db): Connected<&mut SqliteConnection>) -> Priced {
    sqlx::query_scalar(SELECT).fetch_one(db).await
}

#[cached(ttl = "1h", skip(db))]
async fn of_any_database<D: Database>(db: &mut D::Connection) -> bool {
    db.is_in_transaction()
}

#[cached(ttl = "1h", skip(db))]
fn blocking(db: &mut SqliteConnection) -> bool {
    db.is_in_transaction()
}

#[cached(ttl = "1h", skip(db))]
fn boxed(db: &mut SqliteConnection) -> BoxFuture<'_, Priced> {
    Box::pin(sqlx::query_scalar(SELECT).fetch_one(db))
}

#[cached(ttl = "1h", skip(db))]
#[tracing::instrument(skip(db))]
async fn below_another_attribute(db: &mut SqliteConnection) -> Priced {
    sqlx::query_scalar(SELECT).fetch_one(db).await
}

#[cached(ttl = "1h", stale = "1m", skip(db))]
async fn or_stale(db: &mut SqliteConnection) -> Priced {
    sqlx::query_scalar(SELECT).fetch_one(db).await
}

#[cached(ttl = "1h", each = items, skip(db))]
async fn each(db: &mut SqliteConnection, items: &[i64]) -> sqlx::Result<HashMap<i64, i64>> {
    let price = sqlx::query_scalar(SELECT).fetch_one(db).await?;
    Ok(items.iter().map(|item| (*item, price)).collect())
}

struct Shop;

impl Shop {
    #[cached(ttl = "1h", skip(self, db))]
    async fn price(&self, db: &mut SqliteConnection) -> Priced {
        sqlx::query_scalar(SELECT).fetch_one(db).await
    }

    #[invalidates(self.price(named))]
    async fn raise(
        &self,
        db: &mut SqliteConnection,
        named: &mut SqliteConnection,
    ) -> sqlx::Result<()> {
        db.execute(RAISE).await.map(|_| ())
    }
}

/// Makes one call in a transaction, and expects it to have run without the cache.
macro_rules! runs_without_the_cache {
    ($call:expr) => {{
        let cache = handle("memory:").await;
        _ = cache.scope(async { $call.await }).await;
        let stats = cache.stats();
        assert_eq!(
            (stats.uncached, stats.stores, stats.misses),
            (1, 0, 0),
            "{}",
            stringify!($call)
        );
    }};
}

#[tokio::test]
async fn a_connection_is_known_in_every_shape() {
    let directory = TempDir::new().expect("a folder");
    let pool = sqlite(&directory).await;
    let mut tx = pool.begin().await.expect("a transaction");
    runs_without_the_cache!(by_transaction(&mut tx));
    runs_without_the_cache!(taken_apart(Connected(&mut *tx)));
    runs_without_the_cache!(of_any_database::<Sqlite>(&mut *tx));
    runs_without_the_cache!(async { blocking(&mut tx) });
    runs_without_the_cache!(boxed(&mut tx));
    runs_without_the_cache!(below_another_attribute(&mut tx));
    runs_without_the_cache!(or_stale(&mut tx));
    runs_without_the_cache!(each(&mut tx, &[1]));
    runs_without_the_cache!(Shop.price(&mut tx));
    drop(tx);
    let mut pooled = pool.acquire().await.expect("a connection");
    std::mem::forget(pooled.begin().await.expect("a transaction"));
    runs_without_the_cache!(by_pooled(&mut pooled));
    let mut session = Session(pooled.detach());
    runs_without_the_cache!(by_session(&mut session));
    let mut pooled = pool.acquire().await.expect("a connection");
    std::mem::forget(pooled.begin().await.expect("a transaction"));
    runs_without_the_cache!(by_value(pooled));
    let server = PostgresServer::start();
    let mut tx = postgres(&server).await.begin().await.expect("a transaction");
    runs_without_the_cache!(by_transaction_of_postgres(&mut tx));
}

#[cached(ttl = "1h", skip(db))]
async fn by_executor(db: impl SqliteExecutor<'_>) -> Priced {
    sqlx::query_scalar(SELECT).fetch_one(db).await
}

#[cached(ttl = "1h", skip(db))]
async fn by_lock(db: Arc<Mutex<SqliteConnection>>) -> Priced {
    sqlx::query_scalar(SELECT).fetch_one(&mut *db.lock().await).await
}

/// The documentation says so: nothing is known of an executor, and a lock does not show what it holds.
#[tokio::test]
async fn what_is_no_connection_is_asked_nothing() {
    let (directory, cache) = (TempDir::new().expect("a folder"), handle("memory:").await);
    let pool = sqlite(&directory).await;
    let mut tx = pool.begin().await.expect("a transaction");
    cache.scope(by_executor(&mut *tx)).await.expect("a price");
    let connection = pool.acquire().await.expect("a connection").detach();
    cache.scope(by_lock(Arc::new(Mutex::new(connection)))).await.expect("a price");
    assert_eq!((cache.stats().uncached, cache.stats().stores), (0, 2));
}

#[tokio::test]
async fn a_transaction_that_is_looked_after_is_not_asked() {
    let (directory, cache) = (TempDir::new().expect("a folder"), handle("memory:").await);
    let pool = sqlite(&directory).await;
    let body = async {
        let mut tx = pool.begin().await?;
        let read = observe(by_reference(&mut tx)).await;
        Ok::<_, sqlx::Error>((tx, read))
    };
    let (price, seen): (Priced, Observed) =
        cache.scope(defer_commit(body, Transaction::commit)).await.expect("it commits");
    assert_eq!((price.expect("a price"), seen.last), (3, Some(Source::Miss)));
    assert_eq!((cache.stats().uncached, cache.stats().stores), (0, 0));
}

/// A call that a write names is not made: its entry has to go whatever its connection is in.
#[tokio::test]
async fn a_write_in_a_transaction_invalidates_what_it_names() {
    let (directory, cache) = (TempDir::new().expect("a folder"), handle("memory:").await);
    let pool = sqlite(&directory).await;
    let mut plain = pool.acquire().await.expect("a connection");
    cache.scope(Shop.price(&mut plain)).await.expect("a price");
    let mut tx = pool.begin().await.expect("a transaction");
    cache.scope(Shop.raise(&mut plain, &mut tx)).await.expect("a write");
    assert_eq!((cache.stats().deleted, cache.stats().uncached), (1, 0));
}
