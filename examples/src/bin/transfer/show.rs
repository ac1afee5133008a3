//! Reads balances and says where they came from.

use crate::bank::{BankError, balance};
use cache_runtime::{Cache, Source, observe};
use sqlx::{SqliteExecutor, SqlitePool};

/// Reads a balance, wherever the caller is.
pub(crate) async fn show(
    who: &str,
    db: impl SqliteExecutor<'_>,
    owner: &str,
) -> Result<(), BankError> {
    let (balance, seen) = observe(balance(db, owner)).await;
    println!("  {who}: {owner} has {} ({})", balance?, name(seen.last));
    Ok(())
}

fn name(source: Option<Source>) -> String {
    match source {
        None | Some(Source::Bypass) => "not cached".to_owned(),
        Some(source) => source.to_string(),
    }
}

/// Reads balances as another request does, by another connection. It is a task of its own: what is awaited here would belong to
/// the transaction here.
pub(crate) async fn show_others(pool: &SqlitePool, owners: &[&str]) -> Result<(), BankError> {
    for owner in owners {
        let (pool, owner) = (pool.clone(), (*owner).to_owned());
        let request = tokio::spawn(async move { show("others", &pool, &owner).await });
        request.await.expect("it neither panics nor is cancelled")?;
    }
    Ok(())
}

/// Counts the invalidations from here on.
pub(crate) struct Counter<'a> {
    cache: &'a Cache,
    before: u64,
}

impl<'a> Counter<'a> {
    pub(crate) fn begin(cache: &'a Cache) -> Self {
        Self { cache, before: cache.stats().invalidations }
    }

    pub(crate) fn show(&self) {
        println!("  invalidations: {}", self.cache.stats().invalidations - self.before);
    }
}
