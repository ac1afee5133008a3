//! A call of an async function on its way: a future that is written out, so that of each function nothing is compiled but its load, and
//! one poll around it. What the steps do is compiled once for each type of value.

use crate::ancestry::{self, Ancestry};
use crate::answer::{self, Next};
use crate::call::Call;
use crate::capture;
use crate::driven::{self, Work};
use crate::outcome::{CacheValue, Handed, Outcome};
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
    O: Handed<Return = F::Output>,
    O::Value: CacheValue<How>,
    F: Future,
{
    let steps = Steps { at: At::Start(call), value: None, outcome, how: PhantomData };
    Through { load, steps }
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
    O: Handed<Return = F::Output>,
    O::Value: CacheValue<How>,
    F: Future,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        this.steps.poll(this.load, context)
    }
}

/// What a call has to do beside its load.
struct Steps<O: Outcome, How> {
    at: At,
    /// What was loaded, while it is stored.
    value: Option<O::Value>,
    outcome: O,
    how: PhantomData<fn() -> How>,
}

/// How far a call is.
enum At {
    Start(Call),
    /// It looks, or waits where others load.
    Look(Work<Option<Step>>),
    /// It loads, and makes calls that stand in this.
    Load(Load, Option<Ancestry>),
    /// It stores what was loaded.
    Finish(Work<()>),
    /// It was named and not made: it never goes on.
    Named,
    /// It has its answer.
    End,
}

impl<O: Handed, How> Steps<O, How>
where
    O::Value: CacheValue<How>,
{
    /// Takes what steps it can; it knows the load by its result alone, so that it is not compiled for each.
    fn poll(
        &mut self,
        load: Pin<&mut dyn Future<Output = O::Return>>,
        context: &mut Context<'_>,
    ) -> Poll<O::Return> {
        if let Some(returned) = ready!(self.before(context)) {
            return Poll::Ready(returned);
        }
        let returned = ready!(ancestry::run(self.at.ancestry(), || load.poll(context)));
        self.after(returned, context)
    }

    /// Takes the steps up to the load, or those behind it; `None`: it is the load's turn.
    fn before(&mut self, context: &mut Context<'_>) -> Poll<Option<O::Return>> {
        loop {
            self.at = match &mut self.at {
                At::Start(_) => self.at.start(),
                At::Look(work) => {
                    let step = ready!(work.as_mut().poll(context));
                    match looked::<O, How>(step) {
                        Ok(at) => at,
                        Err(returned) => return self.end(returned),
                    }
                }
                At::Load(..) => return Poll::Ready(None),
                At::Finish(work) => {
                    ready!(work.as_mut().poll(context));
                    // Work that has ended is not polled again: it panics, as every future does.
                    return Poll::Ready(self.value.take().map(O::restore));
                }
                At::Named => return Poll::Pending,
                At::End => panic!("a future is not polled after its end"),
            };
        }
    }

    /// Judges what was loaded, and begins to store it.
    fn after(&mut self, returned: O::Return, context: &mut Context<'_>) -> Poll<O::Return> {
        let At::Load(load, _) = mem::replace(&mut self.at, At::End) else {
            return Poll::Ready(returned);
        };
        match arrived(returned, load, &self.outcome) {
            Ok(arrived) => {
                let (work, value) = arrived.into_parts();
                (self.at, self.value) = (At::Finish(work), Some(value));
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

impl At {
    fn start(&mut self) -> Self {
        let Self::Start(call) = mem::replace(self, Self::Named) else { return Self::Named };
        if capture::is_on() {
            capture::leave(call.identity(), vec![call]);
            return Self::Named;
        }
        match Session::begin(call) {
            Some(session) => Self::Look(driven::open(session)),
            None => Self::Load(Load(None), None),
        }
    }

    fn load(load: Load) -> Self {
        let ancestry = load.ancestry();
        Self::Load(load, ancestry)
    }

    fn ancestry(&self) -> Option<&Ancestry> {
        if let Self::Load(_, ancestry) = self { ancestry.as_ref() } else { None }
    }
}

/// What follows a step at the store; an error is the answer.
fn looked<O: Handed, How>(step: Option<Step>) -> Result<At, O::Return>
where
    O::Value: CacheValue<How>,
{
    match answer::next::<O, How>(step) {
        Next::Return(returned) => Err(returned),
        Next::Load(granted) => Ok(At::load(Load::begin(granted))),
        Next::More(session, more) => Ok(At::Look(driven::go_on(session, more))),
    }
}
