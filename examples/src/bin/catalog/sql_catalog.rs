//! The catalog on `SQLite` and on `PostgreSQL`: each statement is one that both understand, so that what is cached, and what a
//! write makes stale, is said once. The attributes are all there is of the cache here.
//!
//! Every key begins with the catalog's own id, so that two databases behind one Redis never share an entry.

use crate::catalog::{Catalog, Result};
use crate::error::CatalogError;
use crate::records::{Connection, Note, Sync, Table, TableName};
use async_trait::async_trait;
use cache_runtime::{cached, invalidates};
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::QueryAs;
use sqlx::{Any, AnyPool, FromRow, query, query_as, query_scalar};

/// A catalog in a database.
pub(crate) struct SqlCatalog {
    /// Made with the database, and the same for all its nodes.
    pub(crate) id: String,
    pub(crate) pool: AnyPool,
}

impl SqlCatalog {
    /// The row that a write returns, if it found one to write.
    async fn written<T>(
        &self,
        write: QueryAs<'_, Any, T, AnyArguments>,
    ) -> Result<Option<T>, sqlx::Error>
    where
        T: for<'r> FromRow<'r, AnyRow> + Send + Unpin,
    {
        // All rows, though there is one at most: behind the last of them SQLite says whether it could commit.
        Ok(write.fetch_all(&self.pool).await?.pop())
    }
}

#[async_trait]
impl Catalog for SqlCatalog {
    #[cached(key = "<self.id>:connections")]
    async fn connections(&self) -> Result<Vec<Connection>> {
        let all = query_as("SELECT * FROM connections ORDER BY name");
        Ok(all.fetch_all(&self.pool).await?)
    }

    #[cached(key = "<self.id>:connection:id:<id>")]
    async fn connection(&self, id: i64) -> Result<Option<Connection>> {
        let one = query_as("SELECT * FROM connections WHERE id = $1").bind(id);
        Ok(one.fetch_optional(&self.pool).await?)
    }

    #[cached(key = "<self.id>:connection:name:<name>")]
    async fn connection_named(&self, name: &str) -> Result<Option<Connection>> {
        let one = query_as("SELECT * FROM connections WHERE name = $1").bind(name);
        Ok(one.fetch_optional(&self.pool).await?)
    }

    #[cached(key = "<self.id>:tables:<connection>")]
    async fn tables(&self, connection: Option<i64>) -> Result<Vec<Table>> {
        let some = query_as(
            "SELECT * FROM tables WHERE connection_id = $1 OR $1 IS NULL
             ORDER BY connection_id, schema_name, name",
        );
        Ok(some.bind(connection).fetch_all(&self.pool).await?)
    }

    #[cached(key = "<self.id>:table:<connection>:<schema>:<name>")]
    async fn table(&self, connection: i64, schema: &str, name: &str) -> Result<Option<Table>> {
        let one = query_as(
            "SELECT * FROM tables WHERE connection_id = $1 AND schema_name = $2 AND name = $3",
        );
        Ok(one.bind(connection).bind(schema).bind(name).fetch_optional(&self.pool).await?)
    }

    #[cached(key = "<self.id>:names:<connection>:<schema>")]
    async fn table_names(&self, connection: i64, schema: &str) -> Result<Vec<String>> {
        let names = query_scalar(
            "SELECT name FROM tables WHERE connection_id = $1 AND schema_name = $2 ORDER BY name",
        );
        Ok(names.bind(connection).bind(schema).fetch_all(&self.pool).await?)
    }

