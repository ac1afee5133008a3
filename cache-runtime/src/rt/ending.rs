//! How a handle ends: who holds it, which work runs for it, and how far its shutdown has come.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

/// How far a shutdown has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// There is none.
    #[default]
    Open,
    /// What is owed is being done.
    Closing,
    /// What was not done is given up: every task ends.
    Closed,
}

/// The end of one handle, its namespaces included.
#[derive(Debug, Default)]
pub(crate) struct Ending {
    phase: watch::Sender<Phase>,
    /// How many clones of the application's there are, each namespace counted once.
    holders: AtomicUsize,
    /// How much work runs that must not be cut short.
    running: AtomicUsize,
}

impl Ending {
    pub(crate) fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// Goes on to a later phase; says whether it was not reached yet.
    pub(crate) fn go_on_to(&self, phase: Phase) -> bool {
        self.phase.send_if_modified(|now| {
            let is_new = *now < phase;
            *now = phase.max(*now);
            is_new
        })
    }

    /// Waits until a phase is reached.
    pub(crate) async fn reached(&self, phase: Phase) {
        // The sender is `self`, so that the channel is open.
        _ = self.phase.subscribe().wait_for(|now| *now >= phase).await;
    }

    /// Rests for a time, or until the next phase begins.
    pub(crate) async fn rest(&self, time: Duration) {
        let mut phases = self.phase.subscribe();
        _ = timeout(time, phases.changed()).await;
    }

    /// Whether one more attempt is none of a handle that ends: while it closes, an answer is
    /// enough.
    pub(crate) fn has_enough(&self, is_answered: bool) -> bool {
        match self.phase() {
            Phase::Open => false,
            Phase::Closing => is_answered,
            Phase::Closed => true,
        }
    }

    pub(crate) fn running(&self) -> usize {
        self.running.load(SeqCst)
    }
}

/// A piece of work that runs, until this is dropped.
#[derive(Debug)]
pub(crate) struct Running(Arc<Ending>);

impl Running {
    pub(crate) fn begin(ending: &Arc<Ending>) -> Self {
        ending.running.fetch_add(1, SeqCst);
        Self(Arc::clone(ending))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, SeqCst);
    }
}

/// Holds a handle. The last one to be dropped ends it.
#[derive(Debug)]
pub(crate) struct Hold(Arc<Ending>);

impl Hold {
    pub(crate) fn new(ending: &Arc<Ending>) -> Self {
        ending.holders.fetch_add(1, SeqCst);
        Self(Arc::clone(ending))
    }

    /// Lets go; says whether nobody holds the handle any more.
    pub(crate) fn let_go(self) -> bool {
        self.0.holders.fetch_sub(1, SeqCst) == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_go_forward_alone() {
        let ending = Ending::default();
        assert!(ending.go_on_to(Phase::Closing) && !ending.go_on_to(Phase::Closing));
        assert!(ending.go_on_to(Phase::Closed) && !ending.go_on_to(Phase::Closing));
        assert_eq!(ending.phase(), Phase::Closed);
    }
}
