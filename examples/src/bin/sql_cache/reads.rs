//! The queries. Each says how long its answer is good for, and under which readable key it is kept.

use crate::database::Database;
use crate::sql::{Cell, Filter, Rows, SqlError};
use cache_runtime::{Ttl, cached};
use examples::meter::Meter;
use serde::{Deserialize, Serialize};
use sqlx::QueryBuilder;

/// One column, as the schema has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) required: bool,
}

/// What is known about a table beside its columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Metadata {
    pub(crate) definition: String,
    pub(crate) indexes: Vec<String>,
    pub(crate) largest_id: Option<i64>,
}

/// Some columns of the rows that meet all conditions.
#[cached(ttl = 300, key = "sql:<table>:data", unordered(columns, filters))]
pub(crate) async fn rows(
    db: &Database,
    table: &str,
    columns: &[&str],
    filters: &[Filter<'_>],
) -> Result<Rows, SqlError> {
    let mut columns = columns.to_vec();
    columns.sort_unstable();
    let table = db.table(table).await?;
    let mut query = QueryBuilder::new("SELECT ");
    query.push(table.list(&columns)?);
    table.push_where(&mut query, filters)?;
    let found = query.push(" ORDER BY rowid").build().fetch_all(&db.pool).await?;
    Rows::new(columns.into_iter().map(str::to_owned).collect(), &found)
}

/// The first rows of a table, kept for as long as the caller says.
#[cached(ttl = keep, key = "sql:<table>:data", skip(keep))]
pub(crate) async fn first_rows(
    db: &Database,
    table: &str,
    limit: u32,
    keep: Ttl,
) -> Result<Rows, SqlError> {
    let table = db.table(table).await?;
    let mut query = QueryBuilder::new("SELECT ");
    query.push(table.list(table.columns())?);
    table.push_where(&mut query, &[])?;
    query.push(" ORDER BY rowid LIMIT ").push_bind(limit);
    let found = query.build().fetch_all(&db.pool).await?;
    Rows::new(table.columns().to_vec(), &found)
}

/// How many rows meet all conditions.
#[cached(ttl = 60, key = "sql:<table>:count", unordered(filters))]
pub(crate) async fn count(
    db: &Database,
    table: &str,
    filters: &[Filter<'_>],
) -> Result<i64, SqlError> {
    let table = db.table(table).await?;
    let mut query = QueryBuilder::new("SELECT count(*)");
    table.push_where(&mut query, filters)?;
    Ok(query.build_query_scalar().fetch_one(&db.pool).await?)
}

/// A table's columns.
#[cached(ttl = "1h", key = "sql:<table>:schema")]
pub(crate) async fn schema(db: &Database, table: &str) -> Result<Vec<Column>, SqlError> {
    db.check_table(table).await?;
    let query =
        sqlx::query_as("SELECT name, type, \"notnull\" FROM pragma_table_info(?) ORDER BY cid");
    let columns: Vec<(String, String, bool)> = query.bind(table).fetch_all(&db.pool).await?;
    let column = |(name, kind, required)| Column { name, kind, required };
    Ok(columns.into_iter().map(column).collect())
}

/// A table's definition and indexes.
#[cached(ttl = "2h", key = "sql:<table>:metadata")]
pub(crate) async fn metadata(db: &Database, table: &str) -> Result<Metadata, SqlError> {
    let known = db.table(table).await?;
    let definition = "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?";
    let definition = sqlx::query_scalar(definition).bind(table).fetch_one(&db.pool).await?;
    let indexes = "SELECT name FROM pragma_index_list(?) ORDER BY name";
    let indexes = sqlx::query_scalar(indexes).bind(table).fetch_all(&db.pool).await?;
    let mut largest = QueryBuilder::new("SELECT max(id)");
    known.push_where(&mut largest, &[])?;
    let largest_id = largest.build_query_scalar().fetch_one(&db.pool).await?;
    Ok(Metadata { definition, indexes, largest_id })
}

/// What the users of each city spent. A join's key names all of its tables, so that a write to either finds it.
#[cached(ttl = 300, key = "sql:users:orders:spending")]
pub(crate) async fn spending(db: &Database) -> Result<Vec<(String, i64)>, SqlError> {
    let query = "SELECT city, sum(cents) FROM orders JOIN users ON users.id = user_id GROUP BY city ORDER BY city";
    Ok(sqlx::query_as(query).fetch_all(&db.pool).await?)
}

/// One user's name. That there is no such user is worth remembering, but not for long: it may be created any moment.
#[cached(ttl = 300, none_ttl = 30, key = "sql:users:name:<id>")]
pub(crate) async fn user_name(db: &Database, id: i64) -> Result<Option<String>, SqlError> {
    let query = sqlx::query_scalar("SELECT name FROM users WHERE id = ?").bind(id);
    Ok(query.fetch_optional(&db.pool).await?)
}

/// Calls every query, for both tables.
pub(crate) async fn all(meter: &Meter, db: &Database) -> Result<(), SqlError> {
    meter.begin();
    let (graz, lamp, open) = (Cell::text("Graz"), Cell::text("lamp"), Cell::text("open"));
    let users = [Filter { column: "city", value: &graz }];
    let orders =
        [Filter { column: "item", value: &lamp }, Filter { column: "status", value: &open }];
    let tables = [
        ("users", &["id", "name", "email"], &users[..]),
        ("orders", &["id", "user_id", "cents"], &orders),
    ];
    for (table, columns, filters) in tables {
        meter.time(table, "rows", async || rows(db, table, columns, filters).await).await?;
        meter.time(table, "count", async || count(db, table, filters).await).await?;
        meter.time(table, "schema", async || schema(db, table).await).await?;
        meter.time(table, "metadata", async || metadata(db, table).await).await?;
    }
    meter.time("users", "spending", async || spending(db).await).await?;
    meter.time("users", "name", async || user_name(db, 1).await).await?;
    meter.time("users", "no name", async || user_name(db, 0).await).await
}
