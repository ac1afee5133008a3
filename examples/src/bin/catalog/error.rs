//! Why the catalog has no answer. Nothing in it knows of the cache.

use examples::command_line::Failure;
use std::fmt;

#[derive(Debug)]
pub(crate) enum CatalogError {
    NoConnection(i64),
    NoTable(i64),
    /// A connection or a table has this name already.
    Taken(String),
    Database(sqlx::Error),
}

impl CatalogError {
    /// What a write that adds something under `name` has run into.
    pub(crate) fn of_insert(error: sqlx::Error, name: &str) -> Self {
        match &error {
            sqlx::Error::Database(reason) if reason.is_unique_violation() => {
                Self::Taken(name.to_owned())
            }
            _ => Self::Database(error),
        }
    }
}

impl fmt::Display for CatalogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoConnection(id) => write!(f, "there is no connection {id}"),
            Self::NoTable(id) => write!(f, "there is no table {id}"),
            Self::Taken(name) => write!(f, "`{name}` is there already"),
            // Without sqlx' "error returned from database", which says nothing to whoever reads it.
            Self::Database(sqlx::Error::Database(error)) => f.write_str(error.message()),
            Self::Database(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for CatalogError {}

impl From<sqlx::Error> for CatalogError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl From<CatalogError> for Failure {
    fn from(error: CatalogError) -> Self {
        Self::fault(error)
    }
}
