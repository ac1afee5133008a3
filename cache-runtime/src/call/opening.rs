//! Tells the future around a body that the body has begun its call, or its write.
//!
//! A function's body stands in one future with the code before it, because both borrow the
//! function's arguments. The future around the two takes the steps between them, which know nothing
//! of the function. The two futures are one layer of the function's type, because rustc counts the
//! layers of a future against its recursion limit.

use super::Call;
use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread::LocalKey;

/// A cell that holds the call or the write that a body has begun. The body's first `Pending` fills
/// the cell, and the future that polls the body empties it at once.
pub(crate) type Opened<T> = LocalKey<Cell<Option<T>>>;

thread_local! {
    static CALL: Cell<Option<Call>> = const { Cell::new(None) };
}

/// Gives a call to the future around this one. The returned future is ready when the future around
/// this one lets the body run.
pub fn open_call(call: Call) -> Opening<Call> {
    Opening::new(call, &CALL)
}

/// Takes the call that the body polled last has begun. Returns `None` if that body waits for
/// something else.
pub(crate) fn opened_call() -> Option<Call> {
    take(&CALL)
}

/// Empties a cell. Returns `None` on a thread that is ending, because nothing was opened there.
pub(crate) fn take<T>(cell: &'static Opened<T>) -> Option<T> {
    cell.try_with(Cell::take).ok().flatten()
}

/// The future of [`open_call`] and [`open_write`](crate::write::opening::open_write).
#[must_use = "a body begins where this is awaited"]
pub struct Opening<T: 'static> {
    begun: Option<T>,
    cell: &'static Opened<T>,
}

impl<T> Opening<T> {
    pub(crate) fn new(begun: T, cell: &'static Opened<T>) -> Self {
        Self { begun: Some(begun), cell }
    }
}

impl<T> fmt::Debug for Opening<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opening").finish_non_exhaustive()
    }
}

impl<T: Unpin> Future for Opening<T> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<()> {
        let Some(begun) = self.begun.take() else { return Poll::Ready(()) };
        // If the thread is ending, a call runs without the cache, and a write is in doubt.
        match self.cell.try_with(|cell| cell.set(Some(begun))) {
            Ok(()) => Poll::Pending,
            Err(_) => Poll::Ready(()),
        }
    }
}
