//! The in-process tier: what it keeps, what makes it forget, and where it is refused.
//!
//! Two handles on one server stand for two processes: they share nothing but the server.

mod asking;
mod coherence;
mod keeping;
mod refusals;
mod stage;
