//! Accounts: one cached read and one invalidating write. Each takes a pool or a transaction, and knows nothing of where it is
//! called; no transaction is mentioned here.

use cache_runtime::{cached, invalidates};
use examples::command_line::Failure;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{SqliteConnection, SqliteExecutor, SqlitePool};
use std::fmt;
use std::path::Path;

/// Where the bank books what it earns.
pub(crate) const FEES: &str = "fees";

/// That nobody can owe money is the database's business: a check before the write could be overtaken by another transaction.
const ACCOUNTS: &str = "
    CREATE TABLE accounts (owner TEXT PRIMARY KEY, balance INTEGER NOT NULL CHECK (balance >= 0));
    INSERT INTO accounts VALUES ('ada', 100), ('ben', 50), ('fees', 0);";

/// Why money was not moved. Nothing in it knows of the cache.
#[derive(Debug)]
pub(crate) enum BankError {
    NoAccount { asked: String },
    NotEnough { owner: String, asked: i64 },
    Database(sqlx::Error),
}

impl fmt::Display for BankError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAccount { asked } => write!(f, "there is no account `{asked}`"),
            Self::NotEnough { owner, asked } => write!(f, "{owner} has less than {asked}"),
            Self::Database(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for BankError {}

impl From<sqlx::Error> for BankError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl From<BankError> for Failure {
    fn from(error: BankError) -> Self {
        match error {
            BankError::NoAccount { .. } | BankError::NotEnough { .. } => Self::input(error),
            BankError::Database(_) => Self::fault(error),
        }
    }
}

/// Makes the database. In this mode of the journal others can read while a transaction writes, and see what is committed.
pub(crate) async fn open(path: &Path) -> Result<SqlitePool, BankError> {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let pool = SqlitePool::connect_with(options.journal_mode(SqliteJournalMode::Wal)).await?;
    sqlx::raw_sql(ACCOUNTS).execute(&pool).await?;
    Ok(pool)
}

/// What is in an account.
#[cached(ttl = "5m", key = "account:<owner>:balance", skip(db))]
pub(crate) async fn balance(db: impl SqliteExecutor<'_>, owner: &str) -> Result<i64, BankError> {
    let query = sqlx::query_scalar("SELECT balance FROM accounts WHERE owner = ?").bind(owner);
    let found = query.fetch_optional(db).await?;
    found.ok_or_else(|| BankError::NoAccount { asked: owner.to_owned() })
}

/// Puts money into an account, or takes it out when the amount is negative; the database refuses that when there is not enough.
#[invalidates("account:<owner>:*")]
pub(crate) async fn add(
    db: impl SqliteExecutor<'_>,
    owner: &str,
    amount: i64,
) -> Result<(), BankError> {
    let update = "UPDATE accounts SET balance = balance + ? WHERE owner = ?";
    match sqlx::query(update).bind(amount).bind(owner).execute(db).await {
        Ok(done) if done.rows_affected() == 0 => {
            Err(BankError::NoAccount { asked: owner.to_owned() })
        }
        Ok(_) => Ok(()),
        Err(sqlx::Error::Database(error)) if error.is_check_violation() => {
            Err(BankError::NotEnough { owner: owner.to_owned(), asked: -amount })
        }
        Err(error) => Err(error.into()),
    }
}

/// Moves money. The deposit comes first: when the withdrawal fails there is something to undo, in the database and for the cache.
pub(crate) async fn book(
    transaction: &mut SqliteConnection,
    from: &str,
    to: &str,
    amount: i64,
) -> Result<(), BankError> {
    add(&mut *transaction, to, amount).await?;
    add(&mut *transaction, from, -amount).await
}
