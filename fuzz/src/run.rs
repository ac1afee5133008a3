//! A run: so many cases, told of while they run, and a summary.

use crate::choices::Choices;
use crate::suite::Suite;
use cache_runtime::Cache;
use clap::Args;
use std::fmt;
use std::io::{IsTerminal, stderr};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// How much is tested.
#[derive(Args, Clone, Copy, Debug)]
pub struct Options {
    /// How many values are put through the cache, of all types together
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub cases: u64,
    /// Repeats the types and values of an earlier run; without it, new ones
    #[arg(long)]
    pub seed: Option<u64>,
}

/// How many cases share two handles: so many entries are kept at most.
const FEW: usize = 4000;

/// The handles that values go through, on the embedded store.
pub(crate) struct Handles {
    pub(crate) plain: Cache,
    pub(crate) tiered: Cache,
    known: (u64, u64),
    local_hits: u64,
}

impl Handles {
    async fn new() -> Self {
        let build = "the embedded store needs nothing";
        Self {
            plain: Cache::builder().build().await.expect(build),
            tiered: Cache::builder().local(2 * FEW).build().await.expect(build),
            known: (0, 0),
            local_hits: 0,
        }
    }

    /// Tells whether the tier has answered since the last question.
    pub(crate) fn has_hit_locally(&mut self) -> bool {
        let hits = self.tiered.stats().local_hits;
        std::mem::replace(&mut self.local_hits, hits) < hits
    }

    /// Returns how many values were not stored, and how many entries could not be read, since the last question.
    pub(crate) fn news(&mut self) -> (u64, u64) {
        let total = self.plain.stats();
        let (skipped, corrupt) = std::mem::replace(&mut self.known, (total.skipped, total.corrupt));
        (total.skipped - skipped, total.corrupt - corrupt)
    }
}

/// The state of a run.
pub(crate) struct Session {
    pub(crate) choices: Choices,
    pub(crate) handles: Handles,
    pub(crate) counts: Counts,
    progress: Progress,
    case: usize,
}

impl Session {
    /// Returns the number of the case.
    pub(crate) async fn begin_case(&mut self) -> usize {
        self.case += 1;
        if self.case.is_multiple_of(FEW) {
            self.handles = Handles::new().await;
        }
        self.progress.show(self.case);
        self.case
    }
}

/// How many cases of each kind there were.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) keys: u64,
    pub(crate) refused: u64,
    pub(crate) local: u64,
    pub(crate) patterns: u64,
    pub(crate) stored: u64,
    pub(crate) skipped: u64,
    pub(crate) lossy: u64,
    pub(crate) unreadable: u64,
    pub(crate) shapes: u64,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "keys, and readable texts      {:9}", self.keys)?;
        writeln!(f, "calls that have no key        {:9}", self.refused)?;
        writeln!(f, "answered in process           {:9}", self.local)?;
        writeln!(f, "deleted by pattern            {:9}", self.patterns)?;
        writeln!(f, "stored, and came back equal   {:9}", self.stored)?;
        writeln!(f, "not stored                    {:9}", self.skipped)?;
        writeln!(f, "lost by serde's attributes    {:9}", self.lossy)?;
        writeln!(f, "unreadable by its attributes  {:9}", self.unreadable)?;
        write!(f, "types in three versions       {:9}", self.shapes)
    }
}

/// A line each second, on a terminal.
struct Progress {
    total: u64,
    next: Instant,
    is_shown: bool,
}

impl Progress {
    fn show(&mut self, case: usize) {
        if !self.is_shown || !case.is_multiple_of(64) || Instant::now() < self.next {
            return;
        }
        self.next = Instant::now() + Duration::from_secs(1);
        eprint!("\r{case} of {} cases", self.total);
    }
}

/// Runs the suite; the exit code is 1 if something was found.
#[must_use]
pub fn run(suite: &Suite, options: Options) -> ExitCode {
    let seed = options.seed.unwrap_or_else(|| fastrand::u64(..));
    println!("seed {seed}; {} types, {} cases", suite.types.len(), options.cases);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let found = match runtime {
        Ok(runtime) => runtime.block_on(all(suite, options.cases, seed)),
        Err(error) => Err(format!("no runtime: {error}")),
    };
    match found {
        Ok(passed) => {
            println!("{passed} passed, 0 failed");
            ExitCode::SUCCESS
        }
        Err(finding) => {
            println!("{finding}\nto find it again: --seed {seed} --cases {}", options.cases);
            ExitCode::FAILURE
        }
    }
}

async fn all(suite: &Suite, cases: u64, seed: u64) -> Result<usize, String> {
    let is_shown = stderr().is_terminal();
    let mut session = Session {
        choices: Choices::of(seed),
        handles: Handles::new().await,
        counts: Counts::default(),
        progress: Progress { total: cases, next: Instant::now(), is_shown },
        case: 0,
    };
    let mut found = Vec::new();
    for shapes in &suite.shapes {
        let checked = shapes.check(&mut session.counts);
        found.extend(checked.err().map(|fault| (shapes.name, fault)));
    }
    let each = cases.div_ceil(suite.types.len().max(1) as u64);
    for (index, ty) in suite.types.iter().enumerate() {
        session.choices = Choices::of(seed.wrapping_add(index as u64));
        let tested = (ty.run)(&mut session, each).await;
        found.extend(tested.err().map(|fault| (ty.name, fault)));
    }
    if is_shown {
        eprint!("\r\x1b[K");
    }
    println!("{}", session.counts);
    let passed = session.case + suite.shapes.len() - found.len();
    if found.is_empty() {
        return Ok(passed);
    }
    let texts = found
        .iter()
        .map(|(name, fault)| format!("\nFOUND in {name}\n{}\n\n{fault}", suite.source_of(name)));
    let texts: String = texts.collect();
    Err(format!("{texts}\n{passed} passed, {} failed", found.len()))
}
