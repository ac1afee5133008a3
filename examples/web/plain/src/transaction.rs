//! Transactions, as a service without a cache commits them.

use crate::error::Result;
use sqlx::{Postgres, Transaction};

pub(crate) type Open<T> = (Transaction<'static, Postgres>, T);

pub(crate) async fn committed<T>(body: impl Future<Output = Result<Open<T>>> + Send) -> Result<T> {
    let (transaction, value) = body.await?;
    transaction.commit().await?;
    Ok(value)
}
