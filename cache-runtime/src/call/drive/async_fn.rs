//! A call of an async function on its way, as a future that is written out. For each function, only
//! its load and one poll around the load are compiled. The steps are compiled once for each type of
//! value.
//!
//! The load stands directly in this future. A chain of cached functions therefore has one layer
//! more for each function than a chain of bare functions.

use crate::call::Call;
use crate::call::drive::boxed::{self, Work};
use crate::call::drive::future::{Load, arrived};
use crate::call::load::Loading;
use crate::call::opening;
use crate::call::record;
use crate::call::session::{Session, Step};
use crate::call::typed::{self, Next};
use crate::function::outcome::{Outcome, Storable};
use crate::protocol::ancestry::{self, Ancestry};
use pin_project_lite::pin_project;
use std::future::Future;
use std::mem;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Answers a call of an async function from the cache, or by its load. The load opens the call when
/// it is polled first, and returns at once if it finds the answer in the tier.
///
/// # Cancellation
///
/// Dropping the future drops the load. A value is stored whole or not at all. Callers that wait for
/// the load go on at once, and one of them loads.
#[inline]
pub fn through<O, F>(outcome: O, load: F) -> Through<O, F>
where
    O: Storable<Return = F::Output>,
    F: Future,
{
    Through { load, steps: Steps::at(At::Unopened, outcome) }
}

/// Answers a call that is already open from the cache, or by its load, as [`through`] does.
///
/// # Cancellation
///
/// Dropping the future drops the load. A value is stored whole or not at all. Callers that wait for
/// the load go on at once, and one of them loads.
pub fn through_opened<O, F>(call: Call, outcome: O, load: F) -> Through<O, F>
where
    O: Storable<Return = F::Output>,
    F: Future,
{
    Through { load, steps: Steps::at(At::Start(call), outcome) }
}

pin_project! {
    /// The future of a call. The load is its last parameter, whose path a recording looks for.
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Through<O: Outcome, F> {
        // Dropped first: the next caller with the turn must not meet what this load still holds.
        // mutant: a turn is handed on before the load is gone
        #[pin]
        load: F,
        steps: Steps<O>,
    }
}

impl<O, F> Future for Through<O, F>
where
    O: Storable<Return = F::Output>,
    F: Future,
{
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        if this.steps.is_unopened() {
            // A hit in the tier ends here, and is so short that a call through a table counts.
            let polled = this.load.as_mut().poll(context);
            if polled.is_ready() || !this.steps.open() {
                return polled;
            }
        }
        this.steps.poll(this.load, context)
    }
}

/// The steps of a call beside its load.
pub(crate) struct Steps<O: Outcome> {
    at: At,
    /// The loaded value, while it is stored.
    value: Option<O::Value>,
    outcome: O,
}

/// The state of a call.
enum At {
    /// The load has not opened the call yet.
    Unopened,
    Start(Call),
    /// The call looks at the store, or waits where others load.
    Look(Work<Option<Step>>),
    /// The call loads. Calls that the load makes have this ancestry.
    Load(Load, Option<Ancestry>),
    /// The call stores the loaded value.
    Finish(Work<()>),
    /// The call was named and not made, so it never goes on.
    Named,
    /// The call has its answer.
    End,
}

impl<O: Storable> Steps<O> {
    fn at(at: At, outcome: O) -> Self {
        Self { at, value: None, outcome }
    }

    /// Returns the steps of a call that the load will open.
    pub(crate) fn unopened(outcome: O) -> Self {
        Self::at(At::Unopened, outcome)
    }

    #[inline]
    pub(crate) fn is_unopened(&self) -> bool {
        matches!(self.at, At::Unopened)
    }

    /// Takes the call that the load has opened. Returns `false` if the load has opened none.
    pub(crate) fn open(&mut self) -> bool {
        let opened = opening::opened_call();
        let is_open = opened.is_some();
        self.at = opened.map_or(At::Unopened, At::Start);
        is_open
    }

