//! Ways to let other tasks go first.

use futures_util::future::{Either, select};
use std::future::{Future, poll_fn};
use std::mem;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use tokio::sync::Semaphore;

/// Goes to the end of the runtime's queue. The alternative, tokio's `yield_now`, waits until this
/// thread is otherwise idle, and no other thread can take the task meanwhile.
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

/// A signal that calls several waits back. A wait called back leaves no unused turn behind.
#[derive(Clone, Debug)]
pub(crate) struct Recall(Arc<Semaphore>);

impl Recall {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }

    pub(crate) fn call(&self) {
        self.0.close();
    }

    /// Awaits a future until it is called back. Returns `None` if the call back came before the
    /// future was ready.
    pub(crate) async fn or_called<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        // The semaphore has no permits, so `acquire` returns only when it is closed.
        match select(pin!(future), pin!(self.0.acquire())).await {
            Either::Left((output, _)) => Some(output),
            Either::Right(_) => None,
        }
    }
}

/// Awaits a future. If there is a `recall`, the wait ends when it calls back, with `None`.
pub(crate) async fn unless_called<T>(
    recall: Option<&Recall>,
    future: impl Future<Output = T>,
) -> Option<T> {
    match recall {
        Some(recall) => recall.or_called(future).await,
        None => Some(future.await),
    }
}
