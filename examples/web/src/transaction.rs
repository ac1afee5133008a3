//! Transactions: committed first, invalidated afterwards.

use crate::error::{Error, Result};
use cache_runtime::defer_commit;
use sqlx::{Postgres, Transaction};

/// A transaction that is open, and what is to be returned when it has been committed.
pub(crate) type Open<T> = (Transaction<'static, Postgres>, T);

/// Runs `body`, commits, and then runs the invalidations of all the writes inside. If `body` fails, the transaction is rolled back and
/// nothing is invalidated.
pub(crate) async fn committed<T>(body: impl Future<Output = Result<Open<T>>> + Send) -> Result<T> {
    defer_commit::<_, _, Error, _, _, _>(body, Transaction::commit).await
}
