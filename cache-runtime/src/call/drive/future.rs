//! Answers calls of `#[cached]` functions that return a future, and of blocking ones. Each call is
//! looked up, or else its load runs and the value is stored.

use crate::cache::Cache;
use crate::cache::context::mode::{self, Source};
use crate::call::Call;
use crate::call::begin::Begun;
use crate::call::drive::boxed::{self, Work};
use crate::call::load::{Loaded, Loading};
use crate::call::record;
use crate::call::session::Session;
use crate::call::typed::{self, Next};
use crate::function::identity::Identity;
use crate::function::outcome::{Outcome, Storable};
use crate::function::site::Site;
use crate::key::KeyBuilder;
use crate::protocol::ancestry::{self, Ancestry};
use crate::protocol::permit::Permit;
use std::any::type_name;
use std::future::{self, Future};
use std::ops::ControlFlow;

/// Answers a call of a function that returns a future from the cache, or by its load.
///
/// Functions that return a future use this function. An `async fn` uses
/// [`through`](crate::call::drive::async_fn::through). The load comes as a closure, and this
/// function is no `async fn`. The future of an `async fn` holds its arguments twice, and nested
/// cached functions would double at every level.
///
/// # Cancellation
///
/// Dropping the future drops the load. A value is stored whole or not at all. Callers that wait for
/// the load go on at once, and one of them loads.
#[expect(clippy::manual_async_fn, reason = "an async fn holds its arguments twice")]
pub fn read_through<O, L, F>(mut call: Call, outcome: O, load: L) -> impl Future<Output = F::Output>
where
    L: FnOnce() -> F,
    F: Future,
    O: Storable<Return = F::Output>,
{
    async move {
        if let Some(returned) = here(&mut call, &outcome) {
            return returned;
        }
        let loading = match look_up(call, &outcome).await {
            ControlFlow::Break(returned) => return returned,
            ControlFlow::Continue(loading) => loading,
        };
        let returned = ancestry::within(loading.ancestry(), load).await;
        let arrived = match arrived(returned, loading, &outcome) {
            ControlFlow::Continue(arrived) => arrived,
            ControlFlow::Break(returned) => return returned,
        };
        arrived.finish().await
    }
}

/// Blocking version of [`read_through`], for a call that was [`open`]ed. Only the work at the store
/// may run on another thread.
#[expect(clippy::needless_pass_by_value, reason = "generated code hands it over")]
pub fn read_through_blocking<O, R, F>(call: Call, outcome: O, load: F) -> R
where
    O: Storable<Return = R>,
    F: FnOnce() -> R,
{
    let loading = match look_up_blocking::<O>(call) {
        ControlFlow::Break(returned) => return returned,
        ControlFlow::Continue(loading) => loading,
    };
    let suspended = record::Suspended::begin();
    // mutant: a thread waits for a load around it
    let returned = ancestry::run(loading.ancestry().as_ref(), load);
    drop(suspended);
    match arrived(returned, loading, &outcome) {
        ControlFlow::Continue(arrived) => arrived.finish_blocking(),
        ControlFlow::Break(returned) => returned,
    }
}

/// The load of a function. `None` if the function runs without the cache. The load is boxed, so
/// that it does not stand in the future of a hit.
pub(crate) struct Load(pub(crate) Option<Box<Loading>>);

impl Load {
    pub(crate) fn begin(permitted: Option<(Box<Session>, Permit)>) -> Self {
        Self(permitted.map(|(session, permit)| Box::new(Loading::begin(session, permit))))
    }

    /// Returns the ancestry of the calls that the load makes.
    pub(crate) fn ancestry(&self) -> Option<Ancestry> {
        self.0.as_ref().and_then(|loading| loading.ancestry())
    }
}

/// Begins a call whose function can return at once. If the tier has the value, the call does not
/// wait, and no key is made.
pub fn open<O: Storable, F>(
    site: &'static Site,
    parts: F,
    _outcome: &O,
) -> ControlFlow<O::Return, Call>
where
    F: Fn(&mut KeyBuilder),
{
    typed::open::<O>(Begun::new(
        Identity::of(site, type_name::<F>(), typeid::of::<F>()),
        None,
        &parts,
    ))
}

