//! Finding a call's key without running it.
//!
//! `#[invalidates(self.get_user(id))]` names a call of a method. Its future is polled once while this thread is
//! capturing; `read_through`, which comes before any of the body, leaves the call here and never finishes.

use crate::call::Call;
use crate::named::NamedCall;
use crate::witness::{ByNothing, BySerde, Never};
use std::cell::Cell;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};

thread_local! {
    /// Of a type without a destructor: every hit in process looks at it.
    static CAPTURE: Cell<Capture> = const { Cell::new(Capture::Off) };

    /// The calls that were found.
    static FOUND: Cell<Vec<Call>> = const { Cell::new(Vec::new()) };
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Capture {
    Off,
    Waiting,
    Found,
}

/// Whether this thread asks for a key rather than a value.
pub(crate) fn is_on() -> bool {
    CAPTURE.get() != Capture::Off
}

/// Leaves the calls that were asked for: one, or one for each element of a list.
pub(crate) fn leave(calls: Vec<Call>) {
    if CAPTURE.get() == Capture::Waiting {
        CAPTURE.set(Capture::Found);
        // On a thread that is ending nobody asks for them.
        let _ = FOUND.try_with(|found| found.set(calls));
    }
}

/// Ends the capture, also when the polled future panics.
struct Session;

impl Session {
    fn begin() -> Self {
        CAPTURE.set(Capture::Waiting);
        Self
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        CAPTURE.set(Capture::Off);
        let _ = FOUND.try_with(Cell::take);
    }
}

/// A call whose key can be found: an async one.
#[diagnostic::on_unimplemented(
    message = "this call names no cached entry",
    label = "not an async call",
    note = "a method can be named here when it is async; write the pattern of a blocking one instead"
)]
pub trait CachedCall<How> {
    /// What the call returns.
    type Returned;

    /// The call, without making it.
    fn named(self) -> NamedCall<Self::Returned>;
}

impl<F: Future> CachedCall<BySerde> for F {
    type Returned = F::Output;

    fn named(self) -> NamedCall<F::Output> {
        // The future is polled once and dropped: the body behind `read_through` never starts.
        let _ = pin!(self).poll(&mut Context::from_waker(Waker::noop()));
        match CAPTURE.replace(Capture::Waiting) {
            Capture::Found => NamedCall::new(FOUND.try_with(Cell::take).ok()),
            Capture::Off | Capture::Waiting => NamedCall::new(None),
        }
    }
}

/// Lets `named` make a call and ask for its key. It has begun before the call is made: a boxed one chooses its handle
/// there.
pub fn captured<R>(named: impl FnOnce() -> NamedCall<R>) -> NamedCall<R> {
    let _session = Session::begin();
    named()
}

impl<T: Never> CachedCall<ByNothing> for T {
    type Returned = ();

    fn named(self) -> NamedCall<()> {
        NamedCall::new(None)
    }
}

/// An async call of a cached function, without making it.
pub fn named<How, C: CachedCall<How>>(call: C) -> NamedCall<C::Returned> {
    call.named()
}
