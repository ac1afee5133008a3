//! Timers, pauses between attempts, the bridge to tokio, and the end of a handle. Nothing in this
//! module knows of caching.

pub(crate) mod backoff;
pub(crate) mod bridge;
pub(crate) mod clock;
pub(crate) mod ending;
pub(crate) mod timer;
pub(crate) mod yielding;
