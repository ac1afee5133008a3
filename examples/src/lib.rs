//! Programs that show the toolkit at work: see `src/bin/`. This library holds what they share, and the README's examples,
//! which are compiled and run as tests from here, because they use `sqlx`.

pub mod command_line;
pub mod meter;

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
mod readme {}