/// Begins a call on a given handle, as [`open`] does.
pub fn open_on<O: Storable, F>(
    cache: &Cache,
    site: &'static Site,
    parts: F,
    _outcome: &O,
) -> ControlFlow<O::Return, Call>
where
    F: Fn(&mut KeyBuilder),
{
    typed::open::<O>(Begun::new(
        Identity::of(site, type_name::<F>(), typeid::of::<F>()),
        Some(cache),
        &parts,
    ))
}

/// Answers a call that was made earlier from the tier. Returns `None` if the tier has no usable
/// value.
pub(crate) fn here<O: Storable>(call: &mut Call, _outcome: &O) -> Option<O::Return> {
    typed::here::<O>(call)
}

/// A loaded value before its caller has it, with the work that is left to do.
pub(crate) struct Arrived<O: Outcome> {
    value: O::Value,
    loading: Box<Loading>,
    loaded: Loaded,
}

/// Judges the returned value. An error goes to its caller at once, and so does a value that was
/// loaded without the cache.
///
/// The function is compiled for every type, and not for every cached function.
pub(crate) fn arrived<O: Storable>(
    returned: O::Return,
    Load(loading): Load,
    outcome: &O,
) -> ControlFlow<O::Return, Arrived<O>> {
    mode::note(if loading.is_some() { Source::Miss } else { Source::Bypass });
    let Some(loading) = loading else { return ControlFlow::Break(returned) };
    loading.session().counters().loads.increment();
    match O::split(returned) {
        Ok(value) => {
            let loaded = typed::loaded(&loading, outcome, &value);
            ControlFlow::Continue(Arrived { value, loading, loaded })
        }
        Err(error) => {
            typed::fail::<O>(loading, &error);
            ControlFlow::Break(error)
        }
    }
}

impl<O: Outcome> Arrived<O> {
    /// Returns the work that stores the value as far as the permit goes, and the value for the
    /// caller.
    pub(crate) fn into_parts(self) -> (Work<()>, O::Value) {
        let Self { value, loading, loaded } = self;
        (boxed::finish(loading, loaded), value)
    }

    /// Stores the value as far as the permit goes, and returns it to its caller.
    pub(crate) async fn finish(self) -> O::Return {
        let (work, value) = self.into_parts();
        work.await;
        O::restore(value)
    }

    pub(crate) fn finish_blocking(self) -> O::Return {
        let Self { value, loading, loaded } = self;
        boxed::finish_blocking(loading, loaded);
        O::restore(value)
    }
}

/// Looks a call up, and waits where others load.
pub(crate) fn look_up<O: Storable>(
    call: Call,
    _outcome: &O,
) -> impl Future<Output = ControlFlow<O::Return, Load>> + use<O> {
    looked_up::<O>(call)
}

async fn looked_up<O: Storable>(call: Call) -> ControlFlow<O::Return, Load> {
    if record::is_on() {
        record::leave(call.identity(), vec![call]);
        return future::pending().await;
    }
    let Some(session) = Session::begin(call) else {
        return ControlFlow::Continue(Load::begin(None));
    };
    let mut step = boxed::open(session).await;
    loop {
        // The answer may hold an error that is not `Send`. The answer must be gone before the
        // await.
        let work = match typed::next::<O>(step) {
            Next::Return(returned) => return ControlFlow::Break(returned),
            Next::Load(load) => return ControlFlow::Continue(Load::begin(load)),
            Next::More(session, more) => boxed::go_on(session, more),
        };
        step = work.await;
    }
}

pub(crate) fn look_up_blocking<O: Storable>(call: Call) -> ControlFlow<O::Return, Load> {
    let Some(session) = Session::begin(call) else {
        return ControlFlow::Continue(Load::begin(None));
    };
    let mut step = boxed::open_blocking(session);
    loop {
        step = match typed::next::<O>(step) {
            Next::Return(returned) => return ControlFlow::Break(returned),
            Next::Load(load) => return ControlFlow::Continue(Load::begin(load)),
            Next::More(session, more) => boxed::go_on_blocking(session, more),
        };
    }
}
