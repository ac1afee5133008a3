//! Tells the future around the body of an async write that the body begins.

use super::Write;
use crate::cache::context::pending::Pending;
use crate::call::opening::{self, Opening};
use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

thread_local! {
    static WRITE: Cell<Option<Box<Begun>>> = const { Cell::new(None) };
}

/// A write whose body is about to run, and the pending invalidations in which the body runs.
pub struct Begun {
    pub(super) write: Write,
    pub(super) pending: Arc<Pending>,
}

impl fmt::Debug for Begun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Begun").finish_non_exhaustive()
    }
}

/// Gives a write to the future around this one. The returned future is ready when the future around
/// this one lets the body run.
pub fn open_write(mut write: Write) -> Opening<Box<Begun>> {
    let pending = write.begin();
    Opening::new(Box::new(Begun { write, pending }), &WRITE)
}

/// Takes the write that the body polled last has begun. Returns `None` if that body waits for
/// something else.
pub(super) fn opened_write() -> Option<Box<Begun>> {
    opening::take(&WRITE)
}
