//! The metadata catalog on real parts: nodes in processes of their own, on `SQLite` and on `PostgreSQL`, with a Redis between them.

mod command_line;
mod database;
mod faults;
mod fleet;
mod node;
#[path = "../program/mod.rs"]
mod program;
mod reads;
mod tour;
mod writes;

use std::time::Duration;

const PROGRAM: &str = env!("CARGO_BIN_EXE_catalog");

/// How long anything may take before a test is sure that it will not happen.
const SOON: Duration = Duration::from_secs(60);
