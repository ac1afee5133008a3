//! Opening the database, making the tables that are missing in it, and beginning transactions.

use crate::error::{Error, Result};
use sqlx::postgres::PgPoolOptions;
use sqlx::{PgPool, Postgres, Transaction};
use std::io;

/// How many statements of this process may run at a time.
const CONNECTIONS: u32 = 8;

const TABLES: &str = include_str!("schema.sql");

pub(crate) async fn open(url: &str) -> Result<PgPool, sqlx::Error> {
    let db = PgPoolOptions::new().max_connections(CONNECTIONS).connect(url).await?;
    sqlx::raw_sql(TABLES).execute(&db).await?;
    Ok(db)
}

/// Begins a transaction, in a task of its own. A request whose client hangs up is dropped wherever it is, and sqlx 0.9 would leave a
/// connection that is dropped during `BEGIN` inside the transaction, for whoever gets it next.
pub(crate) async fn begin(db: &PgPool) -> Result<Transaction<'static, Postgres>> {
    let db = db.clone();
    let begun = tokio::spawn(async move { db.begin().await }).await;
    begun.map_err(|panic| Error::Database(io::Error::other(panic).into()))?.map_err(Error::from)
}
