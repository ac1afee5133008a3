//! The ways to run a call, with one file for each kind of function.

pub(crate) mod async_fn;
pub(crate) mod async_stale;
pub(crate) mod boxed;
pub(crate) mod future;
pub(crate) mod stale;
