//! Reads, and what may be expected of them.

use crate::counts::Count;
use crate::fault::Fault;
use crate::functions::{self, SHORT_LEASE};
use crate::history::{What, now};
use crate::judgement::StaleRead;
use crate::load::{Load, NotLoaded, Plan};
use crate::messages::{Report, Row};
use crate::stream::between;
use crate::task::Task;
use crate::worker::say;
use futures_util::FutureExt;
use redis::RedisResult;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use tokio::time::timeout;

/// Which function is called.
#[derive(Clone, Copy, Debug)]
enum Function {
    Steady,
    Hasty,
}

/// What one read is going to be like.
#[derive(Debug)]
struct Read {
    row: Row,
    function: Function,
    plan: Plan,
    /// When the caller gives up; most never do.
    patience: Option<Duration>,
}

/// How a call ended.
enum Answer {
    Version(u64),
    /// The load failed or panicked, as planned.
    NotLoaded,
    GivenUp,
}

impl Task {
    /// Calls a cached function, and reports the answer if it is older than the floor of before the call.
    pub(crate) async fn read(&mut self) -> RedisResult<()> {
        let read = self.choose_read();
        let floor = self.shared.truth.floor(read.row).await?;
        self.note(read.row, What::Asks { floor });
        match self.call(&read).await? {
            Answer::Version(version) => self.judge(read.row, floor, version),
            Answer::NotLoaded => self.note(read.row, What::GotNothing),
            Answer::GivenUp => {
                self.shared.suffer(Fault::Cancel);
                self.note(read.row, What::GotNothing);
            }
        }
        Ok(())
    }

    fn choose_read(&mut self) -> Read {
        let row = self.choose_row();
        let orders = &self.shared.orders;
        let hasty = self.choices.u32(..4) == 0 && orders.faults.contain(Fault::Expire);
        let plan = Plan::choose(&mut self.choices, orders);
        let gives_up = self.choices.u32(..25) == 0 && orders.faults.contain(Fault::Cancel);
        let patience = gives_up.then(|| between(&mut self.choices, 0..25));
        let function = if hasty { Function::Hasty } else { Function::Steady };
        Read { row, function, plan, patience }
    }

    async fn call(&self, read: &Read) -> RedisResult<Answer> {
        let call = AssertUnwindSafe(self.answer(read)).catch_unwind();
        let Some(patience) = read.patience else {
            return answered(call.await.ok());
        };
        match timeout(patience, call).await {
            Ok(returned) => answered(returned.ok()),
            Err(_) => Ok(Answer::GivenUp),
        }
    }

    async fn answer(&self, read: &Read) -> Result<u64, NotLoaded> {
        let Read { row, function, plan, .. } = *read;
        let (table, number) = (row.table, row.number);
        let cache = &self.shared.cache;
        let load = Load { shared: self.shared.clone(), task: self.number, row, plan };
        match function {
            Function::Steady => functions::steady(cache, &load, table, number).await,
            Function::Hasty => {
                if plan.outlasts(SHORT_LEASE) {
                    self.shared.suffer(Fault::Expire);
                }
                functions::hasty(cache, &load, table, number).await
            }
        }
    }

    fn judge(&self, row: Row, floor: u64, version: u64) {
        self.shared.count(Count::Reads);
        self.note(row, What::Got { version });
        if version < floor {
            let (worker, task) = (self.shared.orders.worker, self.number);
            let stale = StaleRead { worker, task, row, floor, got: version, time: now() };
            say(&Report::Stale(stale));
        }
    }
}

/// A load that panicked left nothing.
fn answered(returned: Option<Result<u64, NotLoaded>>) -> RedisResult<Answer> {
    match returned {
        Some(Ok(version)) => Ok(Answer::Version(version)),
        Some(Err(NotLoaded::Truth(error))) => Err(error),
        Some(Err(NotLoaded::Planned)) | None => Ok(Answer::NotLoaded),
    }
}
