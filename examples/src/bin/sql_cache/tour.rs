//! What can be done with the cache beside reading through it. Every part goes on when the store is away.

use crate::database::Database;
use crate::reads::{self, first_rows, rows};
use crate::sql::{Cell, SqlError};
use crate::writes::{rename, update};
use cache_runtime::{Cache, Invalidated, Result as CacheResult, Ttl, segment};
use examples::command_line::Failure;
use examples::meter::Meter;
use std::fmt::Display;
use std::time::Duration;

const QUARTER_OF_AN_HOUR: Ttl = Ttl::After(Duration::from_secs(900));

/// Forgets what an earlier run left: whoever wrote to the database since did not tell the cache.
pub(crate) async fn start(cache: &Cache) {
    print_deleted("everything under sql:*, before the start", cache.invalidate("sql:*").await);
}

/// Shows everything, in turn.
pub(crate) async fn take(cache: &Cache, db: &Database, table: &str) -> Result<(), Failure> {
    let warm = Meter::quiet(cache.clone()).await?;
    lists_and_errors(cache, db, table).await?;
    by_hand(cache, db, &warm, table).await?;
    plain_values(cache).await;
    writes(cache, db, &warm, table).await?;
    Ok(())
}

/// The order of lists does not matter, and errors are not kept.
async fn lists_and_errors(cache: &Cache, db: &Database, table: &str) -> Result<(), SqlError> {
    println!("\nlists and errors");
    let text = text_column(table);
    rows(db, table, &["id", text], &[]).await?;
    let before = cache.stats();
    rows(db, table, &[text, "id"], &[]).await?;
    println!("  columns in another order: {} hit", cache.stats().hits - before.hits);

    let before = cache.stats();
    for _ in 0..2 {
        if let Err(error) = rows(db, table, &["id\" FROM users --"], &[]).await {
            println!("  error: {error}");
        }
    }
    let after = cache.stats();
    let (loads, stores) = (after.loads - before.loads, after.stores - before.stores);
    println!("  errors: {loads} loads, {stores} stored");
    Ok(())
}

async fn by_hand(cache: &Cache, db: &Database, warm: &Meter, table: &str) -> Result<(), SqlError> {
    println!("\ninvalidation by hand");
    let pattern = format!("sql:{table}:count:*");
    print_deleted(&pattern, cache.invalidate(&pattern).await);
    print_deleted(&format!("data of {table}"), forget(cache, table, Some("data")).await);
    print_deleted(&format!("all of {table}"), forget(cache, table, None).await);
    reads::all(warm, db).await?;
    print_deleted("everything under sql:*", cache.invalidate("sql:*").await);
    Ok(())
}

/// Forgets what is cached of a table, all or one category, whatever characters are in its name.
async fn forget(cache: &Cache, table: &str, category: Option<&str>) -> CacheResult<Invalidated> {
    let table = segment(table)?;
    match category {
        Some(category) => cache.invalidate(format!("sql:{table}:{category}:*")).await,
        None => cache.invalidate(format!("sql:{table}:*")).await,
    }
}

/// The cache as a plain key-value store.
async fn plain_values(cache: &Cache) {
    println!("\nplain values");
    if let Err(error) = try_plain_values(cache).await {
        println!("  not now: {error}");
    }
}

async fn try_plain_values(cache: &Cache) -> CacheResult<()> {
    cache.set("visits:1", 41, 30).await?;
    println!("  get visits:1: {}", show(cache.get::<u32>("visits:1").await?));
    let left = cache.ttl("visits:1").await?.map(|left| left.as_secs_f64().round());
    println!("  ttl visits:1: {} s", show(left));
    println!("  contains visits:1: {}", cache.contains("visits:1").await?);
    println!("  remove visits:1: {}", cache.remove("visits:1").await?);
    println!("  contains visits:1: {}", cache.contains("visits:1").await?);

    cache.set_many([("visits:2", 2), ("visits:3", 3)], Ttl::Never).await?;
    let found = cache.get_many::<u32>(["visits:2", "visits:1", "visits:3"]).await?;
    println!("  get_many: {}", found.into_iter().map(show).collect::<Vec<_>>().join(", "));
    println!("  ttl visits:2: {}", show(cache.ttl("visits:2").await?.map(|left| left.as_secs())));
    print_deleted("visits:*", cache.invalidate("visits:*").await);
    Ok(())
}

/// A write that fails deletes nothing; one that succeeds deletes what its attribute names, and nothing else.
async fn writes(cache: &Cache, db: &Database, warm: &Meter, table: &str) -> Result<(), SqlError> {
    println!("\nwrites");
    reads::all(warm, db).await?;
    let before = cache.stats().deleted;
    rename(db, 1, "Ada").await?;
    println!("  {} deleted: rename user 1", cache.stats().deleted - before);

    reads::all(warm, db).await?;
    first_rows(db, "users", 10, Ttl::Never).await?;
    first_rows(db, "orders", 10, QUARTER_OF_AN_HOUR).await?;
    let column = text_column(table);
    let before = cache.stats().deleted;
    if let Err(error) = update(db, table, 1, column, &Cell::Null).await {
        println!("  {} deleted: failed update ({error})", cache.stats().deleted - before);
    }
    list(cache, "before the update").await;

    let before = cache.stats().deleted;
    update(db, table, 1, column, &Cell::text("changed")).await?;
    println!("  {} deleted: update of {table}", cache.stats().deleted - before);
    list(cache, "after the update").await;
    Ok(())
}

/// Lists keys with the time they have left.
async fn list(cache: &Cache, when: &str) {
    match try_list(cache).await {
        Ok(lines) => {
            println!("\n{} keys {when}", lines.len());
            for line in lines {
                println!("  {line}");
            }
        }
        Err(error) => println!("\nno list of keys {when}: {error}"),
    }
}

async fn try_list(cache: &Cache) -> CacheResult<Vec<String>> {
    let mut keys = cache.keys("sql:*")?;
    let mut lines = Vec::new();
    while let Some(key) = keys.next().await.transpose()? {
        match cache.ttl(&key).await? {
            Some(left) => lines.push(format!("{key}  {:.0} s", left.as_secs_f64())),
            None if cache.contains(&key).await? => lines.push(format!("{key}  no expiry")),
            None => {} // It expired while the list was made.
        }
    }
    lines.sort_unstable();
    // A listing that spans several pages may repeat a key.
    lines.dedup_by(|a, b| a.split(' ').next() == b.split(' ').next());
    Ok(lines)
}

/// A column of text that must not be NULL, in each of the two tables.
fn text_column(table: &str) -> &'static str {
    if table == "orders" { "item" } else { "name" }
}

fn print_deleted(what: &str, invalidated: CacheResult<Invalidated>) {
    match invalidated {
        Ok(invalidated) => println!("  {} deleted: {what}", invalidated.deleted),
        Err(error) => println!("  not deleted: {what} ({error})"),
    }
}

fn show(value: Option<impl Display>) -> String {
    value.map_or_else(|| "none".to_owned(), |value| value.to_string())
}
