//! What the cache promises, one module a feature. `tests/README.md` says which feature is in which module.
//!
//! Modules share one process. A test that needs a process of its own (its log, its allocator, its counters) is in a program
//! of its own beside this one.

mod brought_back;
mod capacity;
mod codecs;
mod companions;
mod conditions;
mod config;
mod conformance;
mod connections;
mod depth;
mod durations;
mod each;
mod entries;
mod executors;
mod facade;
mod failure;
mod fixtures;
mod fleet;
mod flights;
mod futures;
mod glob;
mod handed_on;
mod health;
mod identity;
mod instrumented;
mod invalidation;
mod logs;
mod named;
mod namespaces;
mod on_error;
mod options;
mod own_names;
mod passes;
mod patterns;
mod redis_reads;
mod redis_store;
mod returns;
mod rights;
mod scoped;
mod shape;
mod shutdown;
mod signatures;
mod silence;
mod spawned;
mod stale;
mod support;
mod tasks;
mod tier;
mod transactions;
mod user_code;
mod warmup;
mod write_through;
