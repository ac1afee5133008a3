//! A call of an async function on its way: a future that is written out, so that of each function nothing is compiled but its load, and
//! one poll around it. What the steps do is compiled once for each type of value.

use crate::answer::{self, Next};
use crate::bridge;
use crate::call::Call;
use crate::capture;
use crate::outcome::{CacheValue, Outcome};
use crate::read_through::{Load, arrived};
use crate::session::{Session, Step};
use pin_project_lite::pin_project;
use std::future::Future;
use std::marker::PhantomData;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Answers a call of an async function from the cache, or by its load.
///
/// # Cancellation
///
/// Dropping the future drops the load. A value is stored whole or not at all. Whoever waits for the load goes on at once:
/// one of them loads.
pub fn through<O, F, How>(call: Call, outcome: O, load: F) -> Through<O, F, How>
where
    O: Outcome<Return = F::Output>,
    O::Value: CacheValue<How>,
    F: Future,
{
    Through { steps: Steps { at: At::Start(call), outcome, how: PhantomData }, load }
}

pin_project! {
    /// The future of a call.
    #[must_use = "a call does nothing until it is awaited"]
    pub struct Through<O: Outcome, F, How> {
        // Dropped first: whoever has the turn next must not meet what this load still holds.
        #[pin]
        load: F,
        steps: Steps<O, How>,
    }
}

impl<O, F, How> Future for Through<O, F, How>
where
    O: Outcome<Return = F::Output>,
    O::Value: CacheValue<How>,
    F: Future,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if let Some(returned) = ready!(this.steps.before(context)) {
            return Poll::Ready(returned);
        }
        let returned = ready!(this.load.poll(context));
        this.steps.after(returned, context)
    }
}

/// What a call has to do beside its load.
struct Steps<O: Outcome, How> {
    at: At<O::Value>,
    outcome: O,
    how: PhantomData<fn() -> How>,
}

/// Work at the store. Boxed: it is large, and the load's future would have to hold its place.
type Work<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// How far a call is.
enum At<V> {
    Start(Call),
    /// It looks, or waits where others load.
    Look(Work<Option<Step>>),
    /// It loads.
    Load(Load),
    /// It stores what was loaded.
    Finish(Work<()>, Option<V>),
    /// It was named and not made: it never goes on.
    Named,
    /// It has its answer.
    End,
}

impl<O: Outcome, How> Steps<O, How>
where
    O::Value: CacheValue<How>,
{
    /// Takes the steps up to the load, or those behind it; `None`: it is the load's turn.
    fn before(&mut self, context: &mut Context<'_>) -> Poll<Option<O::Return>> {
        loop {
            self.at = match &mut self.at {
                At::Start(_) => self.start(),
                At::Look(work) => {
                    let step = ready!(work.as_mut().poll(context));
                    match looked::<O, How>(step) {
                        Ok(at) => at,
                        Err(returned) => return self.end(returned),
                    }
                }
                At::Load(_) => return Poll::Ready(None),
                At::Finish(work, value) => {
                    ready!(work.as_mut().poll(context));
                    // Work that has ended is not polled again: it panics, as every future does.
                    return Poll::Ready(value.take().map(O::restore));
                }
                At::Named => return Poll::Pending,
                At::End => panic!("a future is not polled after its end"),
            };
        }
    }

    fn start(&mut self) -> At<O::Value> {
        let At::Start(call) = mem::replace(&mut self.at, At::Named) else { return At::Named };
        if capture::is_on() {
            capture::leave(vec![call]);
            return At::Named;
        }
        match Session::begin(call) {
            Some(session) => At::Look(Box::pin(open(session))),
            None => At::Load(Load(None)),
        }
    }

    /// Judges what was loaded, and begins to store it.
    fn after(&mut self, returned: O::Return, context: &mut Context<'_>) -> Poll<O::Return> {
        let At::Load(load) = mem::replace(&mut self.at, At::End) else {
            return Poll::Ready(returned);
        };
        match arrived(returned, load, &self.outcome) {
            Ok(arrived) => {
                let (work, value) = arrived.into_parts();
                self.at = At::Finish(work, Some(value));
                // It is not the load's turn again.
                self.before(context).map(|returned| returned.expect("what was loaded is there"))
            }
            Err(returned) => Poll::Ready(returned),
        }
    }

    fn end(&mut self, returned: O::Return) -> Poll<Option<O::Return>> {
        self.at = At::End;
        Poll::Ready(Some(returned))
    }
}

async fn open(session: Box<Session>) -> Option<Step> {
    bridge::drive(session.needs_tokio(), || session.open()).await
}

/// What follows a step at the store; an error is the answer.
fn looked<O: Outcome, How>(step: Option<Step>) -> Result<At<O::Value>, O::Return>
where
    O::Value: CacheValue<How>,
{
    match answer::next::<O, How>(step) {
        Next::Return(returned) => Err(returned),
        Next::Load(granted) => Ok(At::Load(Load::begin(granted))),
        Next::More(session, more) => {
            let (needs_tokio, work) = more.begin(session);
            Ok(At::Look(Box::pin(bridge::drive(needs_tokio, move || work))))
        }
    }
}
