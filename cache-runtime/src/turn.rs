//! Letting others go first.

use std::future::poll_fn;
use std::mem;
use std::task::Poll;

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
