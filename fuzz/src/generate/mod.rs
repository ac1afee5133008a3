//! Writes random types as Rust source: what is fuzzed can be read.
//!
//! Three modules: `now` holds the types, `twin` the same ones once more, and `next` those of a later version of the program, in which
//! some have changed.

mod change;
mod invent;
mod model;
mod print;

use crate::choices::Choices;
use model::Def;
use std::io::{self, Write};
use std::process::{Command, Stdio};

/// Returns the source of so many random types, formatted.
///
/// # Errors
///
/// `rustfmt` is missing, or does not understand what was generated.
pub fn source(seed: u64, types: usize) -> io::Result<String> {
    let mut choices = Choices::of(seed);
    let now = invent::types(&mut choices, types);
    let next = change::some(&mut choices, &now);
    formatted(&print::file(seed, &now, &next))
}

/// The numbers of the types that a type is made of, itself among them.
fn reachable(defs: &[Def], from: usize) -> Vec<usize> {
    let mut found = vec![from];
    let mut next = 0;
    while let Some(&number) = found.get(next) {
        for own in defs[number].owns() {
            if !found.contains(&own) {
                found.push(own);
            }
        }
        next += 1;
    }
    found
}

fn formatted(source: &str) -> io::Result<String> {
    let mut rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024", "--config", "max_width=100,use_small_heuristics=Max"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut stdin = rustfmt.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
    stdin.write_all(source.as_bytes())?;
    drop(stdin);
    let output = rustfmt.wait_with_output()?;
    if !output.status.success() {
        return Err(io::Error::other("rustfmt does not understand the generated types"));
    }
    String::from_utf8(output.stdout).map_err(io::Error::other)
}
