//! Answers `#[cached(each = ids)]`: looks every element up, runs the load for those that are
//! missing, and stores each value under its own key.
//!
//! An element takes the same steps as a call of its own. A caller loads at once, and all together,
//! the elements that it may load. Only then does it wait for elements that others load, and it
//! holds nothing meanwhile. Callers whose lists overlap therefore wait for each other neither in a
//! circle nor one after another.

mod batch;

use crate::call::Call;
use crate::call::record;
use crate::function::collections::{List, Pairs};
use crate::function::identity::Identity;
use crate::function::outcome::{Handed, Optional, Outcome, Storable, Verdict};
use crate::key::KeyBuilder;
use crate::protocol::ancestry;
use crate::rt::bridge;
use batch::{Batch, Next, Runs};
use serde::Serialize;
use std::future::{self, Future};

/// The ids of one call, each with the call that the id would be on its own.
#[derive(Debug)]
pub struct Each<L: List> {
    ids: Vec<L::Id>,
    calls: Vec<Call>,
    has_cache: bool,
    identity: Option<Identity>,
}

/// Makes a call of each id of a list.
pub fn each<L: List>(call: &Call, list: L, name: impl Fn(&mut KeyBuilder, &L::Id)) -> Each<L> {
    let ids = list.into_ids();
    let calls = ids.iter().map(|id| call.twin(&|key: &mut KeyBuilder| name(key, id))).collect();
    Each { ids, calls, has_cache: call.has_cache(), identity: call.identity() }
}

/// Returns the ids of a borrowed slice in a list of its own. Some of the ids are handed to the
/// load.
pub fn cloned<K: Clone>(list: &[K]) -> Vec<K> {
    list.to_vec()
}

/// Returns an owned copy of a borrowed list that is no slice. Some of its ids are handed to the
/// load.
pub fn owned<T: ToOwned + ?Sized>(list: &T) -> T::Owned {
    list.to_owned()
}

/// Returns the outcome of one element, which has a value or none.
pub fn elements<O: Outcome<Value: Pairs>>(_outcome: &O) -> Optional<<O::Value as Pairs>::Value> {
    Optional::new()
}

/// Names the outcome of an element.
#[doc(hidden)]
#[macro_export]
macro_rules! __elements {
    // If these types outlive the call, the tier may store a value as it is.
    (@copied [$($value:ty),*] $outcome:expr) => {{
        use $crate::__private::Copies as _;
        let elements = $crate::__private::elements_of(&$outcome);
        (&&$crate::__private::CopyProbe::<_, $crate::__lasting!($($value),*)>::of(&elements))
            .__copying(elements)
    }};
    ($outcome:expr) => {
        $crate::__private::elements_of(&$outcome)
    };
}

/// Asks the attribute's closures for a verdict. For an id without a value, the closures are not
/// asked.
pub fn of_value<V>(value: &Option<V>, judge: impl FnOnce(&V) -> Verdict) -> Verdict {
    value.as_ref().map_or(Verdict::new(), judge)
}

/// The value of one id, or `None`.
type Found<O> = Option<<<O as Outcome>::Value as Pairs>::Value>;

/// An argument of a function whose body may run again.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has to be `Clone`: the body of a function with `each` runs again when somebody else's load of an element fails",
    label = "this argument cannot be given twice",
    note = "take it by reference, or derive `Clone` for its type"
)]
pub trait Repeated: Sized {
    /// Returns the argument for one run.
    #[must_use]
    fn for_one_run(&self) -> Self;
}

impl<T: Clone> Repeated for T {
    fn for_one_run(&self) -> Self {
        self.clone()
    }
}

/// Returns an argument for one run of the body.
pub fn again<T: Repeated>(argument: &T) -> T {
    argument.for_one_run()
}

/// Answers a call of an async function from the cache, element by element, and by a load of the
/// missing elements.
///
/// # Cancellation
///
/// Dropping the future drops the load. Each value is stored whole or not at all. Callers that wait
/// for a value go on at once.
pub fn read_each<L, O, E, Load, F>(
    each: Each<L>,
    _outcome: O,
    elements: E,
    mut load: Load,
) -> impl Future<Output = O::Return>
where
    L: List<Id: Serialize + Into<<O::Value as Pairs>::Id>>,
    O: Handed<Value: Pairs<Id: Serialize>>,
    E: Storable<Value = Found<O>, Return = Found<O>>,
    Load: FnMut(L) -> F,
    F: Future<Output = O::Return>,
{
    answered::<_, O, _, _>(each, Runs::Again, elements, move |missing| Some(load(missing)))
}

