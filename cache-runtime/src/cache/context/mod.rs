//! Every hidden input of a call: the handle in scope, the mode, and the pending invalidations.

pub(crate) mod current;
pub(crate) mod mode;
pub(crate) mod pending;
