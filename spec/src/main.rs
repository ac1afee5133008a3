//! Explores the consistency protocol: `spec --help`.

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use spec::{Config, Limits, Mutant, Suite, Summary, explore};

/// Visits every state that the consistency protocol can reach, and says which promise is broken where.
#[derive(Debug, Parser)]
#[command(name = "spec")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Explores one world, given by options
    Explore {
        #[command(flatten)]
        config: Config,
        /// Take one mechanism out, or explore a rival
        #[arg(long, value_enum, default_value_t = Mutant::None)]
        mutant: Mutant,
        #[command(flatten)]
        how: How,
    },
    /// Explores the worlds of the ordinary test, or those of the nightly run
    Suite {
        /// The large worlds: minutes, and gigabytes
        #[arg(long)]
        nightly: bool,
        #[command(flatten)]
        how: How,
    },
    /// Expects every mutant to be caught, and tells how
    Mutants {
        /// Only mutants whose names contain this
        #[arg(default_value = "")]
        filter: String,
    },
}

#[derive(Clone, Copy, Debug, Args)]
struct How {
    /// With more than one, a counterexample may be longer than it need be
    #[arg(long, default_value_t = 1)]
    threads: usize,
}

fn main() -> ExitCode {
    let result = match Arguments::parse().task {
        Task::Explore { config, mutant, how } => explore_one(config, mutant, how),
        Task::Suite { nightly, how } => run_suite(nightly, how),
        Task::Mutants { filter } => catch(&filter),
    };
    if let Err(error) = result {
        eprintln!("{error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

impl How {
    fn limits(self) -> Limits {
        Limits { threads: self.threads, progress: true, ..Limits::default() }
    }
}

fn explore_one(config: Config, mutant: Mutant, how: How) -> Result<(), String> {
    let summary = explore(config, mutant, how.limits())?;
    println!("{summary}");
    for witness in &summary.witnessed {
        println!("  met: {witness}");
    }
    complain(&summary)
}

fn complain(summary: &Summary) -> Result<(), String> {
    match summary.counterexamples.first() {
        Some(found) => Err(found.to_string()),
        None => Ok(()),
    }
}

fn run_suite(nightly: bool, how: How) -> Result<(), String> {
    let suite = if nightly { Suite::nightly() } else { Suite::ordinary() };
    let total = suite.run(how.limits(), |name, summary| println!("{summary}  {name}"))?;
    println!("{total}");
    Ok(())
}

fn catch(filter: &str) -> Result<(), String> {
    for mutant in Mutant::all().filter(|mutant| mutant.name().contains(filter)) {
        println!("{}\n{}", mutant.name(), mutant.caught()?);
    }
    Ok(())
}
