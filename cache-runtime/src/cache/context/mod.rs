//! Every hidden input of a call, in one place: the handle in scope, the mode, and the invalidations that are pending.

pub(crate) mod current;
pub(crate) mod mode;
pub(crate) mod pending;
