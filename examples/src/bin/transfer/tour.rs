//! Four transactions, each with what the cache says around it.

use crate::bank::{BankError, FEES, add, book};
use crate::session::Session;
use crate::show::{Counter, show, show_others};
use cache_runtime::{Cache, defer, defer_commit};
use sqlx::{Connection, SqliteConnection, SqlitePool, Transaction};

/// More than all the money there is.
const TOO_MUCH: i64 = 1000;

/// Who pays whom, and where the accounts are.
pub(crate) struct Tour<'a> {
    pub(crate) cache: &'a Cache,
    pub(crate) pool: &'a SqlitePool,
    pub(crate) from: &'a str,
    pub(crate) to: &'a str,
    pub(crate) amount: i64,
}

impl Tour<'_> {
    pub(crate) async fn take(&self) -> Result<(), BankError> {
        self.a_transfer_that_commits().await?;
        self.a_transfer_that_is_rolled_back().await?;
        self.a_fee_that_is_rolled_back().await?;
        self.a_session().await
    }

    async fn a_transfer_that_commits(&self) -> Result<(), BankError> {
        println!("\n{} pays {} to {}", self.from, self.amount, self.to);
        show_others(self.pool, &[self.from, self.from]).await?;
        let counter = Counter::begin(self.cache);
        self.transfer().await?;
        println!("  committed");
        counter.show();
        show_others(self.pool, &[self.from, self.from, self.to, self.to]).await
    }

    /// Until the commit, others neither see the new values nor lose the old ones; and what they load meanwhile, which is old as soon
    /// as the commit is done, is deleted with the rest.
    async fn transfer(&self) -> Result<(), BankError> {
        let body = async {
            let mut transaction = self.pool.begin().await?;
            book(&mut transaction, self.from, self.to, self.amount).await?;
            for owner in [self.from, self.to, FEES] {
                show("inside", &mut *transaction, owner).await?;
            }
            show_others(self.pool, &[self.from, self.to, FEES]).await?;
            Ok((transaction, ()))
        };
        // A commit that fails may have happened, when its answer was lost: what waits runs then, too.
        defer_commit(body, Transaction::commit).await
    }

    async fn a_transfer_that_is_rolled_back(&self) -> Result<(), BankError> {
        println!("\n{} pays more than there is", self.from);
        let counter = Counter::begin(self.cache);
        match self.transfer_too_much().await {
            Err(error @ BankError::NotEnough { .. }) => println!("  rolled back: {error}"),
            ended => return ended,
        }
        counter.show();
        show_others(self.pool, &[self.from, self.to]).await
    }

    /// The deposit succeeds, and is undone when the transaction is dropped without a commit.
    async fn transfer_too_much(&self) -> Result<(), BankError> {
        defer(async {
            let mut transaction = self.pool.begin().await?;
            add(&mut *transaction, self.to, TOO_MUCH).await?;
            show("inside", &mut *transaction, self.to).await?;
            add(&mut *transaction, self.from, -TOO_MUCH).await?;
            transaction.commit().await?;
            Ok(())
        })
        .await
    }

    async fn a_fee_that_is_rolled_back(&self) -> Result<(), BankError> {
        println!("\n{} pays it back, and a fee if there is enough", self.to);
        let counter = Counter::begin(self.cache);
        self.transfer_back().await?;
        println!("  committed");
        counter.show();
        show_others(self.pool, &[self.from, self.to, FEES]).await
    }

    /// A `defer` around each: the savepoint's failure drops its own invalidations, those of the transaction still wait.
    async fn transfer_back(&self) -> Result<(), BankError> {
        defer(async {
            let mut transaction = self.pool.begin().await?;
            book(&mut transaction, self.to, self.from, self.amount).await?;
            match self.charge(&mut transaction).await {
                Err(error @ BankError::NotEnough { .. }) => println!("  no fee: {error}"),
                ended => ended?,
            }
            for owner in [self.from, FEES] {
                show("inside", &mut *transaction, owner).await?;
            }
            transaction.commit().await?;
            Ok(())
        })
        .await
    }

    async fn charge(&self, transaction: &mut SqliteConnection) -> Result<(), BankError> {
        defer(async {
            let mut savepoint = transaction.begin().await?;
            add(&mut *savepoint, FEES, TOO_MUCH).await?;
            show("in the savepoint", &mut *savepoint, FEES).await?;
            add(&mut *savepoint, self.to, -TOO_MUCH).await?;
            savepoint.commit().await?;
            Ok(())
        })
        .await
    }

    /// Between its parts, this task is as any other: it reads what is committed.
    async fn a_session(&self) -> Result<(), BankError> {
        for is_good in [false, true] {
            println!("\n{} pays {} in a session", self.from, self.amount);
            let counter = Counter::begin(self.cache);
            let mut session = Session::begin(self.pool).await?;
            session.book(self.from, self.to, self.amount).await?;
            session.show(self.from).await?;
            show("between", self.pool, self.from).await?;
            println!("  waiting: {}", session.waiting());
            end(session, is_good).await?;
            counter.show();
            show_others(self.pool, &[self.from, self.to]).await?;
        }
        Ok(())
    }
}

async fn end(session: Session, is_good: bool) -> Result<(), BankError> {
    if is_good {
        session.commit().await?;
        println!("  committed");
    } else {
        session.rollback().await?;
        println!("  rolled back");
    }
    Ok(())
}
