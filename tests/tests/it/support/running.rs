use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

/// A load that runs. It ends when it is dropped, so that a cancelled load has ended, too.
pub(crate) struct Running<'a>(&'a AtomicUsize);

impl<'a> Running<'a> {
    /// Counts a load. Returns how many run now.
    pub(crate) fn begin(running: &'a AtomicUsize) -> (Self, usize) {
        let others = running.fetch_add(1, SeqCst);
        (Self(running), others + 1)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}
