//! The registry's queries. Each says under which readable key its answer is kept, and by the name of a TTL how long.

use crate::template::{Handler, Task};
use cache_runtime::cached;
use serde::{Deserialize, Serialize};
use sqlx::{Error, SqlitePool};
use std::sync::Arc;

/// What is known of a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Usage {
    pub(crate) templates: i64,
    pub(crate) runs: i64,
}

/// Who does a task, if anybody. That nobody does is remembered, too: registering the template deletes that answer.
#[cached(
    ttl = "@templates",
    key = "task_template:<task.namespace>:<task.name>:<task.version>",
    skip(db)
)]
pub(crate) async fn resolve_handler(
    db: &SqlitePool,
    task: &Task,
) -> Result<Option<Arc<Handler>>, Error> {
    let query = "SELECT function, timeout_seconds FROM task_templates WHERE namespace = ? AND name = ? AND version = ?";
    let query = sqlx::query_as(query).bind(&task.namespace).bind(&task.name).bind(&task.version);
    let found: Option<(String, u32)> = query.fetch_optional(db).await?;
    Ok(found.map(|(function, timeout_seconds)| Arc::new(Handler { function, timeout_seconds })))
}

/// How much a namespace is used. No write invalidates it: with a run every moment nothing would ever be stored, and who looks
/// at such numbers does not mind that they are a minute old.
#[cached(ttl = "@analytics", key = "analytics:<namespace>", skip(db))]
pub(crate) async fn usage(db: &SqlitePool, namespace: &str) -> Result<Usage, Error> {
    let query = "SELECT (SELECT count(*) FROM task_templates WHERE namespace = ?1), (SELECT count(*) FROM task_runs WHERE namespace = ?1)";
    let (templates, runs) = sqlx::query_as(query).bind(namespace).fetch_one(db).await?;
    Ok(Usage { templates, runs })
}
