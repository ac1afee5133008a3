//! The load of a read: slow, so that writes fall into it, and not always successful.

use crate::counts::Count;
use crate::fault::Fault;
use crate::history::What;
use crate::ids::Row;
use crate::messages::Orders;
use crate::shared::Shared;
use crate::stream::between;
use fastrand::Rng;
use redis::RedisError;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

/// What the functions with a short lease say, the shortest there is.
const SHORT_LEASE: Duration = Duration::from_millis(100);

/// One load in so many takes longer than a short lease.
const LONG: u32 = 50;

/// How a load goes, chosen before the call: a choice must not depend on whether the load runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    before: Duration,
    after: Duration,
    end: End,
}

#[derive(Clone, Copy, Debug)]
enum End {
    Return,
    Fail,
    Panic,
}

impl Plan {
    /// One in fifty fails or panics, and some take longer than a short lease.
    pub(crate) fn choose(choices: &mut Rng, orders: &Orders) -> Self {
        let is_long = choices.u32(..LONG) == 0 && orders.faults.contain(Fault::Expire);
        let whole = between(choices, if is_long { 110..250 } else { 1..30 });
        let before = whole.mul_f64(choices.f64());
        let end = match choices.u32(..100) {
            0 if orders.faults.contain(Fault::Fail) => End::Fail,
            1 if orders.faults.contain(Fault::Panic) => End::Panic,
            _ => End::Return,
        };
        Self { before, after: whole.saturating_sub(before), end }
    }

    /// Whether it takes longer than a short lease.
    fn is_long(self) -> bool {
        self.before + self.after > SHORT_LEASE
    }
}

/// Why a load returned no version.
#[derive(Debug)]
pub(crate) enum NotLoaded {
    /// As planned.
    Planned,
    /// The truth server failed: nothing can be judged any more.
    Truth(RedisError),
}

/// One load that may run.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    pub(crate) shared: Arc<Shared>,
    pub(crate) task: u32,
    pub(crate) row: Row,
    pub(crate) plan: Plan,
}

impl Load {
    pub(crate) async fn run(&self) -> Result<u64, NotLoaded> {
        self.shared.count(Count::Loads);
        if self.plan.is_long() {
            self.shared.suffer(Fault::Expire);
        }
        self.note(What::LoadBegins);
        sleep(self.plan.before).await;
        let version = self.shared.truth.version(self.row).await.map_err(NotLoaded::Truth)?;
        self.note(What::LoadSees { version });
        sleep(self.plan.after).await;
        self.note(What::LoadEnds);
        self.end(version)
    }

    fn end(&self, version: u64) -> Result<u64, NotLoaded> {
        match self.plan.end {
            End::Return => Ok(version),
            End::Fail => {
                self.shared.suffer(Fault::Fail);
                Err(NotLoaded::Planned)
            }
            End::Panic => {
                self.shared.suffer(Fault::Panic);
                // A panic like any other, except that no message of it is printed.
                resume_unwind(Box::new("planned"))
            }
        }
    }

    fn note(&self, what: What) {
        self.shared.history.note(self.task, self.row, what);
    }
}
