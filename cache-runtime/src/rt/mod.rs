//! Timers, the bridge to tokio, and how a handle ends: what knows nothing of caching.

pub(crate) mod bridge;
pub(crate) mod clock;
pub(crate) mod ending;
pub(crate) mod timer;
pub(crate) mod yielding;
