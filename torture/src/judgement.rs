//! What a stale read is.

use crate::ids::{Row, WorkerId};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A call returned a version older than one whose write had returned before the call began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StaleRead {
    pub(crate) worker: WorkerId,
    pub(crate) task: u32,
    pub(crate) row: Row,
    /// Taken before the call.
    pub(crate) floor: u64,
    pub(crate) got: u64,
    /// Microseconds since the Unix epoch, when the call returned.
    pub(crate) time: u64,
}

impl fmt::Display for StaleRead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { worker, task, row, floor, got, time } = self;
        write!(
            f,
            "STALE READ of row {row}: version {got}, though {floor} had been written and invalidated; worker {worker}, task {task}, at {time} µs"
        )
    }
}
