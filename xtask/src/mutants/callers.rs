//! What keeps the cache from harming its callers: their executors, and their own code.

use super::{Mutant, mutant};

pub(super) const MUTANTS: &[Mutant] = &[mutant(
    "a timer is made on the thread of a caller",
    ("cache-runtime/src/bridge.rs", "let _inside = runtime.enter();", ""),
    ("executors", "block_on::in_process"),
)];
