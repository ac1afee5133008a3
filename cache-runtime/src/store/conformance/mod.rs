//! A suite that every [`Store`] must pass; run it on your own.
//!
//! It asks each method under each condition, over what may stand at the key, and to leave it for as long as the toolkit does; then it looks at
//! what the method has left: the value, the time that it has, and that it ends.

mod batches;
mod case;
mod deletions;
mod keys;
mod race;
mod scans;
mod stamps;
mod tracking;
mod values;
mod writes;

use super::{Condition, Remaining, Store};
use crate::rt::yielding::let_others_go;
use bytes::Bytes;
use case::{Before, Case, Life, show};
use std::pin::Pin;
use std::time::{Duration, Instant};

/// How late a store may expire an entry, tell of a change, or forget what was deleted.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a value is called that expires before the question is put.
const SENTINEL: &str = "conformance:sentinel";

/// Runs the whole suite on an empty store, with keys that begin with `conformance:`, and deletes them. A store that evicts needs room for
/// 16 MiB.
///
/// # Panics
///
/// It panics at the first rule that the store breaks, and says which method broke it: under which condition, over what, what was expected,
/// and what was seen.
pub async fn check(store: &dyn Store) {
    Suite { store, stamps: true }.run().await;
}

/// Runs the suite on a store that keeps the trait's own [`restamp`](Store::restamp), which replaces nothing and says so.
///
/// What [`check`] asks besides is what `stale`, `stale_if_error` and `early` need: on such a store a load takes the place of the value that
/// it is to replace, and others wait for it.
///
/// # Panics
///
/// As [`check`].
pub async fn check_without_restamp(store: &dyn Store) {
    Suite { store, stamps: false }.run().await;
}

/// A store that is asked.
#[derive(Clone, Copy)]
struct Suite<'a> {
    store: &'a dyn Store,
    /// Whether `restamp` is expected to do anything.
    stamps: bool,
}

impl Suite<'_> {
    async fn run(self) {
        // A test may spawn it.
        let all: Pin<Box<dyn Future<Output = ()> + Send + '_>> = Box::pin(self.all());
        all.await;
    }

    async fn all(self) {
        tracking::check(self).await;
        values::check(self).await;
        keys::check(self).await;
        writes::check(self).await;
        deletions::check(self).await;
        stamps::check(self).await;
        batches::check(self).await;
        race::check(self).await;
        scans::check(self).await;
        Case::of("ping", "").expect("the answer", &self.store.ping().await, &());
    }

    /// Writes a value in any case, to ask about it later.
    async fn put(self, key: &str, value: &[u8], life: Life) {
        let value = Bytes::copy_from_slice(value);
        let case = Case::of("set", format!(", in any case, {life}"));
        let written = self.store.set(key, value, life.time(), Condition::Always).await;
        case.expect("the answer", &written, &true);
    }

    /// Brings keys into the states that they are to be asked in. None of them is read: an expired entry that a store has not noticed yet is
    /// absent, too.
    async fn prepare(self, keys: &[String], states: &[Before]) {
        for (key, before) in keys.iter().zip(states) {
            match before {
                Before::Nothing => {}
                Before::Expired => self.put(key, case::OLD, Life::Brief).await,
                Before::Value(life) => self.put(key, case::OLD, *life).await,
            }
        }
        // It was written last: when it has expired, those before it have.
        self.put(SENTINEL, b"", Life::Brief).await;
        self.is_gone(SENTINEL, &Case::of("set", ", in any case, for a millisecond")).await;
    }

    /// Asks until a value is gone that was to live for a moment: expiry has no event to wait for.
    async fn is_gone(self, key: &str, case: &Case) {
        let asked = Instant::now();
        while let Some(held) = case.answer("`get` afterwards", self.store.get(key).await) {
            if asked.elapsed() > PATIENCE {
                let late = format!("{} after {PATIENCE:?}", show(Some(&held)));
                case.complain("whether it expires", "nothing after a moment", late);
            }
            let_others_go().await;
        }
    }

    /// Looks at what a method has left: the value, and the time that it has.
    async fn holds(self, key: &str, case: &Case, value: Option<&[u8]>, life: Life) {
        let held = case.answer("`get` afterwards", self.store.get(key).await);
        // What lives for a moment may be over.
        if life != Life::Brief || held.is_some() {
            // mutant: the suite for stores does not look at the value that is left
            case.expect_value("`get` afterwards", held.as_deref(), value);
        }
        let left = self.store.remaining(key).await;
        let left = case.answer("`time_to_live` afterwards", left);
        let is_right = value.map_or(left == Remaining::Absent, |_| life.fits(left));
        // mutant: the suite for stores does not look at the time that is left
        if !is_right {
            let expected = value.map_or("no entry".to_owned(), |_| life.to_string());
            case.complain("`time_to_live` afterwards", expected, format!("{left:?}"));
        }
    }

    /// Looks at what was not to be touched.
    async fn is_untouched(self, key: &str, case: &Case, before: Before) {
        let (value, life) = before.shown();
        self.holds(key, case, value, life).await;
    }
}
