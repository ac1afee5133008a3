//! Letting others go first.

use futures_util::future::{Either, select};
use std::future::{Future, poll_fn};
use std::mem;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use tokio::sync::Semaphore;

/// Goes to the end of the runtime's queue. tokio's own `yield_now` waits until this thread has nothing else to do, while no other
/// thread can take the task from it.
pub(crate) async fn let_others_go() {
    let mut has_waited = false;
    poll_fn(|context| {
        if mem::replace(&mut has_waited, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Calls several waits back, so that none of them is left with a turn that it does not use.
#[derive(Clone, Debug)]
pub(crate) struct Recall(Arc<Semaphore>);

impl Recall {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }

    pub(crate) fn call(&self) {
        self.0.close();
    }

    /// Awaits a future until it is called back; `None`: it was, and the future was not ready.
    pub(crate) async fn or_called<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        // There are no permits: it returns when it is closed.
        match select(pin!(future), pin!(self.0.acquire())).await {
            Either::Left((output, _)) => Some(output),
            Either::Right(_) => None,
        }
    }
}

/// Awaits a future, until somebody calls it back if somebody can.
pub(crate) async fn unless_called<T>(
    recall: Option<&Recall>,
    future: impl Future<Output = T>,
) -> Option<T> {
    match recall {
        Some(recall) => recall.or_called(future).await,
        None => Some(future.await),
    }
}
