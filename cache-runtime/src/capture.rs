//! Finding the key of a call without running it.
//!
//! `#[invalidates(self.get_user(id))]` names a call of a method. Its future is polled once while this thread is
//! capturing; `read_through`, which comes before any of the body, leaves the key here and never finishes.

use crate::key::Key;
use crate::outcome::{ByNothing, BySerde, Never};
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
    Found(Option<Key>),
}

/// Whether this thread asks for a key rather than a value.
pub(crate) fn is_on() -> bool {
    CAPTURE.with_borrow(|capture| !matches!(capture, Capture::Off))
}

/// Leaves the key of the call that was asked for.
pub(crate) fn leave(key: Option<Key>) {
    CAPTURE.with_borrow_mut(|capture| {
        if matches!(capture, Capture::Waiting) {
            *capture = Capture::Found(key);
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

/// What a named call turned out to be.
#[derive(Debug)]
pub enum Named {
    /// A cached call, and its key; none when it runs without the cache.
    Cached(Option<Key>),
    /// Not a cached call: its body may have begun to run.
    NotCached,
}

/// A call whose key can be found: an async one.
#[diagnostic::on_unimplemented(
    message = "this call names no cached entry",
    label = "not an async call",
    note = "a method can be named here when it is async; write the pattern of a blocking one instead"
)]
pub trait CachedCall<How> {
    /// The key under which the call's value is cached.
    fn named(self) -> Named;
}

impl<F: Future> CachedCall<BySerde> for F {
    fn named(self) -> Named {
        // The future is polled once and dropped: the body behind `read_through` never starts.
        let _ = pin!(self).poll(&mut Context::from_waker(Waker::noop()));
        CAPTURE.with_borrow_mut(|capture| match std::mem::replace(capture, Capture::Waiting) {
            Capture::Found(key) => Named::Cached(key),
            Capture::Off | Capture::Waiting => Named::NotCached,
        })
    }
}

/// Lets `named` make a call and ask for its key. It has begun before the call is made: a boxed one chooses its handle
/// there.
pub(crate) fn during(named: impl FnOnce() -> Named) -> Named {
    let _session = Session::begin();
    named()
}

impl<T: Never> CachedCall<ByNothing> for T {
    fn named(self) -> Named {
        Named::NotCached
    }
}

/// The key of an async call of a cached function, without running it.
pub fn key_of<How>(call: impl CachedCall<How>) -> Named {
    call.named()
}
