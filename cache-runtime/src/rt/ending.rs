//! The end of a handle: its holders, the work that runs for it, and the phase of its shutdown.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

/// Phase of a handle's shutdown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// No shutdown has begun.
    #[default]
    Open,
    /// A shutdown has begun, and overdue work is being done.
    Closing,
    /// Unfinished work is given up, and every task ends.
    Closed,
}

/// The end of one handle, its namespaces included.
#[derive(Debug, Default)]
pub(crate) struct Ending {
    phase: watch::Sender<Phase>,
    /// Number of the application's clones. All clones of one namespace count once.
    holders: AtomicUsize,
    /// Number of running pieces of work that must not be cut short.
    running: AtomicUsize,
}

impl Ending {
    pub(crate) fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// Goes on to a later phase. Returns whether that phase is new.
    pub(crate) fn go_on_to(&self, phase: Phase) -> bool {
        self.phase.send_if_modified(|now| {
            let is_new = *now < phase;
            *now = phase.max(*now);
            is_new
        })
    }

    /// Waits until `phase` or a later one is reached.
    pub(crate) async fn reached(&self, phase: Phase) {
        // The sender is in `self`, so the channel stays open.
        _ = self.phase.subscribe().wait_for(|now| *now >= phase).await;
    }

    /// Rests for `time`, or until the next phase begins.
    pub(crate) async fn rest(&self, time: Duration) {
        let mut phases = self.phase.subscribe();
        _ = timeout(time, phases.changed()).await;
    }

    /// Tells whether a retry ends here. While the handle is open, retries go on. While it closes,
    /// an answer from the store is enough. Once it is closed, every retry ends.
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

/// A running piece of work, counted until this value is dropped.
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

/// A holder of a handle. The last holder to be dropped ends the handle.
#[derive(Debug)]
pub(crate) struct Hold(Arc<Ending>);

impl Hold {
    pub(crate) fn new(ending: &Arc<Ending>) -> Self {
        ending.holders.fetch_add(1, SeqCst);
        Self(Arc::clone(ending))
    }

    /// Lets the handle go. Returns whether no holder is left.
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
