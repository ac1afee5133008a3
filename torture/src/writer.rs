//! Writes, and when they are known to be over.

use crate::counts::Count;
use crate::functions;
use crate::history::What;
use crate::ids::Row;
use crate::stream::pick;
use crate::task::Task;
use cache_runtime::TransactionScope;
use redis::RedisResult;

/// How a write says what it made stale.
#[derive(Clone, Copy, Debug)]
enum How {
    /// `#[invalidates]` with the two calls.
    Entries,
    /// `#[invalidates]` with the row's pattern.
    Row,
    /// `#[invalidates]` with the table's pattern.
    Table,
    /// `Cache::invalidate` with the row's pattern.
    RowByHand,
    /// `Cache::invalidate` with the table's pattern, once for several writes.
    TableByHand,
    /// `#[invalidates]` with each row's pattern in a transaction, which commits all of them at its end.
    Transaction,
}

const WAYS: [How; 6] =
    [How::Entries, How::Row, How::Table, How::RowByHand, How::TableByHand, How::Transaction];

/// The most writes of one burst.
const LONGEST_BURST: u32 = 4;

/// A write that is committed.
struct Committed {
    row: Row,
    version: u64,
}

/// Whether an invalidation has deleted all it should have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Invalidation {
    Succeeded,
    /// It failed, or another one failed at the same time and the counters do not tell which.
    Doubtful,
}

impl Task {
    /// Writes one to four times in a row.
    pub(crate) async fn burst(&mut self) -> RedisResult<()> {
        let how = pick(&mut self.choices, &WAYS).unwrap_or(How::Table);
        let writes = self.choices.u32(1..=LONGEST_BURST);
        let first = self.choose_row();
        let rows: Vec<_> =
            (0..writes).map(|_| Row { number: self.choose_number(), ..first }).collect();
        match how {
            How::TableByHand => self.write_table_by_hand(&rows).await,
            How::Transaction => self.write_in_a_transaction(&rows).await,
            _ => self.write_one_by_one(&rows, how).await,
        }
    }

    async fn write_one_by_one(&self, rows: &[Row], how: How) -> RedisResult<()> {
        for &row in rows {
            let (committed, invalidation) = match how {
                How::RowByHand => self.write_by_hand(row).await?,
                _ => self.write_by_attribute(row, how).await?,
            };
            self.conclude(&[committed], invalidation).await?;
        }
        Ok(())
    }

    async fn write_by_hand(&self, row: Row) -> RedisResult<(Committed, Invalidation)> {
        let committed = Committed { row, version: self.commit(row).await? };
        let pattern = format!("torture:{row}:*");
        Ok((committed, self.invalidate(&pattern).await))
    }

    /// Half of them are rolled back before they come to anything.
    async fn write_in_a_transaction(&mut self, rows: &[Row]) -> RedisResult<()> {
        let transaction = TransactionScope::begin();
        for row in rows {
            let announced = functions::announce(&self.shared.cache, row.table, row.number);
            transaction.scope(announced).await;
        }
        if self.choices.bool() {
            transaction.rollback();
            return Ok(());
        }
        let committed = self.commit_all(rows).await?;
        let invalidation = match transaction.commit().await {
            Ok(_) => Invalidation::Succeeded,
            Err(_) => Invalidation::Doubtful,
        };
        self.conclude(&committed, invalidation).await
    }

    async fn commit_all(&self, rows: &[Row]) -> RedisResult<Vec<Committed>> {
        let mut committed = Vec::new();
        for &row in rows {
            committed.push(Committed { row, version: self.commit(row).await? });
        }
        Ok(committed)
    }

    async fn write_table_by_hand(&self, rows: &[Row]) -> RedisResult<()> {
        let committed = self.commit_all(rows).await?;
        let Some(Committed { row, .. }) = committed.first() else { return Ok(()) };
        let pattern = format!("torture:{}:*", row.table);
        let invalidation = self.invalidate(&pattern).await;
        self.conclude(&committed, invalidation).await
    }

    async fn invalidate(&self, pattern: &str) -> Invalidation {
        match self.shared.cache.invalidate(pattern).await {
            Ok(_) => Invalidation::Succeeded,
            Err(_) => Invalidation::Doubtful,
        }
    }

    /// The attribute returns what the write returns, and says nothing of its invalidation. The counters are the whole
    /// process', so that another task's failure makes this one doubtful too; that loses nothing but a chance.
    async fn write_by_attribute(
        &self,
        row: Row,
        how: How,
    ) -> RedisResult<(Committed, Invalidation)> {
        let cache = &self.shared.cache;
        let before = cache.stats().total();
        let version = match how {
            How::Entries => functions::write_entries(cache, self, row.table, row.number).await,
            How::Row => functions::write_row(cache, self, row.table, row.number).await,
            _ => functions::write_table(cache, self, row.table, row.number).await,
        }?;
        let after = cache.stats().total();
        let succeeded = after.failed_invalidations == before.failed_invalidations
            && after.invalidations > before.invalidations;
        let invalidation = if succeeded { Invalidation::Succeeded } else { Invalidation::Doubtful };
        Ok((Committed { row, version }, invalidation))
    }

    /// Only a write whose invalidation is known to have succeeded binds the readers.
    async fn conclude(
        &self,
        committed: &[Committed],
        invalidation: Invalidation,
    ) -> RedisResult<()> {
        let succeeded = invalidation == Invalidation::Succeeded;
        self.shared.count(if succeeded { Count::Invalidations } else { Count::Doubtful });
        for &Committed { row, version } in committed {
            self.shared.count(Count::Writes);
            if !succeeded {
                self.note(row, What::MayNotBeInvalidated);
                continue;
            }
            // Noted first: whoever explains a stale read finds it before the readers who knew of it.
            self.note(row, What::FloorIs { version });
            self.shared.truth.raise_floor(row, version).await?;
        }
        Ok(())
    }
}
