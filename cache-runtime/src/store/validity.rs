//! The word of a store that it will tell when what was read has changed.

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// That somebody will be told when what was read has changed: a flag that is set once.
///
/// It is what the Andrew File System calls a callback (Howard et al., "Scale and Performance in a Distributed File System",
/// 1988). Clones are one promise.
#[derive(Clone, Debug, Default)]
pub struct Validity(Arc<AtomicBool>);

impl Validity {
    /// A promise that is kept so far.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Breaks it, for ever: nobody tells any longer, or there is something to tell.
    pub fn revoke(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether it was kept until now.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        !self.0.load(Ordering::Acquire)
    }
}

/// A promise that is broken when its owner is dropped.
#[derive(Debug, Default)]
pub(crate) struct Standing(Validity);

impl Standing {
    pub(crate) fn validity(&self) -> Validity {
        self.0.clone()
    }
}

impl Drop for Standing {
    // mutant: a connection that does not answer keeps its promises
    fn drop(&mut self) {
        self.0.revoke();
    }
}

/// One that hears which keys have changed.
///
/// It is called where the store hears of changes: it must neither block nor panic.
pub trait ChangeListener: Debug + Send + Sync + 'static {
    /// Hears that a key that was read with [`Store::read`](crate::store::Store::read) may have changed.
    fn changed(&self, key: &[u8]);

    /// Hears that any key may have changed, or that changes were not told: the store was emptied, or the connection lost.
    fn all_changed(&self);
}
