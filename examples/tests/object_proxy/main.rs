//! The object store's proxy on real parts: processes that listen, HTTP between them, and Redis.

mod away;
mod caching;
mod canned;
mod conditions;
mod lost;
mod names;
#[path = "../program/mod.rs"]
mod program;
mod secrets;
mod server;
mod sharing;
mod sizes;
mod stage;
mod usage;
mod web;
