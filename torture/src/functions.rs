//! The annotated functions under torture.

use crate::load::{Load, NotLoaded};
use crate::messages::Row;
use crate::task::Task;
use cache_runtime::{Cache, cached, invalidates};
use redis::RedisResult;
use std::time::Duration;

/// The lease of [`hasty`]: shorter than two thirds of the loads.
pub(crate) const SHORT_LEASE: Duration = Duration::from_millis(10);

/// Its lease outlasts its load, unless its process is stopped.
#[cached(ttl = 60, key = "torture:<table>:<row>", skip(cache, load), cache = cache)]
pub(crate) async fn steady(
    cache: &Cache,
    load: &Load,
    table: u32,
    row: u32,
) -> Result<u64, NotLoaded> {
    load.run().await
}

/// Its lease often ends before its load does.
#[cached(ttl = 60, key = "torture:<table>:<row>", skip(cache, load), cache = cache)]
pub(crate) async fn hasty(
    cache: &Cache,
    load: &Load,
    table: u32,
    row: u32,
) -> Result<u64, NotLoaded> {
    load.run().await
}

/// Commits a version, and invalidates the two entries of its row.
#[invalidates(steady(table, row), hasty(table, row), cache = cache)]
pub(crate) async fn write_entries(
    cache: &Cache,
    task: &Task,
    table: u32,
    row: u32,
) -> RedisResult<u64> {
    task.commit(Row { table, number: row }).await
}

/// Commits a version, and invalidates by the row's pattern.
#[invalidates("torture:<table>:<row>:*", cache = cache)]
pub(crate) async fn write_row(
    cache: &Cache,
    task: &Task,
    table: u32,
    row: u32,
) -> RedisResult<u64> {
    task.commit(Row { table, number: row }).await
}

/// Commits a version, and invalidates the whole table.
#[invalidates("torture:<table>:*", cache = cache)]
pub(crate) async fn write_table(
    cache: &Cache,
    task: &Task,
    table: u32,
    row: u32,
) -> RedisResult<u64> {
    task.commit(Row { table, number: row }).await
}
