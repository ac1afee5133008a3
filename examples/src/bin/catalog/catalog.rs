//! What a catalog does for its callers, who hold an `Arc<dyn Catalog>`. Six of the reads are asked for all the time; which
//! of the methods are cached is the business of whoever implements them.

use crate::error::CatalogError;
use crate::records::{Connection, Note, Sync, Table, TableName};
use async_trait::async_trait;

pub(crate) type Result<T, E = CatalogError> = std::result::Result<T, E>;

#[async_trait]
pub(crate) trait Catalog: Send + std::marker::Sync {
    // The hot reads.

    /// All connections, by name.
    async fn connections(&self) -> Result<Vec<Connection>>;

    async fn connection(&self, id: i64) -> Result<Option<Connection>>;

    async fn connection_named(&self, name: &str) -> Result<Option<Connection>>;

    /// The tables of one connection, or all.
    async fn tables(&self, connection: Option<i64>) -> Result<Vec<Table>>;

    async fn table(&self, connection: i64, schema: &str, name: &str) -> Result<Option<Table>>;

    /// The names of all tables in a schema.
    async fn table_names(&self, connection: i64, schema: &str) -> Result<Vec<String>>;

    // The writes that change what these read.

    async fn add_connection(&self, name: &str, kind: &str) -> Result<Connection>;

    async fn add_table(&self, table: &TableName) -> Result<Table>;

    /// Notes what looking at a table has found. Whoever calls this knows the table's number and nothing else.
    async fn update_table_sync(&self, id: i64, sync: Sync) -> Result<Table>;

    /// Forgets a table; whether there was one.
    async fn clear_table(&self, connection: i64, schema: &str, name: &str) -> Result<bool>;

    /// Forgets all tables of a connection; how many there were.
    async fn clear_connection(&self, id: i64) -> Result<u64>;

    /// Deletes a connection and its tables; whether there was one.
    async fn delete_connection(&self, id: i64) -> Result<bool>;

    // What is asked for now and then.

    async fn count_connections(&self) -> Result<i64>;

    async fn count_tables(&self) -> Result<i64>;

    async fn connections_of_kind(&self, kind: &str) -> Result<Vec<Connection>>;

    /// The schemas of a connection that have tables.
    async fn schemas(&self, connection: i64) -> Result<Vec<String>>;

    async fn table_by_id(&self, id: i64) -> Result<Option<Table>>;

    /// The tables with this text in their names.
    async fn search_tables(&self, text: &str) -> Result<Vec<Table>>;

    /// The tables that nobody has looked at since a time, or ever.
    async fn tables_to_sync(&self, before: i64) -> Result<Vec<Table>>;

    async fn largest_tables(&self, limit: i64) -> Result<Vec<Table>>;

    async fn add_note(&self, table: i64, text: &str) -> Result<Note>;

    async fn notes(&self, table: i64) -> Result<Vec<Note>>;

    /// Deletes a note; whether there was one.
    async fn delete_note(&self, id: i64) -> Result<bool>;
}