    /// Somebody may have asked for this id before it was given to anybody, and been told that there is none.
    #[invalidates(
        "<self.id>:connection:id:<result.id>:*",
        self.connection_named(name),
        self.connections(),
        refresh
    )]
    async fn add_connection(&self, name: &str, kind: &str) -> Result<Connection> {
        let insert = query_as("INSERT INTO connections (name, kind) VALUES ($1, $2) RETURNING *");
        let added = self.written(insert.bind(name).bind(kind)).await;
        let added = added.map_err(|error| CatalogError::of_insert(error, name))?;
        Ok(added.ok_or(sqlx::Error::RowNotFound)?)
    }

    #[invalidates(
        self.table(table.connection, &table.schema, &table.name),
        self.table_names(table.connection, &table.schema),
        self.tables(Some(table.connection)),
        self.tables(None),
        refresh
    )]
    async fn add_table(&self, table: &TableName) -> Result<Table> {
        let TableName { connection, schema, name } = table;
        let insert = query_as(
            "INSERT INTO tables (connection_id, schema_name, name)
             SELECT id, $2, $3 FROM connections WHERE id = $1 RETURNING *",
        );
        let added = self.written(insert.bind(*connection).bind(schema).bind(name)).await;
        let added = added.map_err(|error| CatalogError::of_insert(error, name))?;
        added.ok_or(CatalogError::NoConnection(*connection))
    }

    /// The caller knows no more than a number, but the write itself tells which table that is: its entry goes with the lists.
    #[invalidates(
        "<self.id>:table:<result.connection>:<result.schema>:<result.name>:*",
        "<self.id>:tables:<result.connection>:*",
        self.tables(None),
        refresh
    )]
    async fn update_table_sync(&self, id: i64, sync: Sync) -> Result<Table> {
        let update =
            query_as("UPDATE tables SET row_count = $1, synced_at = $2 WHERE id = $3 RETURNING *");
        let synced = self.written(update.bind(sync.rows).bind(sync.at).bind(id)).await?;
        synced.ok_or(CatalogError::NoTable(id))
    }

    #[invalidates(
        self.table(connection, schema, name),
        self.table_names(connection, schema),
        self.tables(Some(connection)),
        self.tables(None),
        refresh
    )]
    async fn clear_table(&self, connection: i64, schema: &str, name: &str) -> Result<bool> {
        let delete =
            query("DELETE FROM tables WHERE connection_id = $1 AND schema_name = $2 AND name = $3");
        let delete = delete.bind(connection).bind(schema).bind(name);
        Ok(delete.execute(&self.pool).await?.rows_affected() > 0)
    }

    #[invalidates(
        "<self.id>:table:<id>:*",
        "<self.id>:names:<id>:*",
        self.tables(Some(id)),
        self.tables(None),
        refresh
    )]
    async fn clear_connection(&self, id: i64) -> Result<u64> {
        let delete = query("DELETE FROM tables WHERE connection_id = $1").bind(id);
        Ok(delete.execute(&self.pool).await?.rows_affected())
    }

    /// Who deletes by a number may find the row gone already, and cannot learn what it was called: so every entry that is kept by
    /// name goes. Connections are few, and seldom deleted.
    #[invalidates(
        "<self.id>:connection:id:<id>:*",
        "<self.id>:connection:name:*",
        "<self.id>:table:<id>:*",
        "<self.id>:names:<id>:*",
        "<self.id>:tables:<id>:*",
        self.connections(),
        self.tables(None),
        refresh
    )]
    async fn delete_connection(&self, id: i64) -> Result<bool> {
        let delete = query("DELETE FROM connections WHERE id = $1").bind(id);
        Ok(delete.execute(&self.pool).await?.rows_affected() > 0)
    }

    async fn count_connections(&self) -> Result<i64> {
        let count = query_scalar("SELECT count(*) FROM connections");
        Ok(count.fetch_one(&self.pool).await?)
    }

    async fn count_tables(&self) -> Result<i64> {
        Ok(query_scalar("SELECT count(*) FROM tables").fetch_one(&self.pool).await?)
    }

    async fn connections_of_kind(&self, kind: &str) -> Result<Vec<Connection>> {
        let some = query_as("SELECT * FROM connections WHERE kind = $1 ORDER BY name").bind(kind);
        Ok(some.fetch_all(&self.pool).await?)
    }

    async fn schemas(&self, connection: i64) -> Result<Vec<String>> {
        let schemas = query_scalar(
            "SELECT DISTINCT schema_name FROM tables WHERE connection_id = $1 ORDER BY schema_name",
        );
        Ok(schemas.bind(connection).fetch_all(&self.pool).await?)
    }

    async fn table_by_id(&self, id: i64) -> Result<Option<Table>> {
        let one = query_as("SELECT * FROM tables WHERE id = $1").bind(id);
        Ok(one.fetch_optional(&self.pool).await?)
    }

    async fn search_tables(&self, text: &str) -> Result<Vec<Table>> {
        // Neither database has wildcards here: `%` finds the tables with a `%` in their names.
        let found =
            query_as("SELECT * FROM tables WHERE replace(name, $1, '') <> name ORDER BY name, id");
        Ok(found.bind(text).fetch_all(&self.pool).await?)
    }

    async fn tables_to_sync(&self, before: i64) -> Result<Vec<Table>> {
        let old =
            query_as("SELECT * FROM tables WHERE synced_at < $1 OR synced_at IS NULL ORDER BY id");
        Ok(old.bind(before).fetch_all(&self.pool).await?)
    }

    async fn largest_tables(&self, limit: i64) -> Result<Vec<Table>> {
        let largest = query_as(
            "SELECT * FROM tables WHERE row_count IS NOT NULL ORDER BY row_count DESC, id LIMIT $1",
        );
        Ok(largest.bind(limit).fetch_all(&self.pool).await?)
    }

    async fn add_note(&self, table: i64, text: &str) -> Result<Note> {
        let insert = query_as(
            "INSERT INTO notes (table_id, text) SELECT id, $2 FROM tables WHERE id = $1 RETURNING *",
        );
        let added = self.written(insert.bind(table).bind(text)).await?;
        added.ok_or(CatalogError::NoTable(table))
    }

    async fn notes(&self, table: i64) -> Result<Vec<Note>> {
        let notes = query_as("SELECT * FROM notes WHERE table_id = $1 ORDER BY id").bind(table);
        Ok(notes.fetch_all(&self.pool).await?)
    }

    async fn delete_note(&self, id: i64) -> Result<bool> {
        let delete = query("DELETE FROM notes WHERE id = $1").bind(id);
        Ok(delete.execute(&self.pool).await?.rows_affected() > 0)
    }
}
