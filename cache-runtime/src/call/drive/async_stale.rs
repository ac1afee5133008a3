//! A call of an async function with `stale`, `stale_if_error` or `early`, on its way. If its load
//! fails or takes long, its caller is served the value that was stored before.

use crate::call::drive::async_fn::Steps;
use crate::call::drive::boxed::{self, FellBack, Work};
use crate::call::drive::stale::{may_fall_back, serve};
use crate::call::load::Loading;
use crate::function::outcome::{Outcome, Storable};
use crate::protocol::ancestry;
use pin_project_lite::pin_project;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

/// Answers a call as [`through`](crate::call::drive::async_fn::through) does, or with the value
/// that was stored before.
///
/// # Cancellation
///
/// Dropping the future drops the load. If the load takes longer than its caller waits and there is
/// a value to serve, the load is left where it is, too. The load borrows from its caller, who goes
/// on.
pub fn through_or_stale<O, F>(outcome: O, load: F) -> ThroughOrStale<O, F>
where
    O: Storable<Return = F::Output>,
    F: Future,
{
    let fallback = Fallback { at: At::Load, patience: Patience::Unknown };
    ThroughOrStale { load, steps: Steps::unopened(outcome), fallback }
}

pin_project! {
    /// The future of a call. The load is its last parameter, whose path a recording looks for.
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct ThroughOrStale<O: Outcome, F> {
        // Dropped first: the next caller with the turn must not meet what this load still holds.
        #[pin]
        load: F,
        steps: Steps<O>,
        fallback: Fallback<O>,
    }
}

impl<O, F> Future for ThroughOrStale<O, F>
where
    O: Storable<Return = F::Output>,
    F: Future,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        this.fallback.poll(this.steps, this.load, context)
    }
}

/// The state of the search for a fallback.
struct Fallback<O: Outcome> {
    at: At<O::Return>,
    patience: Patience,
}

/// The state of a load.
enum At<R> {
    /// The load runs, or has not begun.
    Load,
    /// The load has failed or takes long, and the fallback is being looked for.
    Fallback(Work<Option<FellBack>>, Option<R>),
}

/// The time that a caller waits for its own load.
enum Patience {
    /// The load has not begun.
    Unknown,
    /// The caller waits for this time.
    For(Duration, Work<()>),
    /// The caller waits to the end of the load.
    Endless,
}

impl<O: Storable> Fallback<O> {
    /// Takes the steps that are possible. The function knows the load by its result alone.
    fn poll(
        &mut self,
        steps: &mut Steps<O>,
        mut load: Pin<&mut dyn Future<Output = O::Return>>,
        context: &mut Context<'_>,
    ) -> Poll<O::Return> {
        if steps.is_unopened() {
            // A hit in the tier ends here.
            let polled = load.as_mut().poll(context);
            if polled.is_ready() || !steps.open() {
                return polled;
            }
        }
        if let Some(returned) = ready!(steps.before(context)) {
            return Poll::Ready(returned);
        }
        loop {
            if let At::Fallback(work, failed) = &mut self.at {
                let fell_back = ready!(work.as_mut().poll(context));
                let failed = failed.take();
                self.at = At::Load;
                match (served(steps, fell_back), failed) {
                    (Some(served), _) => return Poll::Ready(steps.ended(served)),
                    (None, Some(failed)) => return steps.after(failed, context),
                    (None, None) => {}
                }
            }
            let polled = ancestry::run(steps.ancestry(), || load.as_mut().poll(context));
            if let Poll::Ready(returned) = polled {
                match O::split(returned) {
                    Ok(value) => return steps.after(O::restore(value), context),
                    Err(error) => match fallback(steps) {
                        Some(work) => self.at = At::Fallback(work, Some(error)),
                        None => return steps.after(error, context),
                    },
                }
            } else {
                ready!(self.patience.poll(steps, context));
                if let Some(work) = fallback(steps) {
                    self.at = At::Fallback(work, None);
                }
            }
        }
    }
}

impl Patience {
    /// Is ready once, when the load has taken longer than its caller waits.
    fn poll<O: Storable>(&mut self, steps: &mut Steps<O>, context: &mut Context<'_>) -> Poll<()> {
        if let Self::Unknown = self {
            let patience = steps.loading().and_then(Loading::patience);
            *self = patience.map_or(Self::Endless, |time| Self::For(time, boxed::elapsed(time)));
        }
        let Self::For(time, elapsed) = self else { return Poll::Pending };
        ready!(elapsed.as_mut().poll(context));
        if let Some(loading) = steps.loading() {
            loading.session().function().note_given_up(*time);
        }
        *self = Self::Endless;
        Poll::Ready(())
    }
}

/// Begins to look for a fallback. Returns `None` if there can be none.
fn fallback<O: Storable>(steps: &mut Steps<O>) -> Option<Work<Option<FellBack>>> {
    let loading = steps.load()?.0.take_if(|loading| may_fall_back(loading))?;
    Some(boxed::fallback(loading))
}

fn served<O: Storable>(steps: &mut Steps<O>, fell_back: Option<FellBack>) -> Option<O::Return> {
    let (loading, fallback) = fell_back?;
    serve::<O>(steps.load()?, loading, fallback)
}
