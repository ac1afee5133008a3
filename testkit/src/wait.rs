//! Waiting for something that another process does.

use std::panic::Location;
use std::thread;
use std::time::{Duration, Instant};

/// Short enough to cost no test noticeable time, long enough not to starve what is waited for.
const PAUSE: Duration = Duration::from_millis(5);

/// Waits until `condition` holds, asking every few milliseconds.
///
/// This and [`eventually_blocking`] are the only ways in which a test may wait. A fixed sleep is
/// either too short on a busy machine, and the test fails now and then, or too long on every
/// other one; and it says nothing about what it waits for.
///
/// The timeout is real time even where tokio's clock is paused: what is waited for happens in
/// another process or thread, which knows nothing of that clock.
///
/// # Panics
///
/// When the condition still does not hold after `timeout`, with `what` in the message: write it
/// so that "timed out waiting until …" reads well.
#[track_caller]
pub fn eventually(
    timeout: Duration,
    condition: impl AsyncFnMut() -> bool,
    what: &str,
) -> impl Future<Output = ()> {
    // An async function cannot be `track_caller`; the place is taken here and carried inside.
    poll(Deadline::new(timeout), condition, what)
}

async fn poll(deadline: Deadline, mut condition: impl AsyncFnMut() -> bool, what: &str) {
    while !condition().await {
        deadline.check(what);
        tokio::time::sleep(PAUSE).await;
    }
}

/// Waits like [`eventually`], in a test without an async runtime.
///
/// # Panics
///
/// When the condition still does not hold after `timeout`.
#[track_caller]
pub fn eventually_blocking(timeout: Duration, mut condition: impl FnMut() -> bool, what: &str) {
    let deadline = Deadline::new(timeout);
    while !condition() {
        deadline.check(what);
        thread::sleep(PAUSE);
    }
}

struct Deadline {
    timeout: Duration,
    end: Instant,
    caller: &'static Location<'static>,
}

impl Deadline {
    #[track_caller]
    fn new(timeout: Duration) -> Self {
        Self { timeout, end: Instant::now() + timeout, caller: Location::caller() }
    }

    fn check(&self, what: &str) {
        assert!(
            Instant::now() < self.end,
            "timed out after {:?} waiting until {what}, at {}",
            self.timeout,
            self.caller,
        );
    }
}
