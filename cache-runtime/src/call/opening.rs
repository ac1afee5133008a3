//! How a body tells the future around it that its call has begun.
//!
//! A function's body stands in one future with what comes before it: both borrow the function's
//! arguments. The future around the two takes the steps between them, which know nothing of the
//! function. They are one layer of its type, because rustc counts the layers of a future against its
//! recursion limit.

use crate::cache::context::pending::Pending;
use crate::call::Call;
use crate::write::Write;
use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

thread_local! {
    /// What has begun, from a body's first `Pending` to the future that polls it and returns at
    /// once.
    static OPENED: Cell<Option<Opened>> = const { Cell::new(None) };
}

/// What a body has begun.
enum Opened {
    Call(Call),
    Write(Box<Begun>),
}

/// A write whose body is about to run, and what that runs in.
pub(crate) struct Begun {
    pub(crate) write: Write,
    pub(crate) pending: Arc<Pending>,
}

/// Gives a call to the future around this one, and is ready when that lets the body run.
pub fn open_call(call: Call) -> Opening {
    Opening(Some(Opened::Call(call)))
}

/// Gives a write to the future around this one, and is ready when that lets the body run.
pub fn open_write(mut write: Write) -> Opening {
    let pending = write.begin();
    Opening(Some(Opened::Write(Box::new(Begun { write, pending }))))
}

/// The future of [`open_call`] and [`open_write`].
#[must_use = "a body begins where this is awaited"]
pub struct Opening(Option<Opened>);

impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opening").finish_non_exhaustive()
    }
}

impl Future for Opening {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<()> {
        let Some(opened) = self.0.take() else { return Poll::Ready(()) };
        // On a thread that is ending a call runs without the cache, and a write is in doubt.
        match OPENED.try_with(|cell| cell.set(Some(opened))) {
            Ok(()) => Poll::Pending,
            Err(_) => Poll::Ready(()),
        }
    }
}

/// On a thread that is ending nothing was opened.
fn opened() -> Option<Opened> {
    OPENED.try_with(Cell::take).ok().flatten()
}

/// Takes the call that the body polled last has begun. Returns `None` if that body waits for
/// something else.
pub(crate) fn opened_call() -> Option<Call> {
    match opened() {
        Some(Opened::Call(call)) => Some(call),
        // Nothing else is opened where a call is expected.
        Some(Opened::Write(_)) | None => None,
    }
}

/// Takes the write that the body polled last has begun. Returns `None` if that body waits for
/// something else.
pub(crate) fn opened_write() -> Option<Box<Begun>> {
    match opened() {
        Some(Opened::Write(write)) => Some(write),
        Some(Opened::Call(_)) | None => None,
    }
}
