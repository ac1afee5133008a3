//! One of a worker's tasks: operation after operation, by its own stream of choices.

use crate::history::What;
use crate::ids::Row;
use crate::shared::Shared;
use crate::stream::stream;
use fastrand::Rng;
use redis::RedisResult;
use std::sync::Arc;

/// How many tables there are: a pattern for one must leave the others alone.
const TABLES: u32 = 3;

/// One operation in so many is a burst of writes: enough hits between them, and enough loads that a write meets.
const BURST: u32 = 40;

pub(crate) struct Task {
    pub(crate) shared: Arc<Shared>,
    pub(crate) number: u32,
    pub(crate) choices: Rng,
}

impl Task {
    pub(crate) fn new(shared: Arc<Shared>, number: u32) -> Self {
        let worker = shared.orders.worker;
        let path = [worker.process, worker.generation, number];
        let choices = stream(shared.orders.seed, &path);
        Self { shared, number, choices }
    }

    /// What comes next: a burst of writes, or a read.
    pub(crate) fn is_to_write(&mut self) -> bool {
        self.choices.u32(..BURST) == 0
    }

    pub(crate) fn choose_row(&mut self) -> Row {
        Row { table: self.choices.u32(..TABLES), number: self.choose_number() }
    }

    pub(crate) fn choose_number(&mut self) -> u32 {
        self.choices.u32(..self.shared.orders.rows)
    }

    /// A write, without its invalidation.
    pub(crate) async fn commit(&self, row: Row) -> RedisResult<u64> {
        let version = self.shared.truth.commit(row).await?;
        self.note(row, What::Commits { version });
        Ok(version)
    }

    pub(crate) fn note(&self, row: Row, what: What) {
        self.shared.history.note(self.number, row, what);
    }
}
