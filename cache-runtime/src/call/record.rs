//! Finding a call's key without running it.
//!
//! `#[invalidates(self.get_user(id))]` names a call of a method. Its future is polled once while this thread is
//! recording; the call of the runtime that stands before any of the body leaves the call here and never finishes.
//! A method that is not `#[cached]` runs its body instead, and what that calls first is another function: the name, and the path of the
//! future, tell.

use crate::call::Call;
use crate::call::named::NamedCall;
use crate::function::identity::Identity;
use crate::function::path::{self, Spelled};
use crate::function::site::Site;
use crate::function::via::{Never, ViaNothing, ViaSerde};
use std::any::type_name;
use std::cell::Cell;
use std::future::Future;
use std::pin::pin;
use std::ptr;
use std::task::{Context, Waker};

/// How the paths of this crate's own futures begin.
const OURS: &str = "cache_runtime::";

/// Where the futures are defined that hold a function's load, and name its type last.
const HOLD_A_LOAD: [&str; 2] = ["cache_runtime::call::drive::", "cache_runtime::write::async_fn::"];

thread_local! {
    /// Of a type without a destructor: every hit in process looks at it.
    static RECORDING: Cell<Recording> = const { Cell::new(Recording::Off) };

    /// The function that is named.
    static EXPECTED: Cell<Expected> = const { Cell::new(Expected { name: "", future: None, begun: None }) };

    /// The calls that were found.
    static FOUND: Cell<Vec<Call>> = const { Cell::new(Vec::new()) };
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Recording {
    Off,
    /// The named call is being made.
    Making,
    /// Its future is being polled.
    Waiting,
    Found,
    /// Another function than the named one was called first.
    Missed,
}

/// What is known of the function that is named.
#[derive(Clone, Copy, Debug)]
struct Expected {
    /// The function's name, as it is written.
    name: &'static str,
    /// The path of its future, where it has a type of its own: that of an `async fn` has, a boxed one has not.
    future: Option<Spelled>,
    /// The cached function that began a call before there was a future, as those do whose future has no path.
    begun: Option<&'static Site>,
}

impl Expected {
    fn of<F>(name: &'static str) -> Self {
        let spelled = load_of(type_name::<F>());
        let is_of_a_function = spelled.ends_with("{{closure}}") && !spelled.starts_with(OURS);
        Self { name, future: is_of_a_function.then_some(Spelled(spelled)), begun: None }
    }

    fn is(self, identity: Identity) -> bool {
        let has_begun = |begun: &'static Site| ptr::eq(begun, identity.site);
        match self.future {
            // The name may be one that `use … as` gives.
            Some(future) => future.parse() == identity.path.parse(),
            None => identity.site.name == self.name && self.begun.is_some_and(has_begun),
        }
    }
}

/// The type of the load that a future of a cached function holds, or the future's own.
fn load_of(spelled: &'static str) -> &'static str {
    let mut places = HOLD_A_LOAD.iter();
    let arguments = places.find_map(|place| spelled.strip_prefix(place));
    // mutant: a method that is named is not looked for in the future of its call
    arguments.and_then(|rest| rest.strip_suffix('>')).map_or(spelled, path::last_argument)
}

/// Whether this thread asks for a key rather than a value.
pub(crate) fn is_on() -> bool {
    RECORDING.get() != Recording::Off
}

/// Notes that a function that returns a future begins a call, before there is the future.
pub(crate) fn note_begun(site: &'static Site) {
    if RECORDING.get() == Recording::Making {
        EXPECTED.set(Expected { begun: Some(site), ..EXPECTED.get() });
    }
}

/// Leaves the calls that were asked for: one, or one for each element of a list.
pub(crate) fn leave(identity: Option<Identity>, calls: Vec<Call>) {
    if RECORDING.get() != Recording::Waiting {
        return;
    }
    // mutant: a named call is whatever is called first
    if identity.is_some_and(|identity| EXPECTED.get().is(identity)) {
        RECORDING.set(Recording::Found);
        // On a thread that is ending nobody asks for them.
        let _ = FOUND.try_with(|found| found.set(calls));
    } else {
        RECORDING.set(Recording::Missed);
    }
}

/// Lets calls be made, and not recorded, until it is dropped: a blocking function cannot wait for ever.
pub(crate) struct Suspended(Recording);

impl Suspended {
    pub(crate) fn begin() -> Self {
        Self(RECORDING.replace(Recording::Off))
    }
}

impl Drop for Suspended {
    fn drop(&mut self) {
        // Whatever was called meanwhile, it was not the named function.
        let missed = self.0 == Recording::Waiting || self.0 == Recording::Making;
        RECORDING.set(if missed { Recording::Missed } else { self.0 });
    }
}

/// Ends the recording, also when the polled future panics.
struct Session(Recording, Expected);

impl Session {
    fn begin(expected: Expected) -> Self {
        Self(RECORDING.replace(Recording::Making), EXPECTED.replace(expected))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        RECORDING.set(self.0);
        EXPECTED.set(self.1);
        let _ = FOUND.try_with(Cell::take);
    }
}

/// A call whose key can be found: an async one.
#[diagnostic::on_unimplemented(
    message = "this call names no cached entry",
    label = "not an async call",
    note = "a method can be named here when it is async; write the pattern of a blocking one instead"
)]
pub trait CachedCall<Via>: Sized {
    /// What the call returns.
    type Returned;

    /// Names the call that `make` makes, if it is one of the function with this name.
    fn recorded(name: &'static str, make: impl FnOnce() -> Self) -> NamedCall<Self::Returned>;
}

impl<F: Future> CachedCall<ViaSerde> for F {
    type Returned = F::Output;

    fn recorded(name: &'static str, make: impl FnOnce() -> F) -> NamedCall<F::Output> {
        // The recording begins before the call is made: a boxed one chooses its handle there.
        let _session = Session::begin(Expected::of::<F>(name));
        // The future is polled once and dropped: the body of a cached function never starts.
        let future = pin!(make());
        RECORDING.set(Recording::Waiting);
        let _ = future.poll(&mut Context::from_waker(Waker::noop()));
        match RECORDING.get() {
            Recording::Found => NamedCall::new(FOUND.try_with(Cell::take).ok()),
            Recording::Off | Recording::Making | Recording::Waiting | Recording::Missed => {
                NamedCall::new(None)
            }
        }
    }
}

impl<T: Never> CachedCall<ViaNothing> for T {
    type Returned = ();

    fn recorded(_name: &'static str, _make: impl FnOnce() -> T) -> NamedCall<()> {
        NamedCall::new(None)
    }
}

/// Names an async call of the cached function with this name, without making it.
pub fn recorded<Via, C: CachedCall<Via>>(
    name: &'static str,
    make: impl FnOnce() -> C,
) -> NamedCall<C::Returned> {
    C::recorded(name, make)
}
