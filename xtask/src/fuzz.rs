//! The long fuzz of keys, entries and shapes.

use crate::command::Cmd;
use crate::step::Step;
use clap::Args;

/// How much is tested.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Options {
    /// How many values are put through the cache, of all types together
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..))]
    cases: u64,
    /// Repeats the types and values of an earlier run; without it, new ones
    #[arg(long)]
    seed: Option<u64>,
    /// How many types are generated and compiled
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u16).range(1..=1000))]
    types: u16,
}

/// Optimised, so that a million cases take a minute or two.
pub(crate) fn step(options: Options) -> Step {
    let Options { cases, seed, types } = options;
    let seed = seed.map_or_else(String::new, |seed| format!("--seed {seed}"));
    let command = Cmd::new("cargo run --release --quiet --package fuzz --");
    Step::command("fuzz", command.words(&format!("--cases {cases} --types {types} {seed}")))
}
