//! A SQL result cache: read-through of `SQLite` queries, invalidation after writes, and the same by hand.
//!
//! The queries are in `reads.rs`, the writes in `writes.rs`; no cache code is in the body of any of them. The rest of this
//! program shows what they do.

mod arguments;
mod database;
mod reads;
mod sql;
mod tour;
mod writes;

use arguments::Arguments;
use cache_runtime::{Cache, Health};
use database::Database;
use examples::command_line::{self, Failure};
use examples::meter::Meter;
use std::path::PathBuf;
use std::process::ExitCode;
use tempfile::TempDir;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report("sql_cache"),
    }
}

async fn run() -> Result<(), Failure> {
    let Some(arguments) = command_line::parse::<Arguments>()? else {
        return Ok(());
    };
    let cache = Cache::from_env().await.map_err(Failure::input)?;
    cache.install().map_err(Failure::fault)?;
    let (_temporary, path) = place(arguments.database)?;
    let db = Database::open(&path).await?;
    db.check_table(&arguments.table).await?;
    println!("database: {} rows in {}", db.fill(arguments.rows).await?, path.display());
    announce(&cache, &cache.health().await);

    let meter = Meter::new(cache.clone(), arguments.rounds).await?;
    tour::start(&cache).await;
    reads::all(&meter, &db).await?;
    tour::take(&cache, &db, &arguments.table).await?;
    summarize(&cache).await;
    db.close().await;
    Ok(())
}

/// Where the database is: the file that was asked for, or one in a folder that goes when the program ends.
fn place(asked: Option<PathBuf>) -> Result<(Option<TempDir>, PathBuf), Failure> {
    if let Some(path) = asked {
        return Ok((None, path));
    }
    let folder = TempDir::with_prefix("sql-cache-").map_err(Failure::fault)?;
    let path = folder.path().join("shop.db");
    Ok((Some(folder), path))
}

fn announce(cache: &Cache, health: &Health) {
    println!("store: {}, keys under `{}:`", health.store, cache.prefix());
    if let (true, Some(error)) = (health.enabled, &health.error) {
        println!("the store is away ({error}); every read goes to the database");
    }
}

async fn summarize(cache: &Cache) {
    println!("\nby function");
    let stats = cache.stats();
    for (function, counts) in &stats.functions {
        let name = function.rsplit("::").next().unwrap_or(function);
        println!(
            "  {name:<10} hits {}, loads {}, stores {}, invalidations {}",
            counts.hits, counts.loads, counts.stores, counts.invalidations
        );
    }
    let health = cache.health().await;
    match (&health.error, health.latency) {
        _ if !health.enabled => println!("health: caching is off"),
        (Some(error), _) => println!("health: away ({error})"),
        (None, latency) => println!("health: well, answered in {:?}", latency.unwrap_or_default()),
    }
    let (hits, calls) = (stats.hits, stats.hits + stats.misses);
    println!("hit rate: {:.1} % ({hits} of {calls} reads)", stats.hit_rate() * 100.0);
}
