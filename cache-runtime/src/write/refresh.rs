//! Adds `refresh` to `#[invalidates]`: the named calls are made after the write, so that their new
//! values are stored before anybody asks.

use crate::cache::context::mode::{self, Mode};
use crate::cache::context::pending;
use crate::function::outcome::Outcome;
use futures_util::FutureExt;
use std::future::Future;
use std::panic::AssertUnwindSafe;

/// Runs a write with its invalidations. If the write succeeded, its named calls are made, and their
/// values are stored as those of any call.
///
/// Each call has a lease of its own. Of two writers, the one that invalidates last has its fill
/// stored, and the fill of the other is refused. In a transaction nothing is invalidated yet, and
/// nothing is loaded.
///
/// # Cancellation
///
/// Dropping the future drops the write or the load that it is running. If the write has returned,
/// its invalidations run to their end.
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
            // The error of a load is ignored, and a panic counts as such an error.
            // mutant: nothing is loaded after a write
            _ = AssertUnwindSafe(calls()).catch_unwind().await;
        }
        O::restore(value)
    }
}
