//! Holds values and errors of the application for other callers.

use crate::rt::bridge;
use std::any::Any;
use std::fmt;

/// A value of the application's, of any type.
///
/// If the value is dropped on the bridge's thread, another thread runs its `Drop`. The `Drop` may
/// take a lock, or call a blocking cached function, which would wait for the bridge.
pub struct Kept(Option<Box<dyn Any + Send + Sync>>);

impl Kept {
    pub(crate) fn new(value: impl Any + Send + Sync) -> Self {
        Self(Some(Box::new(value)))
    }

    /// Returns the value if it is of this type.
    pub(crate) fn get<T: Any>(&self) -> Option<&T> {
        self.0.as_ref()?.downcast_ref()
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let value = self.0.take();
        // mutant: an error is dropped on the thread of the bridge
        if bridge::is_here() {
            bridge::drop_apart(value);
        }
    }
}

impl fmt::Debug for Kept {
    /// Shows no value, because the value may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Kept")
    }
}
