//! What a node that serves can be asked: each method of the catalog, and what the store holds.

use crate::catalog::{Catalog, Result};
use crate::records::{Sync, TableName};
use cache_runtime::observe;
use clap::{Parser, Subcommand};
use serde::Serialize;
use std::time::{SystemTime, UNIX_EPOCH};

/// One line of standard input.
#[derive(Debug, Parser)]
#[command(multicall = true, disable_help_flag = true)]
pub(crate) enum Command {
    #[command(flatten)]
    Hot(Hot),
    #[command(flatten)]
    Write(Write),
    #[command(flatten)]
    Rare(Rare),
    /// Lists the entries in the store and their ages, in milliseconds.
    Entries,
    /// Counts what the cache has done on this node.
    Stats,
}

/// The cached reads.
#[derive(Debug, Subcommand)]
pub(crate) enum Hot {
    /// Lists all connections.
    Connections,
    /// Shows a connection.
    Connection { id: i64 },
    /// Shows a connection, by its name.
    ConnectionNamed { name: String },
    /// Lists the tables of a connection, or all.
    Tables { connection: Option<i64> },
    /// Shows a table.
    Table { connection: i64, schema: String, name: String },
    /// Lists the names of the tables in a schema.
    TableNames { connection: i64, schema: String },
}

/// The writes that change what these read.
#[derive(Debug, Subcommand)]
pub(crate) enum Write {
    /// Adds a connection.
    AddConnection { name: String, kind: String },
    /// Adds a table.
    AddTable { connection: i64, schema: String, name: String },
    /// Notes how many rows a table has now.
    UpdateTableSync { id: i64, rows: i64 },
    /// Forgets a table.
    ClearTable { connection: i64, schema: String, name: String },
    /// Forgets all tables of a connection.
    ClearConnection { id: i64 },
    /// Deletes a connection and its tables.
    DeleteConnection { id: i64 },
}

/// Everything else, which is not cached.
#[derive(Debug, Subcommand)]
pub(crate) enum Rare {
    /// Counts connections and tables.
    Count,
    /// Lists the connections of a kind.
    ConnectionsOfKind { kind: String },
    /// Lists the schemas of a connection.
    Schemas { connection: i64 },
    /// Shows a table, by its number.
    TableById { id: i64 },
    /// Lists the tables with a text in their names.
    SearchTables { text: String },
    /// Lists the tables that were not synced since a time, in milliseconds since 1970.
    TablesToSync { before: i64 },
    /// Lists the tables with the most rows.
    LargestTables { limit: i64 },
    /// Adds a note to a table.
    AddNote {
        table: i64,
        #[arg(required = true)]
        text: Vec<String>,
    },
    /// Lists the notes on a table.
    Notes { table: i64 },
    /// Deletes a note.
    DeleteNote { id: i64 },
}

impl Hot {
    pub(crate) async fn answer(self, catalog: &dyn Catalog) -> Result<String> {
        match self {
            Self::Connections => seen(catalog.connections()).await,
            Self::Connection { id } => seen(catalog.connection(id)).await,
            Self::ConnectionNamed { name } => seen(catalog.connection_named(&name)).await,
            Self::Tables { connection } => seen(catalog.tables(connection)).await,
            Self::Table { connection, schema, name } => {
                seen(catalog.table(connection, &schema, &name)).await
            }
            Self::TableNames { connection, schema } => {
                seen(catalog.table_names(connection, &schema)).await
            }
        }
    }
}

impl Write {
    pub(crate) async fn answer(self, catalog: &dyn Catalog) -> Result<String> {
        match self {
            Self::AddConnection { name, kind } => done(catalog.add_connection(&name, &kind).await),
            Self::AddTable { connection, schema, name } => {
                done(catalog.add_table(&TableName { connection, schema, name }).await)
            }
            Self::UpdateTableSync { id, rows } => {
                done(catalog.update_table_sync(id, Sync { rows, at: now() }).await)
            }
            Self::ClearTable { connection, schema, name } => {
                done(catalog.clear_table(connection, &schema, &name).await)
            }
            Self::ClearConnection { id } => done(catalog.clear_connection(id).await),
            Self::DeleteConnection { id } => done(catalog.delete_connection(id).await),
        }
    }
}

impl Rare {
    pub(crate) async fn answer(self, catalog: &dyn Catalog) -> Result<String> {
        match self {
            Self::Count => {
                let connections = catalog.count_connections().await?;
                done(catalog.count_tables().await.map(|tables| [connections, tables]))
            }
            Self::ConnectionsOfKind { kind } => seen(catalog.connections_of_kind(&kind)).await,
            Self::Schemas { connection } => seen(catalog.schemas(connection)).await,
            Self::TableById { id } => seen(catalog.table_by_id(id)).await,
            Self::SearchTables { text } => seen(catalog.search_tables(&text)).await,
            Self::TablesToSync { before } => seen(catalog.tables_to_sync(before)).await,
            Self::LargestTables { limit } => seen(catalog.largest_tables(limit)).await,
            Self::AddNote { table, text } => done(catalog.add_note(table, &text.join(" ")).await),
            Self::Notes { table } => seen(catalog.notes(table)).await,
            Self::DeleteNote { id } => done(catalog.delete_note(id).await),
        }
    }
}

/// A read's answer, behind where it came from.
async fn seen<T: Serialize>(read: impl Future<Output = Result<T>>) -> Result<String> {
    let (answer, seen) = observe(read).await;
    let source = seen.last.map_or_else(|| "uncached".to_owned(), |source| source.to_string());
    Ok(format!("{source} {}", json(&answer?)))
}

/// A write's answer.
fn done<T: Serialize>(answer: Result<T>) -> Result<String> {
    Ok(format!("done {}", json(&answer?)))
}

pub(crate) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("records are made of text and numbers")
}

/// Milliseconds since 1970.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
