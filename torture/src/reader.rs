//! Reads, and what may be expected of them.

use crate::counts::Count;
use crate::fault::Fault;
use crate::functions;
use crate::history::{What, now};
use crate::ids::Row;
use crate::judgement::StaleRead;
use crate::load::{Load, NotLoaded, Plan};
use crate::messages::Report;
use crate::stream::{between, pick};
use crate::task::Task;
use cache_runtime::{Source, observe};
use futures_util::FutureExt;
use redis::RedisResult;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// How long the word of an invalidation may take: longer than the server is ever stopped before it says it.
const TRAVEL: Duration = Duration::from_millis(600);

/// It is waited for in so many parts: a process that was stopped finds only one of them over, and hears the word in the next.
const PARTS: u32 = 20;

/// Which function is called.
#[derive(Clone, Copy, Debug)]
enum Function {
    Steady,
    Hasty,
    Impatient,
    Solitary,
}

/// Most callers are of the first kind, whose loads the others' would otherwise only dilute.
const FUNCTIONS: [Function; 6] = [
    Function::Steady,
    Function::Steady,
    Function::Steady,
    Function::Hasty,
    Function::Impatient,
    Function::Solitary,
];

/// Whether the call looks into the cache.
#[derive(Clone, Copy, Debug)]
enum Way {
    Look,
    /// It loads anew, and what it loads takes the place of what is there.
    Refresh,
}

/// What one read is going to be like.
#[derive(Debug)]
struct Read {
    row: Row,
    function: Function,
    way: Way,
    plan: Plan,
    /// When the caller gives up; most never do.
    patience: Option<Duration>,
}

/// A version, and where it came from.
struct Version {
    number: u64,
    /// It was stored, perhaps in this process.
    is_hit: bool,
}

/// How a call ended.
enum Answer {
    Version(Version),
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
            Answer::Version(version) if self.may_be_on_its_way(&version, floor) => {
                self.note(read.row, What::Got { version: version.number });
                self.look_again(read, floor).await?;
            }
            Answer::Version(version) => self.judge(read.row, floor, version.number),
            Answer::NotLoaded => self.note(read.row, What::GotNothing),
            Answer::GivenUp => {
                self.shared.suffer(Fault::Cancel);
                self.note(read.row, What::GotNothing);
            }
        }
        Ok(())
    }

    /// Whether an old answer may have come from this process before the word of an invalidation did.
    fn may_be_on_its_way(&self, version: &Version, floor: u64) -> bool {
        version.number < floor && version.is_hit && self.shared.orders.local
    }

    /// Asks a second time.
    async fn look_again(&self, read: Read, floor: u64) -> RedisResult<()> {
        for _ in 0..PARTS {
            sleep(TRAVEL / PARTS).await;
        }
        let again = Read { way: Way::Look, patience: None, ..read };
        self.note(again.row, What::Asks { floor });
        match self.call(&again).await? {
            Answer::Version(version) => self.judge(again.row, floor, version.number),
            Answer::NotLoaded | Answer::GivenUp => self.note(again.row, What::GotNothing),
        }
        Ok(())
    }

    fn choose_read(&mut self) -> Read {
        let row = self.choose_row();
        let function = pick(&mut self.choices, &FUNCTIONS).unwrap_or(Function::Steady);
        let way = if self.choices.u32(..50) == 0 { Way::Refresh } else { Way::Look };
        let orders = &self.shared.orders;
        let plan = Plan::choose(&mut self.choices, orders);
        let gives_up = self.choices.u32(..25) == 0 && orders.faults.contain(Fault::Cancel);
        let patience = gives_up.then(|| between(&mut self.choices, 0..25));
        Read { row, function, way, plan, patience }
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

    async fn answer(&self, read: &Read) -> Result<Version, NotLoaded> {
        let load = Load {
            shared: Arc::clone(&self.shared),
            task: self.number,
            row: read.row,
            plan: read.plan,
        };
        let (number, observed) = match read.way {
            Way::Look => observe(self.ask(read, &load)).await,
            Way::Refresh => observe(cache_runtime::refresh(self.ask(read, &load))).await,
        };
        Ok(Version { number: number?, is_hit: observed.last == Some(Source::Hit) })
    }

    async fn ask(&self, read: &Read, load: &Load) -> Result<u64, NotLoaded> {
        let (cache, Row { table, number }) = (&self.shared.cache, read.row);
        match read.function {
            Function::Steady => functions::steady(cache, load, table, number).await,
            Function::Hasty => functions::hasty(cache, load, table, number).await,
            Function::Impatient => functions::impatient(cache, load, table, number).await,
            Function::Solitary => functions::solitary(cache, load, table, number).await,
        }
    }

    fn judge(&self, row: Row, floor: u64, version: u64) {
        self.shared.count(Count::Reads);
        self.note(row, What::Got { version });
        if version < floor {
            let (worker, task) = (self.shared.orders.worker, self.number);
            let stale = StaleRead { worker, task, row, floor, got: version, time: now() };
            Report::Stale(stale).say();
        }
    }
}

/// A load that panicked left nothing.
fn answered(returned: Option<Result<Version, NotLoaded>>) -> RedisResult<Answer> {
    match returned {
        Some(Ok(version)) => Ok(Answer::Version(version)),
        Some(Err(NotLoaded::Truth(error))) => Err(error),
        Some(Err(NotLoaded::Planned)) | None => Ok(Answer::NotLoaded),
    }
}
