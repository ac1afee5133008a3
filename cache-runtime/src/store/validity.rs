//! Flags by which a store tells that a value it gave out has changed.

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag that is revoked once: it is valid until the value that was read may have changed.
///
/// The Andrew File System calls such a flag a callback (Howard et al., "Scale and Performance in a
/// Distributed File System", 1988). Clones share one flag.
#[derive(Clone, Debug, Default)]
pub struct Validity(Arc<AtomicBool>);

impl Validity {
    /// Returns a flag that is valid.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Revokes the flag for ever: the value may have changed, or nobody can tell of changes any
    /// longer.
    pub fn revoke(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Tells whether the flag is not revoked yet.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        !self.0.load(Ordering::Acquire)
    }
}

/// Owner of a flag. Dropping the owner revokes the flag.
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

/// A listener that hears which keys have changed.
///
/// The store calls a listener where it hears of changes itself, so a listener must neither block
/// nor panic.
pub trait ChangeListener: Debug + Send + Sync + 'static {
    /// Hears that a key may have changed that was read with
    /// [`Store::read`](crate::store::Store::read).
    fn changed(&self, key: &[u8]);

    /// Hears that any key may have changed, because the store was emptied or the connection was
    /// lost.
    fn all_changed(&self);
}
