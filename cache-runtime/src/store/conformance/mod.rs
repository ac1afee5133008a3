//! A suite that every [`Store`] must pass. Run it on your own store.
//!
//! The suite calls each method under each condition, over every state of a key, with each expiry
//! that the cache uses. Then it checks what the method has left: the value, its remaining time, and
//! its end.

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

/// Time within which a store must expire an entry, tell of a change, or forget what was deleted.
const PATIENCE: Duration = Duration::from_secs(5);

/// Key of a value that expires before the question.
const SENTINEL: &str = "conformance:sentinel";

/// Runs the whole suite on an empty store. Its keys begin with `conformance:`, and are deleted at
/// the end. A store that evicts needs room for 16 MiB.
///
/// # Panics
///
/// Panics at the first rule that the store breaks. The message names the method, the condition, the
/// state of the key, the expected result, and the seen one.
pub async fn check(store: &dyn Store) {
    Suite { store, stamps: true }.run().await;
}

/// Runs the suite on a store with the default [`restamp`](Store::restamp), which replaces nothing
/// and returns `false`.
///
/// The additional rules of [`check`] are those that `stale`, `stale_if_error` and `early` need.
/// Without them, a load takes the place of the value that it is to replace, and other callers wait
/// for the load.
///
/// # Panics
///
/// Panics like [`check`].
pub async fn check_without_restamp(store: &dyn Store) {
    Suite { store, stamps: false }.run().await;
}

/// A store under test.
#[derive(Clone, Copy)]
struct Suite<'a> {
    store: &'a dyn Store,
    /// `true` if `restamp` must replace something.
    stamps: bool,
}

impl Suite<'_> {
    async fn run(self) {
        // The future is boxed as `Send`, because a test may spawn it.
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

    /// Writes a value unconditionally, for a later question.
    async fn put(self, key: &str, value: &[u8], life: Life) {
        let value = Bytes::copy_from_slice(value);
        let case = Case::of("set", format!(", in any case, {life}"));
        let written = self.store.set(key, value, life.time(), Condition::Always).await;
        case.expect("the answer", &written, &true);
    }

    /// Brings keys into their states, without reading them. An expired entry is absent even if the
    /// store has not noticed its expiry.
    async fn prepare(self, keys: &[String], states: &[Before]) {
        for (key, before) in keys.iter().zip(states) {
            match before {
                Before::Nothing => {}
                Before::Expired => self.put(key, case::OLD, Life::Brief).await,
                Before::Value(life) => self.put(key, case::OLD, *life).await,
            }
        }
        // The sentinel is written last. Once it has expired, the values before it have, too.
        self.put(SENTINEL, b"", Life::Brief).await;
        self.is_gone(SENTINEL, &Case::of("set", ", in any case, for a millisecond")).await;
    }

    /// Reads until a value with a short expiry is gone. Expiry has no event to wait for.
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

    /// Checks what a method has left: the value, and its remaining time.
    async fn holds(self, key: &str, case: &Case, value: Option<&[u8]>, life: Life) {
        let held = case.answer("`get` afterwards", self.store.get(key).await);
        // A value with a brief expiry may be gone.
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

    /// Checks that a key is in its earlier state.
    async fn is_untouched(self, key: &str, case: &Case, before: Before) {
        let (value, life) = before.shown();
        self.holds(key, case, value, life).await;
    }
}
