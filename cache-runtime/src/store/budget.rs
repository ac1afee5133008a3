//! The time that the store may take.

use crate::error::{Error, Result};
use crate::rt::timer;
use crate::store::Store;
use std::future::Future;
use std::time::Duration;
use tokio::time::Instant;

/// Time left for all store calls of one function call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    left: Duration,
    /// Time after which a caller that gives up counts as a timeout: a quarter of the whole budget.
    suspicious: Duration,
}

impl Budget {
    pub(crate) fn new(whole: Duration) -> Self {
        Self { left: whole, suspicious: whole / 4 }
    }

    /// Takes off the time that was spent by calls with copies of this budget.
    pub(crate) fn charge(&mut self, time: Duration) {
        self.left = self.left.saturating_sub(time);
    }

    /// Awaits one store call, for at most the time that is left.
    ///
    /// # Cancellation
    ///
    /// If the call is dropped after a quarter of the whole budget, the store counts a timeout.
    /// Without this rule, callers with less patience than the budget would never open the breaker.
    /// A store that is away would then fail every such caller.
    pub(crate) async fn spend<T>(
        &mut self,
        store: &dyn Store,
        call: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        if self.left.is_zero() {
            return Err(Error::timeout());
        }
        let started = Instant::now();
        let mut unanswered = Unanswered { store, until: started.checked_add(self.suspicious) };
        let answer = timer::within(started + self.left.min(timer::FOREVER), call).await;
        unanswered.until = None;
        self.left = self.left.saturating_sub(started.elapsed());
        answer.unwrap_or_else(|| {
            self.left = Duration::ZERO;
            store.timed_out();
            Err(Error::timeout())
        })
    }
}

/// Guard that tells the store of a timeout if its caller gave up late.
struct Unanswered<'a> {
    store: &'a dyn Store,
    until: Option<Instant>,
}

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        if self.until.is_some_and(|until| Instant::now() >= until) {
            self.store.timed_out();
        }
    }
}
