//! How long the store may take.

use crate::error::{Error, Result};
use crate::store::Store;
use std::future::Future;
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// What is left of the time that the store calls of one function call may take together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    left: Duration,
}

impl Budget {
    pub(crate) fn new(whole: Duration) -> Self {
        Self { left: whole }
    }

    /// Awaits one store call, for what is left at most.
    pub(crate) async fn spend<T>(
        &mut self,
        store: &dyn Store,
        call: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        if self.left.is_zero() {
            return Err(Error::timeout());
        }
        let started = Instant::now();
        let answer = timeout(self.left, call).await;
        self.left = self.left.saturating_sub(started.elapsed());
        answer.unwrap_or_else(|_| {
            self.left = Duration::ZERO;
            store.timed_out();
            Err(Error::timeout())
        })
    }
}
