//! What is done in a round, by kind.

use crate::application::Application;
use crate::clients::Manners;
use crate::comparison::Notes;
use crate::fault::Fault;
use crate::options::Options;
use crate::stage::{Cast, Setup, Stage};
use crate::traffic::{Traffic, everything};
use crate::world;
use clap::ValueEnum;
use futures_util::future::{join, join_all, try_join_all};
use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::time::sleep;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// How a round goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// The same requests, one after another, to twins with a database each: all answers are the same, those of writes, too.
    Twins,
    /// Writes side by side, and reads beside them. As soon as the writes have returned, pages are the same.
    Strict,
    /// The same where processes keep values themselves: pages are the same within `local`.
    Local,
    /// Clients hang up while they write. Two seconds after the last of them, pages are the same.
    Left,
    /// Redis is disturbed. When it is well and nothing is overdue, pages are the same.
    Faults,
    /// A process is killed. When the entries that it left have expired, pages are the same.
    Killed,
}

/// How long the values of a process may be served that no message has reached, in the rounds that have such values.
const LOCAL: Duration = Duration::from_secs(1);

/// After a write whose client has gone: its invalidations run once more after two seconds. The rest is for a busy machine.
const AFTER_LEAVING: Duration = Duration::from_millis(2500);

/// After a process was killed between a commit and its invalidation: the old value stays for its TTL of a second, and for the two of
/// `stale`.
const AFTER_KILLING: Duration = Duration::from_millis(3500);

/// How long an outage may be made up for.
const RECOVERY: Duration = Duration::from_secs(30);

const NEVER: Duration = Duration::ZERO;

/// Who asks while something happens.
const BUSY: usize = 4;

/// One round.
pub(crate) struct Round<'a> {
    pub(crate) stage: &'a Stage,
    pub(crate) notes: &'a Notes,
    pub(crate) traffic: Traffic,
    pub(crate) number: u32,
    pub(crate) options: &'a Options,
}

impl Kind {
    pub(crate) const ALL: [Self; 6] =
        [Self::Twins, Self::Strict, Self::Local, Self::Left, Self::Faults, Self::Killed];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Twins => "twins",
            Self::Strict => "strict",
            Self::Local => "local",
            Self::Left => "left",
            Self::Faults => "faults",
            Self::Killed => "killed",
        }
    }

    /// Where pages are compared at once, the budget is for machines that do other things meanwhile: an invalidation that takes longer
    /// counts as failed, and other processes may then read the old value.
    fn variables(self) -> Vec<(&'static str, &'static str)> {
        let patient = ("CACHE_BUDGET", "10s");
        match self {
            Self::Twins | Self::Strict | Self::Left => vec![patient],
            Self::Local => vec![patient, ("CACHE_LOCAL", "10000"), ("CACHE_LOCAL_CAP", "1s")],
            Self::Faults => vec![],
            Self::Killed => {
                let short = [("CACHE_TTL", "1s"), ("CACHE_LEASE", "1s")];
                [&short[..], &[patient]].concat()
            }
        }
    }
}

