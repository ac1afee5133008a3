//! What queries are made of: values, conditions, rows, and names that were looked up before they went into a statement.

use examples::command_line::Failure;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use sqlx::sqlite::{SqliteRow, SqliteValueRef};
use sqlx::{Decode, QueryBuilder, Row, Sqlite, TypeInfo, ValueRef};
use std::fmt;

/// Why a query has no answer. Nothing in it knows of the cache.
#[derive(Debug)]
pub(crate) enum SqlError {
    UnknownTable { asked: String, known: Vec<String> },
    UnknownColumn { asked: String, known: Vec<String> },
    Database(sqlx::Error),
}

impl fmt::Display for SqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownTable { asked, known } => {
                write!(f, "there is no table `{asked}`; there is `{}`", known.join("`, `"))
            }
            Self::UnknownColumn { asked, known } => {
                write!(f, "there is no column `{asked}`; there is `{}`", known.join("`, `"))
            }
            // Without sqlx' "error returned from database", which says nothing to whoever reads it.
            Self::Database(sqlx::Error::Database(error)) => f.write_str(error.message()),
            Self::Database(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for SqlError {}

impl From<SqlError> for Failure {
    fn from(error: SqlError) -> Self {
        match error {
            SqlError::UnknownTable { .. } | SqlError::UnknownColumn { .. } => Self::input(error),
            SqlError::Database(_) => Self::fault(error),
        }
    }
}

impl From<sqlx::Error> for SqlError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

/// One value of `SQLite`; in JSON a plain one.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Cell {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
}

impl Cell {
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    pub(crate) fn bind(&self, query: &mut QueryBuilder<Sqlite>) {
        match self {
            Self::Null => query.push_bind(None::<i64>),
            Self::Integer(number) => query.push_bind(*number),
            Self::Real(number) => query.push_bind(*number),
            Self::Text(text) => query.push_bind(text.clone()),
        };
    }

    fn read(value: SqliteValueRef<'_>) -> Result<Self, sqlx::Error> {
        let cell = match value.type_info().name() {
            _ if value.is_null() => Ok(Self::Null),
            "INTEGER" => Decode::<Sqlite>::decode(value).map(Self::Integer),
            "REAL" => Decode::<Sqlite>::decode(value).map(Self::Real),
            _ => Decode::<Sqlite>::decode(value).map(Self::Text),
        };
        cell.map_err(sqlx::Error::Decode)
    }
}

/// By hand, because the derived code of an untagged enum tries one variant after the other and takes ten times as long,
/// which would be most of a hit's time.
impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CellVisitor)
    }
}

struct CellVisitor;

impl Visitor<'_> for CellVisitor {
    type Value = Cell;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("null, a number or text")
    }

    fn visit_unit<E>(self) -> Result<Cell, E> {
        Ok(Cell::Null)
    }

    fn visit_i64<E>(self, number: i64) -> Result<Cell, E> {
        Ok(Cell::Integer(number))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Cell, E> {
        number.try_into().map(Cell::Integer).map_err(E::custom)
    }

    fn visit_f64<E>(self, number: f64) -> Result<Cell, E> {
        Ok(Cell::Real(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Cell, E> {
        Ok(Cell::text(text))
    }
}

/// A condition: the rows in which `column` is `value`.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Filter<'a> {
    pub(crate) column: &'a str,
    pub(crate) value: &'a Cell,
}

/// What a query found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Rows {
    /// In alphabetical order, whatever order was asked for: calls that differ in that alone share an entry.
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<Cell>>,
}

impl Rows {
    pub(crate) fn new(columns: Vec<String>, found: &[SqliteRow]) -> Result<Self, SqlError> {
        let row = |row: &SqliteRow| -> Result<Vec<Cell>, sqlx::Error> {
            (0..columns.len()).map(|index| Cell::read(row.try_get_raw(index)?)).collect()
        };
        let rows = found.iter().map(row).collect::<Result<_, _>>()?;
        Ok(Self { columns, rows })
    }
}

/// A table that exists, and its columns: the one way for a name to get into a statement, where it cannot be bound.
pub(crate) struct Table {
    name: String,
    columns: Vec<String>,
}

impl Table {
    /// Only what the database's own catalog returned may be handed over.
    pub(super) fn from_catalog(name: String, columns: Vec<String>) -> Self {
        Self { name, columns }
    }

    pub(crate) fn quoted(&self) -> String {
        quote(&self.name)
    }

    pub(crate) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// A column's name as it goes into a statement, if there is such a column.
    pub(crate) fn column(&self, asked: &str) -> Result<String, SqlError> {
        if self.columns.iter().any(|column| column == asked) {
            return Ok(quote(asked));
        }
        Err(SqlError::UnknownColumn { asked: asked.to_owned(), known: self.columns.clone() })
    }

    /// Columns as they go behind `SELECT`.
    pub(crate) fn list(&self, asked: &[impl AsRef<str>]) -> Result<String, SqlError> {
        let names = asked.iter().map(|column| self.column(column.as_ref()));
        Ok(names.collect::<Result<Vec<_>, _>>()?.join(", "))
    }

    /// Adds the table's name and the conditions, their values bound.
    pub(crate) fn push_where(
        &self,
        query: &mut QueryBuilder<Sqlite>,
        filters: &[Filter<'_>],
    ) -> Result<(), SqlError> {
        query.push(" FROM ").push(self.quoted());
        for (index, filter) in filters.iter().enumerate() {
            query.push(if index == 0 { " WHERE " } else { " AND " });
            // `IS` and not `=`, which finds no NULL.
            query.push(self.column(filter.column)?).push(" IS ");
            filter.value.bind(query);
        }
        Ok(())
    }
}

fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
