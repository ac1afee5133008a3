//! What keeps the cache from harming its callers: their executors, and their own code.

use super::{Mutant, mutant};

pub(super) const MUTANTS: &[Mutant] = &[
    mutant(
        "a timer is made on the thread of a caller",
        ("let _inside = runtime.enter();", ""),
        ("executors", "block_on::in_process"),
    ),
    mutant(
        "evicted values are dropped under the lock of their shard",
        ("evicted.push(slot);", "drop((evicted, slot));"),
        ("user_code", "a_value_that_is_evicted_with_others"),
    ),
    mutant(
        "flushed values are dropped where changes are heard of",
        ("bridge::drop_apart(gone.into_inner());", "drop(gone.into_inner());"),
        ("user_code", "a_value_that_is_flushed"),
    ),
    mutant(
        "an error is dropped on the thread of the bridge",
        ("if bridge::is_here() {", "if false {"),
        ("user_code", "an_error_that_nobody_takes"),
    ),
    mutant(
        "one function's warnings hide another's",
        (
            "site.map_or(0, |site| ptr::from_ref(site).addr())",
            "site.map_or(0, |site| ptr::from_ref(site).addr() & 0)",
        ),
        ("logs", "each_function_has_its_own_warnings"),
    ),
    mutant(
        "every warning is logged",
        ("if topic.suppressed == 0 && now.duration_since(topic.last_line) >= SPAN {", "if true {"),
        ("logs", "a_server_that_is_away_floods_no_log"),
    ),
    mutant(
        "the end of an outage is logged quietly",
        ("self.is_told.store(true, SeqCst);", ""),
        ("logs", "what_is_over_is_logged_as_loudly_as_it_began"),
    ),
];
