//! Database transactions and the cache: invalidations wait for the commit, and a rollback drops them.
//!
//! The accounts are in `bank.rs`; no cache code is in the body of any function there. The transactions are in `tour.rs`, and one
//! that is handed about in `session.rs`.

mod arguments;
mod bank;
mod session;
mod show;
mod tour;

use arguments::Arguments;
use cache_runtime::Cache;
use examples::command_line::{self, Failure};
use std::process::ExitCode;
use tempfile::TempDir;
use tour::Tour;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report("transfer"),
    }
}

async fn run() -> Result<(), Failure> {
    let Some(arguments) = command_line::parse::<Arguments>()? else {
        return Ok(());
    };
    arguments.check()?;
    let cache = Cache::from_env().await.map_err(Failure::input)?;
    cache.install().map_err(Failure::fault)?;
    let folder = TempDir::with_prefix("transfer-").map_err(Failure::fault)?;
    let pool = bank::open(&folder.path().join("bank.db")).await?;
    let Arguments { from, to, amount } = &arguments;
    announce(&cache).await;
    let tour = Tour { cache: &cache, pool: &pool, from, to, amount: i64::from(*amount) };
    tour.take().await?;
    let stats = cache.stats();
    println!("\n{} hits, {} loads, {} deleted", stats.hits, stats.loads, stats.deleted);
    pool.close().await;
    Ok(())
}

/// Forgets what an earlier run left, whose database is gone.
async fn announce(cache: &Cache) {
    println!("store: {}", cache.store_name());
    if let Err(error) = cache.invalidate("account:*").await {
        println!("going on without a cache: {error}");
    }
}
