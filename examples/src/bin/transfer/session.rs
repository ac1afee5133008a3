//! A transaction that is handed about: no one future contains it, and somebody else says how it ends. `defer` has nothing to wrap
//! here; `TransactionScope` stands beside the transaction instead.

use crate::bank::{BankError, book};
use crate::show::show;
use cache_runtime::TransactionScope;
use sqlx::{Sqlite, SqlitePool, Transaction};

/// What a web framework keeps for a request, say, and commits when the answer is known.
///
/// Dropped, it rolls back and invalidates what was written all the same. That deletes too much rather than too little.
pub(crate) struct Session {
    transaction: Transaction<'static, Sqlite>,
    invalidations: TransactionScope,
}

impl Session {
    pub(crate) async fn begin(pool: &SqlitePool) -> Result<Self, BankError> {
        Ok(Self { transaction: pool.begin().await?, invalidations: TransactionScope::begin() })
    }

    pub(crate) async fn book(
        &mut self,
        from: &str,
        to: &str,
        amount: i64,
    ) -> Result<(), BankError> {
        self.invalidations.scope(book(&mut self.transaction, from, to, amount)).await
    }

    /// Reads as part of the transaction.
    pub(crate) async fn show(&mut self, owner: &str) -> Result<(), BankError> {
        self.invalidations.scope(show("inside", &mut *self.transaction, owner)).await
    }

    /// How many invalidations wait for the end.
    pub(crate) fn waiting(&self) -> usize {
        self.invalidations.len()
    }

    pub(crate) async fn commit(self) -> Result<(), BankError> {
        // When this fails, the commit may have happened all the same: `invalidations` is dropped, and runs what waits.
        self.transaction.commit().await?;
        // The money is moved. An invalidation that failed is logged and tried again; it is no reason to report a failure.
        let _ = self.invalidations.commit().await;
        Ok(())
    }

    pub(crate) async fn rollback(self) -> Result<(), BankError> {
        self.transaction.rollback().await?;
        self.invalidations.rollback();
        Ok(())
    }
}
