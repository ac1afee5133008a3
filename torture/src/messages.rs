//! What the coordinator and its workers say to each other, one JSON text a line.

use crate::counts::Tally;
use crate::fault::Faults;
use crate::history::Event;
use crate::ids::{Row, WorkerId};
use crate::judgement::StaleRead;
use crate::mutant::Mutant;
use crate::way::Way;
use serde::{Deserialize, Serialize};
use std::io::{self, Write};

/// What a worker is to do; it is on its command line.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Orders {
    pub(crate) worker: WorkerId,
    pub(crate) seed: u64,
    pub(crate) tasks: u32,
    pub(crate) rows: u32,
    pub(crate) faults: Faults,
    pub(crate) mutant: Option<Mutant>,
    pub(crate) cache_url: String,
    pub(crate) strategy: Way,
    /// Whether values are kept in the process, too.
    pub(crate) local: bool,
    pub(crate) truth_url: String,
}

/// What a worker hears. When it hears no more, it ends: its coordinator is gone.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum Request {
    /// Report what happened to a row lately.
    Tell(Row),
    /// Report the last counts, and end.
    Finish,
}

/// What a worker says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Report {
    /// Everything it has counted so far.
    Tally(Tally),
    /// What must not be.
    Stale(StaleRead),
    /// The answer to [`Request::Tell`].
    Events(Vec<Event>),
    /// The truth server failed, and with it this worker.
    Broken(String),
}

impl Report {
    /// Says it to the coordinator. One that is gone is noticed where its requests are read.
    pub(crate) fn say(&self) {
        let line = serde_json::to_string(self).expect("a report is plain data");
        let _ = writeln!(io::stdout().lock(), "{line}");
    }
}
