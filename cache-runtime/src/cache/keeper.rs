//! A handle as background tasks have it, without holding it.

use super::{Cache, Inner, SharedParts};
use crate::function::stats::Registry;
use crate::protocol::retry::Overdue;
use crate::rt::ending::Ending;
use std::fmt;
use std::sync::{Arc, Weak};

/// The parts of a handle that a task keeps while it rests. Dropping the application's last clone
/// ends the handle all the same.
pub(crate) struct Keeper {
    handle: Weak<Inner>,
    shared: Arc<SharedParts>,
    prefix: String,
    space: u64,
}

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keeper").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

impl Keeper {
    pub(crate) fn ending(&self) -> &Ending {
        &self.shared.ending
    }

    pub(crate) fn overdue(&self) -> &Overdue {
        &self.shared.overdue
    }

    /// Returns the handle. If nobody holds it any more, returns a handle in its place, whose counts
    /// nobody can read.
    pub(crate) fn cache(&self) -> Cache {
        let inner = self.handle.upgrade().unwrap_or_else(|| {
            Arc::new(Inner {
                shared: Arc::clone(&self.shared),
                prefix: self.prefix.clone(),
                space: self.space,
                registry: Registry::default(),
                hold: None,
            })
        });
        Cache { inner }
    }
}

impl Cache {
    pub(crate) fn keeper(&self) -> Keeper {
        Keeper {
            handle: Arc::downgrade(&self.inner),
            shared: Arc::clone(&self.inner.shared),
            prefix: self.inner.prefix.clone(),
            space: self.inner.space,
        }
    }
}
