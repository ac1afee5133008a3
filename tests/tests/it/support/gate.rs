use super::SOON;
use std::sync::Arc;
use testkit::eventually_blocking;
use tokio::sync::{Notify, Semaphore};

/// A gate at which loads or answers wait until the test opens it.
#[derive(Clone, Debug)]
pub(crate) struct Gate(Arc<Inside>);

#[derive(Debug)]
struct Inside {
    /// It has no permits: who wants one waits until it is closed.
    opening: Semaphore,
    come: Notify,
}

impl Gate {
    pub(crate) fn shut() -> Self {
        Self(Arc::new(Inside { opening: Semaphore::new(0), come: Notify::new() }))
    }

    pub(crate) fn open(&self) {
        self.0.opening.close();
    }

    pub(crate) fn is_open(&self) -> bool {
        self.0.opening.is_closed()
    }

    pub(crate) async fn pass(&self) {
        self.0.come.notify_one();
        let _ = self.0.opening.acquire().await;
    }

    /// Blocking version of [`pass`](Self::pass).
    pub(crate) fn pass_blocking(&self) {
        eventually_blocking(SOON * 2, || self.is_open(), "the gate is open");
    }

    /// Waits until a load has come to the gate.
    pub(crate) async fn has_come(&self) {
        self.0.come.notified().await;
    }
}
