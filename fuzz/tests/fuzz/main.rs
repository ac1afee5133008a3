//! A short fuzz, on types that are generated once and can be read.

#[allow(
    clippy::all,
    clippy::pedantic,
    missing_docs,
    unreachable_pub,
    unused,
    reason = "it is generated"
)]
mod generated;

use fuzz::Options;
use std::process::ExitCode;

/// The seed and the number of the committed types.
const TYPES: (u64, usize) = (12, 14);

#[test]
fn random_values_have_keys_entries_and_shapes_of_their_own() {
    let options = Options { cases: 3000, seed: None };
    assert_eq!(fuzz::run(&generated::suite(), options), ExitCode::SUCCESS);
}

#[test]
fn the_types_are_those_of_their_seed() {
    let generated = fuzz::source(TYPES.0, TYPES.1).expect("rustfmt is there");
    assert!(
        generated == include_str!("generated.rs"),
        "write `generated.rs` anew: CONTRIBUTING.md"
    );
}
