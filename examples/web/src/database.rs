//! Opening the database, and making the tables that are missing in it.

use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

/// How many statements of this process may run at a time.
const CONNECTIONS: u32 = 8;

const TABLES: &str = include_str!("schema.sql");

pub(crate) async fn open(url: &str) -> Result<PgPool, sqlx::Error> {
    let db = PgPoolOptions::new().max_connections(CONNECTIONS).connect(url).await?;
    sqlx::raw_sql(TABLES).execute(&db).await?;
    Ok(db)
}
