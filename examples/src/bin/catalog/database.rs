//! Where the catalog is kept: opening a database, and making what is missing in it.

use crate::arguments::Arguments;
use crate::error::CatalogError;
use crate::sql_catalog::SqlCatalog;
use examples::command_line::Failure;
use sqlx::any::AnyPoolOptions;
use sqlx::{AnyConnection, AnyPool, Connection, query_scalar, raw_sql};
use std::path::Path;
use tempfile::TempDir;

const ON_SQLITE: &str = include_str!("sqlite.sql");
const ON_POSTGRES: &str = include_str!("postgres.sql");

/// How many statements of one node may run at a time.
const CONNECTIONS: u32 = 8;

/// A database's URL, which may hold a password and is never shown.
pub(crate) struct Place {
    url: String,
    tables: &'static str,
    pub(crate) name: &'static str,
    /// Goes with its database when the program ends.
    _folder: Option<TempDir>,
}

impl Place {
    /// The database that was asked for, or one in a folder of its own.
    pub(crate) fn choose(arguments: &Arguments) -> Result<Self, Failure> {
        match &arguments.database {
            Some(url) => Self::of_url(url),
            None => Self::temporary(),
        }
    }

    fn of_url(url: &str) -> Result<Self, Failure> {
        if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let (url, tables, name) = (url.to_owned(), ON_POSTGRES, "PostgreSQL");
            return Ok(Self { url, tables, name, _folder: None });
        }
        if !url.starts_with("sqlite:") {
            return Err(bad("it begins with `sqlite:` or `postgres:`"));
        }
        // Without this, sqlx opens none but a file that exists.
        let url = if url.contains('?') { url.to_owned() } else { format!("{url}?mode=rwc") };
        Ok(Self { url, tables: ON_SQLITE, name: "SQLite", _folder: None })
    }

    fn temporary() -> Result<Self, Failure> {
        let folder = TempDir::with_prefix("catalog-").map_err(Failure::fault)?;
        let place = Self::of_url(&sqlite_url(&folder.path().join("catalog.db")))?;
        Ok(Self { _folder: Some(folder), ..place })
    }

    /// Opens the database. The first connection is made apart: a pool would go on trying where nobody answers.
    pub(crate) async fn open(&self) -> Result<SqlCatalog, Failure> {
        sqlx::any::install_default_drivers();
        let id = self.prepare().await.map_err(|error| bad(CatalogError::from(error)))?;
        let pool: AnyPool = AnyPoolOptions::new()
            .max_connections(CONNECTIONS)
            .connect_lazy(&self.url)
            .map_err(|error| bad(CatalogError::from(error)))?;
        Ok(SqlCatalog { id, pool })
    }

    async fn prepare(&self) -> Result<String, sqlx::Error> {
        let mut connection = AnyConnection::connect(&self.url).await?;
        raw_sql(self.tables).execute(&mut connection).await?;
        let id = query_scalar("SELECT id FROM catalog").fetch_one(&mut connection).await?;
        connection.close().await?;
        Ok(id)
    }
}

fn sqlite_url(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}

fn bad(reason: impl std::fmt::Display) -> Failure {
    Failure::input(format!("--database: {reason}"))
}