/// Answers a call as [`read_each`] does, for a body that cannot run again because its caller lent
/// it something mutably. The call waits first, and then loads all elements that are left.
///
/// # Cancellation
///
/// Dropping the future drops the load. Each value is stored whole or not at all. Callers that wait
/// for a value go on at once.
pub fn read_each_once<L, O, E, Load, F>(
    each: Each<L>,
    _outcome: O,
    elements: E,
    load: Load,
) -> impl Future<Output = O::Return>
where
    L: List<Id: Serialize + Into<<O::Value as Pairs>::Id>>,
    O: Handed<Value: Pairs<Id: Serialize>>,
    E: Storable<Value = Found<O>, Return = Found<O>>,
    Load: FnOnce(L) -> F,
    F: Future<Output = O::Return>,
{
    let mut load = Some(load);
    let once = move |missing| load.take().map(|load| load(missing));
    answered::<_, O, _, _>(each, Runs::ONCE, elements, once)
}

/// Drives the elements of one call, and the load. The load may refuse to run again.
#[expect(clippy::manual_async_fn, reason = "an async fn holds its arguments twice")]
fn answered<L, O, E, F>(
    each: Each<L>,
    runs: Runs,
    elements: E,
    mut load: impl FnMut(L) -> Option<F>,
) -> impl Future<Output = O::Return>
where
    L: List<Id: Serialize + Into<<O::Value as Pairs>::Id>>,
    O: Handed<Value: Pairs<Id: Serialize>>,
    E: Storable<Value = Found<O>, Return = Found<O>>,
    F: Future<Output = O::Return>,
{
    async move {
        if record::is_on() {
            record::leave(each.identity, each.calls);
            return future::pending().await;
        }
        let mut batch = Batch::<L, O, E>::begin(each, runs);
        loop {
            let done = match batch.next() {
                Next::Work { needs_tokio, work } => {
                    bridge::run_on_tokio(needs_tokio, || work).await
                }
                Next::Load(missing) => {
                    let ancestry = batch.ancestry();
                    let making = || load(L::from_ids(missing));
                    let Some(loading) = ancestry::run(ancestry.as_ref(), making) else {
                        return batch.answer();
                    };
                    let returned = ancestry::within(ancestry, || loading).await;
                    let (needs_tokio, work) = match batch.loaded(returned, &elements) {
                        Ok(storing) => storing,
                        Err(returned) => return returned,
                    };
                    bridge::run_on_tokio(needs_tokio, || work).await;
                    continue;
                }
                Next::Answer => return batch.answer(),
            };
            if let Err(returned) = batch.take(done) {
                return returned;
            }
        }
    }
}

/// Blocking version of [`read_each`]. Only the work at the store may run on another thread.
#[expect(clippy::needless_pass_by_value, reason = "generated code hands it over")]
pub fn read_each_blocking<L, O, E, Load>(
    each: Each<L>,
    _outcome: O,
    elements: E,
    mut load: Load,
) -> O::Return
where
    L: List<Id: Serialize + Into<<O::Value as Pairs>::Id>>,
    O: Handed<Value: Pairs<Id: Serialize>>,
    E: Storable<Value = Found<O>, Return = Found<O>>,
    Load: FnMut(L) -> O::Return,
{
    let mut batch = Batch::<L, O, E>::begin(each, Runs::Again);
    loop {
        let done = match batch.next() {
            Next::Work { needs_tokio, work } => bridge::run_on_tokio_blocking(needs_tokio, work),
            Next::Load(missing) => {
                let suspended = record::Suspended::begin();
                let making = || load(L::from_ids(missing));
                let returned = ancestry::run(batch.ancestry().as_ref(), making);
                drop(suspended);
                match batch.loaded(returned, &elements) {
                    Ok((needs_tokio, work)) => _ = bridge::run_on_tokio_blocking(needs_tokio, work),
                    Err(returned) => return returned,
                }
                continue;
            }
            Next::Answer => return batch.answer(),
        };
        if let Err(returned) = batch.take(done) {
            return returned;
        }
    }
}
