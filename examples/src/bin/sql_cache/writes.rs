//! The writes. Each says what it makes stale; that is deleted once it has succeeded.

use crate::database::Database;
use crate::sql::{Cell, SqlError};
use cache_runtime::invalidates;
use sqlx::QueryBuilder;

/// Renames a user.
#[invalidates("sql:users:*")]
pub(crate) async fn rename(db: &Database, id: i64, name: &str) -> Result<u64, SqlError> {
    let update = sqlx::query("UPDATE users SET name = ? WHERE id = ?").bind(name).bind(id);
    Ok(update.execute(&db.pool).await?.rows_affected())
}

/// Sets one column of one row. The second pattern finds joins in which the table is not the first.
#[invalidates("sql:<table>:*", "sql:*:<table>:*")]
pub(crate) async fn update(
    db: &Database,
    table: &str,
    id: i64,
    column: &str,
    value: &Cell,
) -> Result<u64, SqlError> {
    let table = db.table(table).await?;
    let mut query = QueryBuilder::new("UPDATE ");
    query.push(table.quoted()).push(" SET ").push(table.column(column)?).push(" = ");
    value.bind(&mut query);
    query.push(" WHERE id = ").push_bind(id);
    Ok(query.build().execute(&db.pool).await?.rows_affected())
}
