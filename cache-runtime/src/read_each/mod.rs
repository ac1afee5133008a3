//! What `#[cached(each = ids)]` does: look every element up, run the load once for those that are missing, store each under its own key.
//!
//! An element takes the same steps as a call of its own. What is new is that one caller holds several leases: it waits for an element of
//! others only while all that it holds comes before that one in the order of keys, and gives the rest back. So no two callers wait for each
//! other (ordered resources, after Havender, "Avoiding deadlock in multitasking systems", IBM Systems Journal 7, 1968).

mod batch;

use crate::bridge;
use crate::call::Call;
use crate::capture;
use crate::lists::{List, Pairs};
use crate::outcome::{self, CacheValue, Optional, Outcome, Verdict};
use batch::{Arrived, Batch};
use serde::Serialize;
use std::future::{self, Future};

/// The ids of one call, each with the call that it would be on its own.
#[derive(Debug)]
pub struct Each<L: List> {
    ids: Vec<L::Id>,
    calls: Vec<Call>,
    has_cache: bool,
}

/// Makes a call of each id of a list.
pub fn each<L: List>(call: &Call, list: L, name: impl Fn(Call, &L::Id) -> Call) -> Each<L> {
    let ids = list.into_ids();
    let calls = ids.iter().map(|id| name(call.twin(), id)).collect();
    Each { ids, calls, has_cache: call.has_cache() }
}

/// The ids of a borrowed list: some of them are handed to the load, in a list of its own.
pub fn cloned<K: Clone>(list: &[K]) -> Vec<K> {
    list.to_vec()
}

/// The same for a list that is no slice.
pub fn owned<T: ToOwned + ?Sized>(list: &T) -> T::Owned {
    list.to_owned()
}

/// The outcome of one element: what there is of it, or that there is nothing.
pub fn elements<O: Outcome<Value: Pairs>>(_outcome: &O) -> Optional<<O::Value as Pairs>::Value> {
    outcome::optional()
}

/// Names the outcome of an element.
#[doc(hidden)]
#[macro_export]
macro_rules! __elements {
    (@decoded $outcome:expr) => {
        $crate::__private::elements_of(&$outcome)
    };
    ($outcome:expr) => {{
        #[allow(unused_imports, reason = "one of the answers")]
        use $crate::__private::{Copies as _, Decodes as _};
        let elements = $crate::__private::elements_of(&$outcome);
        (&&$crate::__private::CopyProbe::of(&elements)).answer(elements)
    }};
}

/// Asks the attribute's closures, which are not asked of an id without a value.
pub fn of_value<V>(value: &Option<V>, judge: impl FnOnce(&V) -> Verdict) -> Verdict {
    value.as_ref().map_or(Verdict::new(), judge)
}

/// Answers a call of an async function from the cache, element by element, and by one load of what is missing.
///
/// # Cancellation
///
/// Dropping the future drops the load. Each value is stored whole or not at all. Whoever waits for one goes on at once.
#[expect(clippy::manual_async_fn, reason = "an async fn holds its arguments twice")]
pub fn read_each<L, O, E, Load, F, How>(
    each: Each<L>,
    _outcome: O,
    elements: E,
    load: Load,
) -> impl Future<Output = F::Output>
where
    L: List<Id: Serialize + Into<<O::Value as Pairs>::Id>>,
    O: Outcome<Return = F::Output, Value: Pairs<Id: Serialize>>,
    E: Outcome<Value = Option<<O::Value as Pairs>::Value>>,
    E::Value: CacheValue<How>,
    Load: FnOnce(L) -> F,
    F: Future,
{
    async move {
        if capture::is_on() {
            capture::leave(each.calls);
            return future::pending().await;
        }
        let mut batch = Batch::<L, O, E, How>::begin(each);
        while let Some((needs_tokio, work)) = batch.work() {
            let steps = bridge::drive(needs_tokio, || work).await;
            if let Err(returned) = batch.take(steps) {
                return returned;
            }
        }
        let Some(missing) = batch.missing() else { return batch.answer(Vec::new()) };
        let returned = load(L::from_ids(missing)).await;
        match batch.split(returned, &elements) {
            Err(returned) => returned,
            Ok(Arrived { pairs, needs_tokio, work }) => {
                bridge::drive(needs_tokio, || work).await;
                batch.answer(pairs)
            }
        }
    }
}

/// The same for a blocking function: only the store's part runs elsewhere.
#[expect(clippy::needless_pass_by_value, reason = "generated code hands it over")]
pub fn read_each_blocking<L, O, E, Load, How>(
    each: Each<L>,
    _outcome: O,
    elements: E,
    load: Load,
) -> O::Return
where
    L: List<Id: Serialize + Into<<O::Value as Pairs>::Id>>,
    O: Outcome<Value: Pairs<Id: Serialize>>,
    E: Outcome<Value = Option<<O::Value as Pairs>::Value>>,
    E::Value: CacheValue<How>,
    Load: FnOnce(L) -> O::Return,
{
    let mut batch = Batch::<L, O, E, How>::begin(each);
    while let Some((needs_tokio, work)) = batch.work() {
        let steps = bridge::drive_blocking(needs_tokio, work);
        if let Err(returned) = batch.take(steps) {
            return returned;
        }
    }
    let Some(missing) = batch.missing() else { return batch.answer(Vec::new()) };
    let returned = load(L::from_ids(missing));
    match batch.split(returned, &elements) {
        Err(returned) => returned,
        Ok(Arrived { pairs, needs_tokio, work }) => {
            bridge::drive_blocking(needs_tokio, work);
            batch.answer(pairs)
        }
    }
}
