//! The annotated functions under torture.

use crate::ids::Row;
use crate::load::{Load, NotLoaded};
use crate::task::Task;
use cache_runtime::{Cache, cached, invalidates};
use redis::RedisResult;

/// Its lease outlasts its load, unless its process is stopped.
#[cached(ttl = 60, key = "torture:<table>:<row>", lease = "300ms", skip(cache, load), cache = cache)]
pub(crate) async fn steady(
    cache: &Cache,
    load: &Load,
    table: u32,
    row: u32,
) -> Result<u64, NotLoaded> {
    load.run().await
}

/// Its lease often has to be renewed while it loads.
#[cached(ttl = 60, key = "torture:<table>:<row>", lease = "100ms", skip(cache, load), cache = cache)]
pub(crate) async fn hasty(
    cache: &Cache,
    load: &Load,
    table: u32,
    row: u32,
) -> Result<u64, NotLoaded> {
    load.run().await
}

/// Its callers soon lose patience with other callers' loads.
#[cached(ttl = 60, key = "torture:<table>:<row>", lease = "100ms", wait = "5ms", skip(cache, load), cache = cache)]
pub(crate) async fn impatient(
    cache: &Cache,
    load: &Load,
    table: u32,
    row: u32,
) -> Result<u64, NotLoaded> {
    load.run().await
}

/// Its callers know nothing of each other, except through the store.
#[cached(ttl = 60, key = "torture:<table>:<row>", lease = "100ms", single_flight = false, skip(cache, load), cache = cache)]
pub(crate) async fn solitary(
    cache: &Cache,
    load: &Load,
    table: u32,
    row: u32,
) -> Result<u64, NotLoaded> {
    load.run().await
}

/// Commits a version, and invalidates the row's entries.
#[invalidates(
    steady(table, row),
    hasty(table, row),
    impatient(table, row),
    solitary(table, row),
    cache = cache
)]
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

/// Says what a transaction that has not ended makes stale.
#[invalidates("torture:<table>:<row>:*", cache = cache)]
pub(crate) async fn announce(cache: &Cache, table: u32, row: u32) {}
