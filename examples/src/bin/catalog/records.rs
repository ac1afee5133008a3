//! What the catalog holds. Cached values are these records, as they are.

use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;
use sqlx::{FromRow, Row};

/// A database that the catalog knows of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Connection {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) kind: String,
}

/// A table of such a database.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Table {
    pub(crate) id: i64,
    pub(crate) connection: i64,
    pub(crate) schema: String,
    pub(crate) name: String,
    /// How many rows it had when it was last looked at.
    pub(crate) rows: Option<i64>,
    /// When that was, in milliseconds since 1970.
    pub(crate) synced_at: Option<i64>,
}

/// Something that somebody wrote about a table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Note {
    pub(crate) id: i64,
    pub(crate) table: i64,
    pub(crate) text: String,
}

/// What a table is called: three names, any of which may hold any character.
#[derive(Clone, Debug)]
pub(crate) struct TableName {
    pub(crate) connection: i64,
    pub(crate) schema: String,
    pub(crate) name: String,
}

/// What looking at a table has found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sync {
    pub(crate) rows: i64,
    pub(crate) at: i64,
}

impl FromRow<'_, AnyRow> for Connection {
    fn from_row(row: &AnyRow) -> Result<Self, sqlx::Error> {
        Ok(Self { id: row.try_get("id")?, name: row.try_get("name")?, kind: row.try_get("kind")? })
    }
}

impl FromRow<'_, AnyRow> for Table {
    fn from_row(row: &AnyRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            connection: row.try_get("connection_id")?,
            schema: row.try_get("schema_name")?,
            name: row.try_get("name")?,
            rows: row.try_get("row_count")?,
            synced_at: row.try_get("synced_at")?,
        })
    }
}

impl FromRow<'_, AnyRow> for Note {
    fn from_row(row: &AnyRow) -> Result<Self, sqlx::Error> {
        let (id, table) = (row.try_get("id")?, row.try_get("table_id")?);
        Ok(Self { id, table, text: row.try_get("text")? })
    }
}
