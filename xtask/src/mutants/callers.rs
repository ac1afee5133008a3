//! What keeps the cache from harming its callers: their executors, and their own code.

use super::{Mutant, mutant};

const BRIDGE: &str = "cache-runtime/src/bridge.rs";
const TIER: &str = "cache-runtime/src/tier/mod.rs";

pub(super) const MUTANTS: &[Mutant] = &[
    mutant(
        "a timer is made on the thread of a caller",
        (BRIDGE, "let _inside = runtime.enter();", ""),
        ("executors", "block_on::in_process"),
    ),
    mutant(
        "evicted values are dropped under the lock of their shard",
        (TIER, "evicted.push(slot);", "drop((evicted, slot));"),
        ("user_code", "a_value_that_is_evicted_with_others"),
    ),
    mutant(
        "flushed values are dropped where changes are heard of",
        (TIER, "bridge::drop_apart(gone.into_inner());", "drop(gone.into_inner());"),
        ("user_code", "a_value_that_is_flushed"),
    ),
    mutant(
        "an error is dropped on the thread of the bridge",
        ("cache-runtime/src/kept.rs", "if bridge::is_here() {", "if false {"),
        ("user_code", "an_error_that_nobody_takes"),
    ),
];
