//! Finding a call's key without running it.
//!
//! `#[invalidates(self.get_user(id))]` names a call of a method. Its future is polled once while this thread is
//! capturing; `read_through`, which comes before any of the body, leaves the call here and never finishes.

use crate::call::Call;
use crate::named::NamedCall;
use crate::witness::{ByNothing, BySerde, Never};
use std::cell::RefCell;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};

thread_local! {
    static CAPTURE: RefCell<Capture> = const { RefCell::new(Capture::Off) };
}

#[derive(Debug)]
enum Capture {
    Off,
    Waiting,
    Found(Vec<Call>),
}

/// Whether this thread asks for a key rather than a value.
pub(crate) fn is_on() -> bool {
    CAPTURE.with_borrow(|capture| !matches!(capture, Capture::Off))
}

/// Leaves the calls that were asked for: one, or one for each element of a list.
pub(crate) fn leave(calls: Vec<Call>) {
    CAPTURE.with_borrow_mut(|capture| {
        if matches!(capture, Capture::Waiting) {
            *capture = Capture::Found(calls);
        }
    });
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
        let found = CAPTURE.replace(Capture::Waiting);
        NamedCall::new(match found {
            Capture::Found(calls) => Some(calls),
            Capture::Off | Capture::Waiting => None,
        })
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
