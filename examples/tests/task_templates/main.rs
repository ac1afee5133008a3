//! The registry of task templates on real parts: processes, a database that they share, and Redis between them.

mod away;
mod configuration;
mod dialogue;
#[path = "../program/mod.rs"]
mod program;
mod sharing;
mod stage;
mod talk;
