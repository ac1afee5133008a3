//! What `#[cached(each = ids)]` does: look every element up, run the load for those that are missing, store each under its own key.
//!
//! An element takes the same steps as a call of its own. What a caller may load it loads at once, all of it together; only then it waits for
//! what others load, and holds nothing meanwhile. So callers whose lists overlap neither wait for each other in a circle nor one
//! after another.

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

/// The ids of one call, each with the call that it would be on its own.
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
    Optional::new()
}

/// Names the outcome of an element.
#[doc(hidden)]
#[macro_export]
macro_rules! __elements {
    // This process may keep a value as it is, if these types last.
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

/// Asks the attribute's closures, which are not asked of an id without a value.
pub fn of_value<V>(value: &Option<V>, judge: impl FnOnce(&V) -> Verdict) -> Verdict {
    value.as_ref().map_or(Verdict::new(), judge)
}

/// What there is of one id.
type Found<O> = Option<<<O as Outcome>::Value as Pairs>::Value>;

/// An argument of a function whose body may run again.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has to be `Clone`: the body of a function with `each` runs again when somebody else's load of an element fails",
    label = "this argument cannot be given twice",
    note = "take it by reference, or derive `Clone` for its type"
)]
pub trait Repeated: Sized {
    /// The argument for one run.
    #[must_use]
    fn for_one_run(&self) -> Self;
}

impl<T: Clone> Repeated for T {
    fn for_one_run(&self) -> Self {
        self.clone()
    }
}

/// An argument for one run of the body.
pub fn again<T: Repeated>(argument: &T) -> T {
    argument.for_one_run()
}

/// Answers a call of an async function from the cache, element by element, and by a load of what is missing.
///
/// # Cancellation
///
/// Dropping the future drops the load. Each value is stored whole or not at all. Whoever waits for one goes on at once.
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

/// The same for a body that cannot run again, because its caller lent it something mutably: it waits first, and then loads
/// all that is left.
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

/// Drives the elements of one call, and the load, which may refuse to run again.
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

/// The same for a blocking function: only the store's part runs elsewhere.
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
