//! The registry's writes. Each says what it makes stale; that is deleted once it has succeeded, for all processes.

use crate::reads;
use crate::template::{Task, Template};
use cache_runtime::invalidates;
use sqlx::{Error, SqliteExecutor, SqlitePool};

/// Registers one template, or changes it.
#[invalidates(reads::resolve_handler(&template.task))]
pub(crate) async fn register_task_template(
    db: &SqlitePool,
    template: &Template,
) -> Result<(), Error> {
    store(db, template).await
}

/// Registers all that a worker brings with it, or nothing.
///
/// A worker of another release may answer other questions differently, too: so everything is asked anew, of every namespace.
#[invalidates("task_template:*")]
pub(crate) async fn register_all(db: &SqlitePool, templates: &[Template]) -> Result<(), Error> {
    // Others are waited for now, and not between the reading and the writing.
    let mut transaction = db.begin_with("BEGIN IMMEDIATE").await?;
    for template in templates {
        store(&mut *transaction, template).await?;
    }
    transaction.commit().await
}

/// Removes a whole namespace, and says how many templates it had.
#[invalidates("task_template:<namespace>:*")]
pub(crate) async fn retire(db: &SqlitePool, namespace: &str) -> Result<u64, Error> {
    let delete = sqlx::query("DELETE FROM task_templates WHERE namespace = ?").bind(namespace);
    Ok(delete.execute(db).await?.rows_affected())
}

/// Notes that a task was done. What it changes may be stale for its TTL: there is nothing to invalidate.
pub(crate) async fn record_run(db: &SqlitePool, task: &Task) -> Result<(), Error> {
    let insert = "INSERT INTO task_runs (namespace, name, version) VALUES (?, ?, ?)";
    let insert = sqlx::query(insert).bind(&task.namespace).bind(&task.name).bind(&task.version);
    insert.execute(db).await.map(drop)
}

async fn store(db: impl SqliteExecutor<'_>, template: &Template) -> Result<(), Error> {
    let Template { task, handler } = template;
    let upsert = "INSERT OR REPLACE INTO task_templates VALUES (?, ?, ?, ?, ?)";
    let upsert = sqlx::query(upsert).bind(&task.namespace).bind(&task.name).bind(&task.version);
    upsert.bind(&handler.function).bind(handler.timeout_seconds).execute(db).await.map(drop)
}
