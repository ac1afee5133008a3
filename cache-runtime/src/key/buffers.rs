//! The buffers in which keys are built, used again by the next call of the same thread: a hit in process allocates nothing.

use std::cell::Cell;

/// Larger ones are not kept: one large argument would hold its memory for ever.
const LARGEST: usize = 8 * 1024;

/// Of a key: its text, and what is hashed.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    pub(super) text: String,
    pub(super) hashed: Vec<u8>,
}

thread_local! {
    static SPARE: Cell<Option<Buffers>> = const { Cell::new(None) };
}

impl Buffers {
    /// The buffers that this thread has left, or new ones. They may hold an earlier call's text.
    pub(super) fn take() -> Self {
        let spare = SPARE.try_with(Cell::take).ok().flatten();
        spare.unwrap_or_else(|| Self {
            text: String::with_capacity(128),
            hashed: Vec::with_capacity(192),
        })
    }

    /// Leaves them for the next call.
    pub(super) fn leave(self) {
        if self.text.capacity() + self.hashed.capacity() <= LARGEST {
            // The thread may be ending: they are dropped then.
            let _ = SPARE.try_with(|spare| spare.set(Some(self)));
        }
    }
}
