//! What `refresh` adds to `#[invalidates]`: the named calls are made, so that their new values are stored before anybody asks.

use crate::cache::context::mode::{self, Mode};
use crate::cache::context::pending;
use crate::function::outcome::Outcome;
use futures_util::FutureExt;
use std::future::Future;
use std::panic::AssertUnwindSafe;

/// Runs a write with its invalidations, and then, if it succeeded, makes calls whose values are stored like everybody's: each under its
/// own lease, so that of two writers the one that invalidates last has its fill stored, and the other's is refused.
///
/// In a transaction nothing is invalidated yet, and nothing is loaded.
///
/// # Cancellation
///
/// Dropping the future drops what it is at: the write, or a load. The invalidations of a write that has returned run to their end.
#[expect(clippy::manual_async_fn, reason = "an async fn holds its arguments twice")]
pub fn load_anew<O, F, A>(
    _outcome: O,
    write: impl FnOnce() -> F,
    calls: impl FnOnce() -> A,
) -> impl Future<Output = F::Output>
where
    O: Outcome<Return = F::Output>,
    F: Future,
    A: Future<Output = ()>,
{
    async move {
        let value = match O::split(write().await) {
            Ok(value) => value,
            Err(error) => return error,
        };
        // mutant: a transaction loads what is not committed
        if !pending::in_transaction() && mode::current() != Mode::Bypass {
            // What a load fails with is nobody's error, and a panic is a failure like another.
            // mutant: nothing is loaded after a write
            _ = AssertUnwindSafe(calls()).catch_unwind().await;
        }
        O::restore(value)
    }
}
