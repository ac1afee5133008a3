//! The `SQLite` file that all processes share.

use examples::command_line::Failure;
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteConnectOptions;
use std::fmt::Display;
use std::path::Path;

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS task_templates (
        namespace TEXT NOT NULL, name TEXT NOT NULL, version TEXT NOT NULL,
        function TEXT NOT NULL, timeout_seconds INTEGER NOT NULL,
        PRIMARY KEY (namespace, name, version));
    CREATE TABLE IF NOT EXISTS task_runs (
        id INTEGER PRIMARY KEY, namespace TEXT NOT NULL, name TEXT NOT NULL, version TEXT NOT NULL);";

/// Opens the database, or makes it; several processes may do so at once.
pub(crate) async fn open(path: &Path) -> Result<SqlitePool, Failure> {
    let bad =
        |reason: &dyn Display| Failure::input(format!("the database {}: {reason}", path.display()));
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let pool = SqlitePool::connect_with(options).await.map_err(|error| bad(&error))?;
    sqlx::raw_sql(TABLES).execute(&pool).await.map_err(|error| bad(&error))?;
    Ok(pool)
}
