//! Loading between callers: one load for all who want a key, in one process and over several, and no value from before a
//! write after it.
//!
//! Two handles on one server stand for two processes: each has flights and connections of its own. Every load here waits at
//! a gate of the test's, so that nothing depends on who is faster. The runtime of these tests has one thread: what a task does
//! between two awaits, no other task sees half done.

mod cancellation;
mod circles;
mod failures;
mod leases;
mod long_loads;
mod modes;
mod one_load;
mod processes;
mod stage;
mod stale_fills;
mod store_away;