    /// Returns the load, while it runs.
    pub(crate) fn load(&mut self) -> Option<&mut Load> {
        match &mut self.at {
            At::Load(load, _) => Some(load),
            _ => None,
        }
    }

    /// Returns the ancestry of the load, while it runs.
    pub(crate) fn ancestry(&self) -> Option<&Ancestry> {
        if let At::Load(_, ancestry) = &self.at { ancestry.as_ref() } else { None }
    }

    /// Returns the load's session and permit, if the cache is used.
    pub(crate) fn loading(&mut self) -> Option<&Loading> {
        self.load().and_then(|load| load.0.as_deref())
    }

    /// Ends the call with an answer that is not the load's own.
    pub(crate) fn ended(&mut self, returned: O::Return) -> O::Return {
        self.at = At::End;
        returned
    }

    /// Takes the steps that are possible. The function knows the load by its result alone, so that
    /// it is not compiled for each load.
    fn poll(
        &mut self,
        load: Pin<&mut dyn Future<Output = O::Return>>,
        context: &mut Context<'_>,
    ) -> Poll<O::Return> {
        if let Some(returned) = ready!(self.before(context)) {
            return Poll::Ready(returned);
        }
        let returned = ready!(ancestry::run(self.ancestry(), || load.poll(context)));
        self.after(returned, context)
    }

    /// Takes the steps up to the load, or those behind it. Is ready with `None` if it is the load's
    /// turn.
    pub(crate) fn before(&mut self, context: &mut Context<'_>) -> Poll<Option<O::Return>> {
        loop {
            self.at = match &mut self.at {
                At::Start(_) => self.at.start(),
                At::Look(work) => {
                    let step = ready!(work.as_mut().poll(context));
                    match looked::<O>(step) {
                        ControlFlow::Continue(at) => at,
                        ControlFlow::Break(returned) => {
                            return Poll::Ready(Some(self.ended(returned)));
                        }
                    }
                }
                At::Unopened | At::Load(..) => return Poll::Ready(None),
                At::Finish(work) => {
                    ready!(work.as_mut().poll(context));
                    // Work that has ended is not polled again, because it would panic, as every
                    // future does.
                    return Poll::Ready(self.value.take().map(O::restore));
                }
                At::Named => return Poll::Pending,
                At::End => panic!("a future is not polled after its end"),
            };
        }
    }

    /// Judges the returned value, and begins to store it.
    pub(crate) fn after(
        &mut self,
        returned: O::Return,
        context: &mut Context<'_>,
    ) -> Poll<O::Return> {
        let At::Load(load, _) = mem::replace(&mut self.at, At::End) else {
            return Poll::Ready(returned);
        };
        match arrived(returned, load, &self.outcome) {
            ControlFlow::Continue(arrived) => {
                let (work, value) = arrived.into_parts();
                (self.at, self.value) = (At::Finish(work), Some(value));
                // The load has had its turn, so the steps never answer `None` here.
                self.before(context).map(|returned| returned.expect("what was loaded is there"))
            }
            ControlFlow::Break(returned) => Poll::Ready(returned),
        }
    }
}

impl At {
    fn start(&mut self) -> Self {
        let Self::Start(call) = mem::replace(self, Self::Named) else { return Self::Named };
        if record::is_on() {
            record::leave(call.identity(), vec![call]);
            return Self::Named;
        }
        match Session::begin(call) {
            Some(session) => Self::Look(boxed::open(session)),
            None => Self::Load(Load(None), None),
        }
    }

    fn load(load: Load) -> Self {
        let ancestry = load.ancestry();
        Self::Load(load, ancestry)
    }
}

/// Returns the state that follows a step at the store, or the answer.
fn looked<O: Storable>(step: Option<Step>) -> ControlFlow<O::Return, At> {
    match typed::next::<O>(step) {
        Next::Return(returned) => ControlFlow::Break(returned),
        Next::Load(permitted) => ControlFlow::Continue(At::load(Load::begin(permitted))),
        Next::More(session, more) => ControlFlow::Continue(At::Look(boxed::go_on(session, more))),
    }
}
