//! Answers calls of `#[cached]` functions with `stale`, `stale_if_error` or `early`. If the load
//! fails or takes long, its caller is served the value that was stored before.

use crate::call::Call;
use crate::call::drive::boxed;
use crate::call::drive::future::{Load, arrived, here, look_up, look_up_blocking};
use crate::call::load::{Fallback, Loading};
use crate::function::outcome::Storable;
use crate::protocol::ancestry;
use crate::rt::bridge;
use futures_util::future::{Either, select};
use std::future::Future;
use std::ops::ControlFlow;
use std::pin::{Pin, pin};

/// Answers a call as [`read_through`](crate::call::drive::future::read_through) does, or with the
/// value that was stored before.
///
/// # Cancellation
///
/// Dropping the future drops the load. If the load takes longer than its caller waits and there is
/// a value to serve, the load is dropped, too. The load borrows from its caller, who goes on.
#[expect(clippy::manual_async_fn, reason = "an async fn holds its arguments twice")]
pub fn read_through_or_stale<O, L, F>(
    mut call: Call,
    outcome: O,
    load: L,
) -> impl Future<Output = F::Output>
where
    L: FnOnce() -> F,
    F: Future,
    O: Storable<Return = F::Output>,
{
    async move {
        if let Some(returned) = here(&mut call, &outcome) {
            return returned;
        }
        let mut load_of = match look_up(call, &outcome).await {
            ControlFlow::Break(returned) => return returned,
            ControlFlow::Continue(load_of) => load_of,
        };
        let mut body = pin!(ancestry::within(load_of.ancestry(), load));
        let returned = match patiently(body.as_mut(), &load_of).await {
            Some(returned) => returned,
            None => match fallback::<O>(&mut load_of).await {
                Some(expired) => return expired,
                None => body.await,
            },
        };
        let returned = match O::split(returned) {
            Ok(value) => O::restore(value),
            Err(error) => match fallback::<O>(&mut load_of).await {
                Some(expired) => return expired,
                None => error,
            },
        };
        match arrived(returned, load_of, &outcome) {
            ControlFlow::Continue(arrived) => arrived.finish().await,
            ControlFlow::Break(returned) => returned,
        }
    }
}

/// Blocking version of [`read_through_or_stale`]. The caller waits for the load to its end.
#[expect(clippy::needless_pass_by_value, reason = "generated code hands it over")]
pub fn read_through_or_stale_blocking<O, R, F>(call: Call, outcome: O, load: F) -> R
where
    O: Storable<Return = R>,
    F: FnOnce() -> R,
{
    let mut load_of = match look_up_blocking::<O>(call) {
        ControlFlow::Break(returned) => return returned,
        ControlFlow::Continue(load_of) => load_of,
    };
    let returned = ancestry::run(load_of.ancestry().as_ref(), load);
    let returned = match O::split(returned) {
        Ok(value) => O::restore(value),
        Err(error) => match spare_blocking::<O>(&mut load_of) {
            Some(expired) => return expired,
            None => error,
        },
    };
    match arrived(returned, load_of, &outcome) {
        ControlFlow::Continue(arrived) => arrived.finish_blocking(),
        ControlFlow::Break(returned) => returned,
    }
}

/// Awaits the load as long as its caller waits for it. Returns `None` if the load takes longer.
async fn patiently<F: Future>(body: Pin<&mut F>, Load(loading): &Load) -> Option<F::Output> {
    let Some(patience) = loading.as_ref().and_then(|loading| loading.patience()) else {
        return Some(body.await);
    };
    match select(body, boxed::elapsed(patience)).await {
        Either::Left((returned, _)) => Some(returned),
        Either::Right(((), _)) => {
            if let Some(loading) = loading {
                loading.session().function().note_given_up(patience);
            }
            None
        }
    }
}

/// Returns the fallback that is served in place of the load. Returns `None` if there is none.
async fn fallback<O: Storable>(load: &mut Load) -> Option<O::Return> {
    let loading = load.0.take_if(|loading| may_fall_back(loading))?;
    let (loading, fallback) = boxed::fallback(loading).await?;
    serve::<O>(load, loading, fallback)
}

fn spare_blocking<O: Storable>(load: &mut Load) -> Option<O::Return> {
    let loading = load.0.take_if(|loading| may_fall_back(loading))?;
    let needs_tokio = loading.session().needs_tokio();
    let (loading, fallback) = bridge::run_on_tokio_blocking(needs_tokio, loading.fallback())?;
    serve::<O>(load, loading, fallback)
}

/// Tells whether there was a fallback, and no invalidation of it is pending. The question is asked
/// where the caller is, because the caller may be in a transaction.
pub(crate) fn may_fall_back(loading: &Loading) -> bool {
    let session = loading.session();
    loading.has_fallback() && !session.cache().is_outdated(session.key())
}

pub(crate) fn serve<O: Storable>(
    load: &mut Load,
    loading: Box<Loading>,
    fallback: Option<Fallback>,
) -> Option<O::Return> {
    let value = fallback.and_then(|fallback| {
        let value = O::decode(fallback.found.payload())?;
        Some((fallback, value))
    });
    if let Some((fallback, value)) = value {
        loading.finish_with_fallback(fallback);
        return Some(O::restore(value));
    }
    load.0 = Some(loading);
    None
}
