//! Work of a call at the store, driven where tokio is.
//!
//! Nothing here is generic, so that the code is compiled with this crate. Code that a generic
//! function boxes is compiled in each crate that annotates functions, with all that it awaits.

use crate::call::load::{Fallback, Loaded, Loading};
use crate::call::session::{Session, Step};
use crate::call::typed::More;
use crate::rt::bridge;
use std::future::{self, Future};
use std::pin::Pin;
use std::time::Duration;
use tokio::time::sleep;

/// Work at the store. The work is boxed, because it is large and the load's future would have to
/// hold its place.
pub(crate) type Work<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Looks a call up, and lines up for the load if there is no usable entry. Resolves to `None` if
/// the bridge has no thread for the work.
pub(crate) fn open(session: Box<Session>) -> Work<Option<Step>> {
    Box::pin(async move { bridge::run_on_tokio(session.needs_tokio(), || session.open()).await })
}

pub(crate) fn open_blocking(session: Box<Session>) -> Option<Step> {
    bridge::run_on_tokio_blocking(session.needs_tokio(), session.open())
}

/// Takes the work that comes before the next step. Resolves to `None` if the bridge has no thread
/// for the work.
pub(crate) fn go_on(session: Box<Session>, more: More) -> Work<Option<Step>> {
    let (needs_tokio, work) = more.begin(session);
    Box::pin(bridge::run_on_tokio(needs_tokio, || work))
}

pub(crate) fn go_on_blocking(session: Box<Session>, more: More) -> Option<Step> {
    let (needs_tokio, work) = more.begin(session);
    bridge::run_on_tokio_blocking(needs_tokio, work)
}

/// A load, and the fallback that may be served in its place.
pub(crate) type FellBack = (Box<Loading>, Option<Fallback>);

/// Looks for the fallback that may be served in place of a load. Resolves to `None` if the bridge
/// has no thread for the work.
pub(crate) fn fallback(loading: Box<Loading>) -> Work<Option<FellBack>> {
    let needs_tokio = loading.session().needs_tokio();
    Box::pin(bridge::run_on_tokio(needs_tokio, || loading.fallback()))
}

/// Waits for a time. If there is no clock, the wait never ends.
pub(crate) fn elapsed(time: Duration) -> Work<()> {
    Box::pin(async move {
        if bridge::run_on_tokio(true, || sleep(time)).await.is_none() {
            future::pending::<()>().await;
        }
    })
}

/// Stores and shares a value, as far as the permit goes.
pub(crate) fn finish(loading: Box<Loading>, loaded: Loaded) -> Work<()> {
    let needs_tokio = loading.session().needs_tokio();
    Box::pin(async move { _ = bridge::run_on_tokio(needs_tokio, || loading.finish(loaded)).await })
}

pub(crate) fn finish_blocking(loading: Box<Loading>, loaded: Loaded) {
    let needs_tokio = loading.session().needs_tokio();
    bridge::run_on_tokio_blocking(needs_tokio, loading.finish(loaded));
}
