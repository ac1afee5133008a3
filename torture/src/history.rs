//! What happened lately in one worker, for whoever has to explain a stale read.

use crate::ids::{Row, WorkerId};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// Some seconds of a busy worker.
const KEPT: usize = 16_384;

/// Something that happened to a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Event {
    /// Microseconds since the Unix epoch: all workers share one clock.
    pub(crate) time: u64,
    pub(crate) worker: WorkerId,
    pub(crate) task: u32,
    pub(crate) row: Row,
    pub(crate) what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum What {
    /// A call begins; the floor it must not fall below.
    Asks {
        floor: u64,
    },
    /// The call returned a version.
    Got {
        version: u64,
    },
    /// The call returned none: it was given up, or its load failed.
    GotNothing,
    LoadBegins,
    /// The load has seen this version, and goes on.
    LoadSees {
        version: u64,
    },
    LoadEnds,
    /// A write is committed.
    Commits {
        version: u64,
    },
    /// Its invalidation has succeeded.
    Invalidated,
    /// Its invalidation has failed, or may have.
    MayNotBeInvalidated,
    /// From here on, readers must see this version.
    FloorIs {
        version: u64,
    },
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { time, worker, task, row, what } = self;
        write!(f, "{time} µs  worker {worker:>4}  task {task:>2}  row {row}  {what:?}")
    }
}

/// The last events of one worker.
#[derive(Debug)]
pub(crate) struct History {
    worker: WorkerId,
    events: Mutex<VecDeque<Event>>,
}

impl History {
    pub(crate) fn new(worker: WorkerId) -> Self {
        Self { worker, events: Mutex::new(VecDeque::with_capacity(KEPT)) }
    }

    pub(crate) fn note(&self, task: u32, row: Row, what: What) {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        if events.len() == KEPT {
            events.pop_front();
        }
        // The clock is read under the lock, so that the order here is the order of the times.
        events.push_back(Event { time: now(), worker: self.worker, task, row, what });
    }

    pub(crate) fn of(&self, row: Row) -> Vec<Event> {
        let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        events.iter().filter(|event| event.row == row).cloned().collect()
    }
}

/// Microseconds since the Unix epoch.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::{History, KEPT, What};
    use crate::ids::{Row, WorkerId};

    #[test]
    fn the_oldest_events_go_first() {
        let history = History::new(WorkerId { process: 0, generation: 0 });
        let [busy, quiet] = [1, 2].map(|number| Row { table: 0, number });
        history.note(0, quiet, What::LoadBegins);
        for version in 1..KEPT as u64 {
            history.note(0, busy, What::Commits { version });
        }
        assert_eq!((history.of(quiet).len(), history.of(busy).len()), (1, KEPT - 1));
        history.note(0, busy, What::LoadEnds);
        assert_eq!((history.of(quiet).len(), history.of(busy).len()), (0, KEPT));
    }
}
