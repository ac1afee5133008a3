//! The `SQLite` database: opening, filling, and what it says of itself.

use crate::sql::{SqlError, Table};
use examples::command_line::Failure;
use serde::Serialize;
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteSynchronous};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Written into the files this program makes, so that it never touches another program's. In ASCII: `SQLc`.
const APPLICATION_ID: i32 = 0x5351_4c63;

const TABLES: &str = "
    CREATE TABLE users (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL, city TEXT NOT NULL, age INTEGER);
    CREATE TABLE orders (
        id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id), item TEXT NOT NULL,
        status TEXT NOT NULL, cents INTEGER NOT NULL);
    CREATE INDEX orders_by_user ON orders (user_id);";

/// Rows `?1` to `?2`. Arithmetic in place of random numbers: every run sees the same rows.
const USERS: &str = "
    WITH RECURSIVE new(id) AS (SELECT ?1 UNION ALL SELECT id + 1 FROM new WHERE id < ?2)
    INSERT INTO users SELECT id, 'User ' || id, 'user' || id || '@example.com',
        json_extract('[\"Graz\",\"Lima\",\"Oslo\",\"Pune\",\"Rome\",\"Suva\",\"Turku\",\"Xiamen\"]',
            '$[' || (id * 7919 % 8) || ']'),
        CASE WHEN id % 10 THEN 18 + id * 31 % 60 END FROM new";

/// The same for orders, of users up to `?3`.
const ORDERS: &str = "
    WITH RECURSIVE new(id) AS (SELECT ?1 UNION ALL SELECT id + 1 FROM new WHERE id < ?2)
    INSERT INTO orders SELECT id, 1 + id * 7919 % ?3,
        json_extract('[\"lamp\",\"desk\",\"chair\",\"shelf\",\"clock\"]', '$[' || (id * 104729 % 5) || ']'),
        json_extract('[\"open\",\"paid\",\"sent\"]', '$[' || (id % 3) || ']'), 100 + id * 48271 % 90000 FROM new";

/// How many rows one statement inserts.
const CHUNK: u32 = 10_000;

/// A database, as an argument of queries.
///
/// Serialized it is its path: as an argument that is not skipped it is part of the hash in every key, so that two databases
/// behind one Redis never share an entry.
#[derive(Debug, Serialize)]
pub(crate) struct Database {
    path: PathBuf,
    #[serde(skip)]
    pub(crate) pool: SqlitePool,
}

impl Database {
    /// Opens a database of this program, or makes one.
    pub(crate) async fn open(path: &Path) -> Result<Self, Failure> {
        let bad = |reason: &str| Failure::input(format!("--database {}: {reason}", path.display()));
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            return Err(bad(&format!("there is no folder {}", folder.display())));
        }
        let pool = SqlitePool::connect_with(options(path)).await;
        let pool = pool.map_err(|error| bad(&SqlError::from(error).to_string()))?;
        if !is_ours(&pool).await? {
            return Err(bad("this file belongs to another program; name a new one"));
        }
        Ok(Self { path: path.canonicalize().map_err(Failure::fault)?, pool })
    }

    /// Fills a new database, all or nothing, and says how many rows there are.
    pub(crate) async fn fill(&self, rows: u32) -> Result<i64, SqlError> {
        let present = "SELECT (SELECT count(*) FROM users) + (SELECT count(*) FROM orders)";
        let present: i64 = sqlx::query_scalar(present).fetch_one(&self.pool).await?;
        if present > 0 {
            return Ok(present);
        }
        let users = (rows / 4).max(1);
        let mut filling = self.pool.begin().await?;
        let mut progress = Progress { rows, done: 0, told: Instant::now() };
        for (statement, count) in [(USERS, users), (ORDERS, rows - users)] {
            for first in (1..=count).step_by(CHUNK as usize) {
                let last = count.min(first + CHUNK - 1);
                let insert = sqlx::query(statement).bind(first).bind(last).bind(users);
                insert.execute(&mut *filling).await?;
                progress.add(last - first + 1);
            }
        }
        filling.commit().await?;
        Ok(rows.into())
    }

    /// The table of that name.
    ///
    /// `SQLite` takes `Users` for `users`, but the two make different keys, and a write to one would leave the other's entries:
    /// so the name has to be the catalog's own.
    pub(crate) async fn table(&self, asked: &str) -> Result<Table, SqlError> {
        let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name";
        let known: Vec<String> = sqlx::query_scalar(tables).fetch_all(&self.pool).await?;
        let Some(name) = known.iter().find(|name| *name == asked).cloned() else {
            return Err(SqlError::UnknownTable { asked: asked.to_owned(), known });
        };
        let columns = "SELECT name FROM pragma_table_info(?) ORDER BY name";
        let columns = sqlx::query_scalar(columns).bind(&name).fetch_all(&self.pool).await?;
        Ok(Table::from_catalog(name, columns))
    }

    pub(crate) async fn check_table(&self, asked: &str) -> Result<(), SqlError> {
        self.table(asked).await.map(drop)
    }

    /// Lets `SQLite` tidy up beside the file.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .synchronous(SqliteSynchronous::Normal)
}

/// Whether this is a database of this program. An empty one becomes one.
async fn is_ours(pool: &SqlitePool) -> Result<bool, SqlError> {
    let id: i32 = sqlx::query_scalar("PRAGMA application_id").fetch_one(pool).await?;
    if id == APPLICATION_ID {
        return Ok(true);
    }
    let things: i64 =
        sqlx::query_scalar("SELECT count(*) FROM sqlite_schema").fetch_one(pool).await?;
    if things > 0 || id != 0 {
        return Ok(false);
    }
    // Not among the options of the connection: those would rewrite another program's file before this has looked at it.
    sqlx::raw_sql("PRAGMA journal_mode = WAL").execute(pool).await?;
    let mut making = pool.begin().await?;
    sqlx::raw_sql(TABLES).execute(&mut *making).await?;
    let mark = format!("PRAGMA application_id = {APPLICATION_ID}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(mark)).execute(&mut *making).await?;
    making.commit().await?;
    Ok(true)
}

/// Tells, once a second, how far the filling is.
struct Progress {
    rows: u32,
    done: u32,
    told: Instant,
}

impl Progress {
    fn add(&mut self, rows: u32) {
        self.done += rows;
        if self.told.elapsed() >= Duration::from_secs(1) {
            self.told = Instant::now();
            eprintln!("filling the database: {} of {} rows", self.done, self.rows);
        }
    }
}
