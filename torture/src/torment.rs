//! What the coordinator does to the server and to the workers, one thing at a time to each.

use crate::counts::Tally;
use crate::fault::{Fault, Faults};
use crate::fleet::Fleet;
use crate::stream::{between, stream};
use fastrand::Rng;
use std::io;
use std::ops::Range;
use std::time::{Duration, Instant};
use testkit::RedisServer;

/// Milliseconds between two faults of one victim: time enough to find the server again and to fill the cache.
const PAUSE: Range<u64> = 100..1200;

/// For how many milliseconds the server stops: around the cache's budget, which is 100 ms.
const SERVER_STOPS: Range<u64> = 20..400;

/// For how many milliseconds a worker stops: longer than its leases last.
const WORKER_STOPS: Range<u64> = 350..900;

/// Whom faults are for.
#[derive(Clone, Copy, Debug)]
enum Victim {
    Server,
    Worker,
}

impl Victim {
    fn faults(self) -> &'static [Fault] {
        match self {
            Self::Server => &[Fault::Disconnect, Fault::FreezeServer, Fault::Restart],
            Self::Worker => &[Fault::FreezeWorker, Fault::KillWorker],
        }
    }
}

/// How a victim is.
#[derive(Clone, Copy, Debug)]
enum State {
    /// Unharmed, until the next fault.
    Well {
        until: Instant,
    },
    ServerStopped {
        until: Instant,
    },
    WorkerStopped {
        index: usize,
        until: Instant,
    },
}

impl State {
    fn until(self) -> Instant {
        let (Self::Well { until }
        | Self::ServerStopped { until }
        | Self::WorkerStopped { until, .. }) = self;
        until
    }
}

/// The faults of one victim.
#[derive(Debug)]
struct Lane {
    faults: Vec<Fault>,
    /// Faults still to come in this round. Each round has all of them, so that none is rare by chance.
    round: Vec<Fault>,
    choices: Rng,
    state: State,
}

/// All faults that do not come from the workers themselves.
#[derive(Debug)]
pub(crate) struct Torment {
    lanes: Vec<Lane>,
    pub(crate) tally: Tally,
}

impl Torment {
    pub(crate) fn new(seed: u64, faults: &Faults) -> Self {
        let lanes = [Victim::Server, Victim::Worker].map(|victim| Lane {
            faults: faults.among(victim.faults()),
            round: Vec::new(),
            // Workers have paths of three parts.
            choices: stream(seed, &[victim as u32]),
            state: State::Well { until: Instant::now() + Duration::from_secs(1) },
        });
        let lanes = lanes.into_iter().filter(|lane| !lane.faults.is_empty()).collect();
        Self { lanes, tally: Tally::default() }
    }

    /// When there is something to do.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.lanes.iter().map(|lane| lane.state.until()).min()
    }

    /// Does what is due.
    pub(crate) fn go_on(&mut self, server: &RedisServer, fleet: &mut Fleet) -> io::Result<()> {
        for lane in &mut self.lanes {
            if lane.state.until() > Instant::now() {
                continue;
            }
            lane.state = match lane.state {
                State::Well { .. } => lane.strike(&mut self.tally, server, fleet)?,
                State::ServerStopped { .. } => {
                    server.thaw();
                    lane.pause()
                }
                State::WorkerStopped { index, .. } => {
                    fleet.thaw(index);
                    lane.pause()
                }
            };
        }
        Ok(())
    }
}

impl Lane {
    fn pause(&mut self) -> State {
        State::Well { until: Instant::now() + between(&mut self.choices, PAUSE) }
    }

    fn next(&mut self) -> Option<Fault> {
        if self.round.is_empty() {
            self.round.clone_from(&self.faults);
            self.choices.shuffle(&mut self.round);
        }
        self.round.pop()
    }

    fn strike(
        &mut self,
        tally: &mut Tally,
        server: &RedisServer,
        fleet: &mut Fleet,
    ) -> io::Result<State> {
        let Some(fault) = self.next() else { return Ok(self.pause()) };
        let index = self.choices.usize(..fleet.size());
        tally.suffer(fault);
        match fault {
            Fault::FreezeServer => {
                server.freeze();
                let until = Instant::now() + between(&mut self.choices, SERVER_STOPS);
                return Ok(State::ServerStopped { until });
            }
            Fault::FreezeWorker => {
                fleet.freeze(index);
                let until = Instant::now() + between(&mut self.choices, WORKER_STOPS);
                return Ok(State::WorkerStopped { index, until });
            }
            Fault::Restart => server.restart(),
            Fault::KillWorker => fleet.replace(index)?,
            // The server's fixture uses another connection each time: this one is not in its way.
            _ => drop(server.command(&["CLIENT", "KILL", "TYPE", "normal"])),
        }
        Ok(self.pause())
    }
}
