//! Finds a call's key without running the call.
//!
//! `#[invalidates(self.get_user(id))]` names a call of a method. The future of the call is polled
//! once while this thread is recording. The call of the runtime that stands before any of the body
//! leaves the call here and never finishes. A method that is not `#[cached]` runs its body instead,
//! and the first call of that body is a call of another function. The name and the path of the
//! future tell the two apart.

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

/// The beginning of the paths of this crate's own futures.
const OURS: &str = "cache_runtime::";

/// The modules that define the futures that hold a function's load. Such a future names the type of
/// the load last.
const HOLD_A_LOAD: [&str; 2] = ["cache_runtime::call::drive::", "cache_runtime::write::async_fn::"];

thread_local! {
    /// The state of the recording. The type has no destructor, because every hit in the tier reads
    /// the state.
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
    /// The future of the named call is being polled.
    Waiting,
    Found,
    /// Another function than the named one was called first.
    Missed,
}

/// The facts that are known of the named function.
#[derive(Clone, Copy, Debug)]
struct Expected {
    /// The function's name, as the source text gives it.
    name: &'static str,
    /// The path of the function's future. `None` for a boxed future, because only the future of an
    /// `async fn` has a type of its own.
    future: Option<Spelled>,
    /// The cached function that began a call before there was a future. Functions whose future has
    /// no path begin their calls so early.
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
            // The name may come from a `use … as`, so only the path is compared.
            Some(future) => future.parse() == identity.path.parse(),
            None => identity.site.name == self.name && self.begun.is_some_and(has_begun),
        }
    }
}

/// Returns the type of the load that a future of a cached function holds. Returns the future's own
/// type for any other future.
fn load_of(spelled: &'static str) -> &'static str {
    let mut places = HOLD_A_LOAD.iter();
    let arguments = places.find_map(|place| spelled.strip_prefix(place));
    // mutant: a method that is named is not looked for in the future of its call
    arguments.and_then(|rest| rest.strip_suffix('>')).map_or(spelled, path::last_argument)
}

/// Tells whether this thread asks for a key rather than a value.
pub(crate) fn is_on() -> bool {
    RECORDING.get() != Recording::Off
}

/// Notes that a function that returns a future begins a call before there is the future.
pub(crate) fn note_begun(site: &'static Site) {
    if RECORDING.get() == Recording::Making {
        EXPECTED.set(Expected { begun: Some(site), ..EXPECTED.get() });
    }
}

/// Leaves the recorded calls: one call, or one for each element of a list.
pub(crate) fn leave(identity: Option<Identity>, calls: Vec<Call>) {
    if RECORDING.get() != Recording::Waiting {
        return;
    }
    // mutant: a named call is whatever is called first
    if identity.is_some_and(|identity| EXPECTED.get().is(identity)) {
        RECORDING.set(Recording::Found);
        // If the thread is ending, no recording asks for the calls.
        let _ = FOUND.try_with(|found| found.set(calls));
    } else {
        RECORDING.set(Recording::Missed);
    }
}

/// Lets calls be made, and not recorded, until the guard is dropped. A blocking function cannot
/// wait for ever.
pub(crate) struct Suspended(Recording);

impl Suspended {
    pub(crate) fn begin() -> Self {
        Self(RECORDING.replace(Recording::Off))
    }
}

impl Drop for Suspended {
    fn drop(&mut self) {
        // A function that was called meanwhile was another one than the named function.
        let missed = self.0 == Recording::Waiting || self.0 == Recording::Making;
        RECORDING.set(if missed { Recording::Missed } else { self.0 });
    }
}

/// Ends the recording when it is dropped, also if the polled future panics.
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

/// An async call, whose key can be found.
#[diagnostic::on_unimplemented(
    message = "this call names no cached entry",
    label = "not an async call",
    note = "a method can be named here when it is async; write the pattern of a blocking one instead"
)]
pub trait CachedCall<Via>: Sized {
    /// The type that the call returns.
    type Returned;

    /// Names the call that `make` makes, if the call is one of the function with this name.
    fn recorded(name: &'static str, make: impl FnOnce() -> Self) -> NamedCall<Self::Returned>;
}

impl<F: Future> CachedCall<ViaSerde> for F {
    type Returned = F::Output;

    fn recorded(name: &'static str, make: impl FnOnce() -> F) -> NamedCall<F::Output> {
        // The recording begins before the call is made, because a boxed call chooses its handle
        // there.
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

/// Names an async call of the cached function with this name, without making the call.
pub fn recorded<Via, C: CachedCall<Via>>(
    name: &'static str,
    make: impl FnOnce() -> C,
) -> NamedCall<C::Returned> {
    C::recorded(name, make)
}
