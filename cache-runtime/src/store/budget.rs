//! How long the store may take.

use crate::error::{Error, Result};
use crate::rt::timer;
use crate::store::Store;
use std::future::Future;
use std::time::Duration;
use tokio::time::Instant;

/// What is left of the time that the store calls of one function call may take together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    left: Duration,
    /// A caller that gives up after this long had reason to.
    suspicious: Duration,
}

impl Budget {
    pub(crate) fn new(whole: Duration) -> Self {
        Self { left: whole, suspicious: whole / 4 }
    }

    /// Takes off what was spent by calls that each had a copy.
    pub(crate) fn charge(&mut self, time: Duration) {
        self.left = self.left.saturating_sub(time);
    }

    /// Awaits one store call, for what is left at most.
    ///
    /// # Cancellation
    ///
    /// A caller with less patience than the budget never exceeds it: giving up after a good part of it counts as well.
    /// Otherwise a store that is away would fail every such caller for as long as it is away.
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

/// Tells the store when its caller gave up late.
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