impl Round<'_> {
    /// Plays it from a fresh world to the last comparison.
    pub(crate) async fn play(&mut self, kind: Kind) -> Result {
        let twin_of_its_own = kind == Kind::Twins;
        let (database, other) = (&self.stage.database, &self.stage.other_database);
        let of_twin = if twin_of_its_own { other } else { database };
        for url in [database, other] {
            world::reset(url).await?;
        }
        let setup = self.setup(kind);
        let mut cast = self.stage.cast(&setup, of_twin)?;
        if kind == Kind::Strict {
            self.stage.crowd(&setup.prefix);
        }
        match kind {
            Kind::Twins => self.one_after_another(&cast).await?,
            Kind::Strict => self.side_by_side(&cast, NEVER).await?,
            Kind::Local => self.side_by_side(&cast, LOCAL * 2).await?,
            Kind::Left => self.left(&cast).await?,
            Kind::Faults => self.disturbed(&cast).await?,
            Kind::Killed => self.killed(&mut cast).await?,
        }
        let all = everything(world::extent(database).await?, self.options.viewers());
        self.notes.agree(&cast, all, NEVER).await?;
        self.end(cast).await
    }

    fn setup(&mut self, kind: Kind) -> Setup {
        let mut variables = kind.variables();
        variables
            .push(("CACHE_STRATEGY", if self.traffic.choices.bool() { "scan" } else { "scoped" }));
        let variables =
            variables.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
        Setup {
            prefix: format!("round{}", self.number),
            variables,
            role: self.options.role(),
            apart: self.options.apart,
        }
    }

    /// Counts hits, and has the processes end in good order.
    async fn end(&self, cast: Cast) -> Result {
        for process in cast.cached {
            self.notes.counts().hits += process.hits().await?;
            let name = process.name();
            if !process.stop()? {
                return Err(format!("{name} did not end well").into());
            }
        }
        Ok(())
    }

    async fn one_after_another(&mut self, cast: &Cast) -> Result {
        for _ in 0..self.options.steps() {
            let is_write = self.traffic.choices.u8(0..10) < 4;
            let request = if is_write { self.traffic.write() } else { self.traffic.read() };
            self.notes.count(is_write);
            let from = &cast.cached[self.traffic.choices.usize(0..2)];
            let expected = self.notes.ask(&cast.plain, &request).await?;
            let got = self.notes.ask(from, &request).await?;
            self.notes.compare(from, &request, &expected, &got);
            if is_write {
                self.some_pages_agree(cast, 3, NEVER).await?;
            }
        }
        Ok(())
    }

    async fn some_pages_agree(&mut self, cast: &Cast, count: usize, patience: Duration) -> Result {
        let pages = (0..count).map(|_| self.traffic.read()).collect();
        Ok(self.notes.agree(cast, pages, patience).await?)
    }

    /// Reads go on while pages are compared: what they have begun to load before a write must not turn up after it.
    async fn side_by_side(&mut self, cast: &Cast, patience: Duration) -> Result {
        let stop = AtomicBool::new(false);
        let mut readers: Vec<_> = (0..BUSY).map(|_| self.traffic.fork()).collect();
        let reading =
            join_all(readers.iter_mut().map(|traffic| self.notes.reads(cast, traffic, &stop)));
        let (traffic, notes, steps) = (&mut self.traffic, self.notes, self.options.steps() / 8);
        let writing = async {
            for _ in 0..steps {
                let writes: Vec<_> =
                    (0..traffic.choices.usize(1..4)).map(|_| traffic.write()).collect();
                let sent = writes.iter().map(|write| {
                    notes.counts().writes += 1;
                    notes.ask(&cast.cached[traffic.choices.usize(0..2)], write)
                });
                try_join_all(sent).await?;
                let pages = (0..8).map(|_| traffic.read()).collect();
                notes.agree(cast, pages, patience).await?;
            }
            Ok::<_, std::io::Error>(())
        };
        let writing = async {
            let written = writing.await;
            stop.store(true, Ordering::Relaxed);
            written
        };
        Ok(join(writing, reading).await.0?)
    }

    async fn left(&mut self, cast: &Cast) -> Result {
        let manners = Manners { leave: true, lose: false };
        let time = Duration::from_millis(5) * u32::try_from(self.options.steps())?;
        self.busy(&cast.cached, manners, sleep(time)).await;
        self.settle(cast, AFTER_LEAVING).await
    }

    async fn disturbed(&mut self, cast: &Cast) -> Result {
        let mut faults = Fault::ALL;
        self.traffic.choices.shuffle(&mut faults);
        let mut choices = self.traffic.choices.fork();
        let (redis, notes) = (&self.stage.redis, self.notes);
        let disturbing = async {
            for fault in faults {
                sleep(Duration::from_millis(choices.u64(50..300))).await;
                *notes.counts().faults.entry(fault).or_default() += 1;
                fault.strike(redis, Duration::from_millis(choices.u64(20..600))).await;
            }
            sleep(Duration::from_millis(choices.u64(0..300))).await;
        };
        let leave = self.traffic.choices.bool();
        self.busy(&cast.cached, Manners { leave, lose: false }, disturbing).await;
        self.settle(cast, AFTER_LEAVING).await
    }

    async fn killed(&mut self, cast: &mut Cast) -> Result {
        for _ in 0..self.options.kills() {
            let victim = self.traffic.choices.usize(0..2);
            let time = Duration::from_millis(self.traffic.choices.u64(100..500));
            let (notes, cached) = (self.notes, &cast.cached);
            let killing = async {
                sleep(time).await;
                notes.counts().kills += 1;
                cached[victim].kill();
                sleep(time / 2).await;
            };
            self.busy(&cast.cached, Manners { leave: true, lose: true }, killing).await;
            cast.cached[victim].restart()?;
        }
        self.settle(cast, AFTER_KILLING).await
    }

    /// Has clients read and write until something else has happened.
    async fn busy(
        &mut self,
        cached: &[Application; 2],
        manners: Manners,
        what: impl Future<Output = ()>,
    ) {
        let stop = AtomicBool::new(false);
        let mut clients: Vec<_> = (0..BUSY).map(|_| self.traffic.fork()).collect();
        let asking = join_all(
            clients.iter_mut().map(|traffic| self.notes.asks(cached, traffic, manners, &stop)),
        );
        let happening = async {
            what.await;
            stop.store(true, Ordering::Relaxed);
        };
        join(asking, happening).await;
    }

    /// Waits for as long as the documents say, and until no process owes anything.
    async fn settle(&self, cast: &Cast, bound: Duration) -> Result {
        sleep(bound).await;
        let end = Instant::now() + RECOVERY;
        for process in &cast.cached {
            while process.health().await?["health"]["well"] != true {
                if Instant::now() > end {
                    return Err(format!("{} does not get well", process.name()).into());
                }
                sleep(Duration::from_millis(50)).await;
            }
        }
        Ok(())
    }
}
