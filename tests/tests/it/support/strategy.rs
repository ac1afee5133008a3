//! Which strategy the consistency suite runs on: `CACHE_TEST_STRATEGY=scoped`, or `scan`, which is also what it is without.

use cache_runtime::Strategy;

pub(crate) fn strategy() -> Strategy {
    match std::env::var("CACHE_TEST_STRATEGY").as_deref() {
        Err(_) | Ok("scan") => Strategy::Scan,
        Ok("scoped") => Strategy::Scoped,
        Ok(other) => panic!("CACHE_TEST_STRATEGY is `scan` or `scoped`, not `{other}`"),
    }
}

/// Compares how many keys an invalidation has deleted. Where epochs are replaced, none is at first.
#[track_caller]
pub(crate) fn assert_deleted(deleted: u64, expected: u64) {
    if strategy() == Strategy::Scan {
        assert_eq!(deleted, expected);
    }
}
