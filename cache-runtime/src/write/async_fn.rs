//! A write on its way, as a future that is written out. The body stands directly in this future.

use super::opening::{self, Begun};
use crate::cache::context::pending::Pending;
use crate::call::drive::boxed::Work;
use crate::error::Result;
use crate::write::outcome::WriteOutcome;
use crate::write::{Write, completed};
use pin_project_lite::pin_project;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// Adds to a write the targets that depend on its result.
type After<O> = fn(&<O as WriteOutcome>::Success, Write) -> Write;

/// Runs an async write, then its invalidations if the write succeeded. The body opens the write
/// when it is polled first. `after` adds the targets that depend on the result.
///
/// # Cancellation
///
/// Dropping the future drops the write and invalidates, because its progress is not known. Once the
/// write has returned, its invalidations run to their end, whatever becomes of the caller.
pub fn through_write<O, F>(outcome: O, after: After<O>, body: F) -> ThroughWrite<O, F>
where
    O: WriteOutcome<Return = F::Output>,
    F: Future,
{
    ThroughWrite { body, steps: Steps { at: At::Body, begun: None, after, outcome } }
}

pin_project! {
    /// The future of a write.
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct ThroughWrite<O: WriteOutcome, F> {
        // Dropped first, because the body's writes could otherwise come after the invalidations.
        #[pin]
        body: F,
        steps: Steps<O>,
    }
}

impl<O, F> Future for ThroughWrite<O, F>
where
    O: WriteOutcome<Return = F::Output>,
    F: Future,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        this.steps.poll(this.body, context)
    }
}

/// The steps of a write beside its body.
struct Steps<O: WriteOutcome> {
    at: At<O::Value>,
    /// The write, while its body runs.
    begun: Option<Box<Begun>>,
    after: After<O>,
    outcome: O,
}

/// The state of a write.
enum At<V> {
    /// The body runs, or has not begun.
    Body,
    /// The body has returned this value, and the invalidations run.
    Invalidate(Work<Result<()>>, V),
    /// The write has its answer.
    End,
}

impl<O: WriteOutcome> Steps<O> {
    /// Takes the steps that are possible. The function knows the body by its result alone.
    fn poll(
        &mut self,
        mut body: Pin<&mut dyn Future<Output = O::Return>>,
        context: &mut Context<'_>,
    ) -> Poll<O::Return> {
        if let At::Body = self.at {
            let returned = ready!(self.body(body.as_mut(), context));
            let write = self.begun.take().map(|begun| begun.write);
            match (O::split(returned), write) {
                (Ok(value), Some(write)) => {
                    let write = completed::<O>(write, &value, self.after);
                    self.at = At::Invalidate(Box::pin(write.run()), value);
                }
                (Ok(value), None) => return self.end(O::restore(value)),
                (Err(error), write) => {
                    write.map(Write::forget).unwrap_or_default();
                    return self.end(error);
                }
            }
        }
        let At::Invalidate(work, _) = &mut self.at else {
            panic!("a future is not polled after its end");
        };
        let invalidated = ready!(work.as_mut().poll(context));
        let At::Invalidate(_, value) = mem::replace(&mut self.at, At::End) else { unreachable!() };
        Poll::Ready(self.outcome.answer(value, invalidated))
    }

    /// Runs the body. If no write is open, the body runs up to the point where it opens one. Then
    /// the body runs as a part of the open write.
    fn body(
        &mut self,
        mut body: Pin<&mut dyn Future<Output = O::Return>>,
        context: &mut Context<'_>,
    ) -> Poll<O::Return> {
        if self.begun.is_none() {
            let polled = body.as_mut().poll(context);
            self.begun = opening::opened_write();
            if polled.is_ready() || self.begun.is_none() {
                return polled;
            }
        }
        let pending = self.begun.as_ref().map(|begun| Arc::clone(&begun.pending));
        match pending {
            // mutant: the body of an async write runs beside it
            Some(pending) => Pending::run(pending, || body.poll(context)),
            None => body.poll(context),
        }
    }

    fn end(&mut self, returned: O::Return) -> Poll<O::Return> {
        self.at = At::End;
        Poll::Ready(returned)
    }
}
