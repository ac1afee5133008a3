//! Timers that are used again.
//!
//! Almost every store call answers long before its time is over. Setting a timer for one call, only
//! to take it back, can cost more than all other work of that call. The reason is that tokio wakes
//! the thread that sleeps in the driver if a timer comes before all others. An unneeded timer
//! therefore stays set, and guards the next call. If it fires too early for that call, it is set
//! anew.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::runtime::{Handle, Id};
use tokio::task::unconstrained;
use tokio::time::{Instant, Sleep, sleep_until};

/// A time of 30 years, for "forever": longer than any process, and within the range of every clock.
pub(crate) const FOREVER: Duration = Duration::from_secs(30 * 365 * 24 * 3600);

/// Longest time ahead for which a timer is set. The bound matters because a set timer remembers the
/// task that it guarded last.
const MAX_AHEAD: Duration = Duration::from_secs(1);

/// Largest number of idle timers that a thread keeps.
const MAX_IDLE: usize = 256;

thread_local! {
    /// Idle timers of this thread. A change takes them out first. Dropping a timer drops the task
    /// that it guarded last, and that task may run the application's code.
    static IDLE: Cell<Idle> = const { Cell::new(Idle { runtime: None, timers: Vec::new() }) };
}

/// A timer, with the runtime that drives it.
struct Timer {
    sleep: Pin<Box<Sleep>>,
    runtime: Option<Id>,
}

/// Idle timers of one thread, all of one runtime. They keep the handle of that runtime alive until
/// the thread waits in another runtime.
#[derive(Default)]
struct Idle {
    runtime: Option<Id>,
    timers: Vec<Pin<Box<Sleep>>>,
}

impl Idle {
    /// Takes a timer that is still set. A timer that has fired is dropped, because its runtime may
    /// have ended.
    fn take(&mut self, runtime: Option<Id>) -> Option<Pin<Box<Sleep>>> {
        // mutant: a runtime takes the timers of another
        if self.runtime != runtime {
            // This thread has left the other runtime.
            self.timers.clear();
            self.runtime = runtime;
        }
        while let Some(sleep) = self.timers.pop() {
            if !sleep.is_elapsed() {
                return Some(sleep);
            }
        }
        None
    }

    fn put_back(&mut self, timer: Timer) {
        // A timer that has fired may still remember its task.
        let is_of_use = self.runtime == timer.runtime && !timer.sleep.is_elapsed();
        if is_of_use && self.timers.len() < MAX_IDLE {
            self.timers.push(timer.sleep);
        }
    }
}

/// Awaits `call` until a point in time at most. Returns `None` if the call took longer. This future
/// must be polled inside a tokio runtime.
pub(crate) async fn within<T>(until: Instant, call: impl Future<Output = T>) -> Option<T> {
    let mut call = pin!(call);
    let mut guard = Guard { until, timer: None };
    poll_fn(|context| match call.as_mut().poll(context) {
        Poll::Ready(answer) => Poll::Ready(Some(answer)),
        Poll::Pending => guard.poll(context).map(|()| None),
    })
    .await
}

/// Limits the time of one call.
struct Guard {
    until: Instant,
    /// Timer of the call, taken when the call first has to wait.
    timer: Option<Timer>,
}

impl Guard {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        // A timer that has fired may be of a runtime that has ended. Polling it there would panic.
        let has_fired = self.timer.as_ref().is_some_and(|timer| timer.sleep.is_elapsed());
        if !has_fired && self.poll_timer(context).is_pending() {
            return Poll::Pending;
        }
        // mutant: a timer that fires early for a later call ends it
        while Instant::now() < self.until {
            // The timer was set for an earlier call.
            self.timer = None;
            if self.poll_timer(context).is_pending() {
                return Poll::Pending;
            }
        }
        Poll::Ready(())
    }

    fn poll_timer(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let timer = self.timer.get_or_insert_with(|| set(self.until));
        // Without `unconstrained`, a call that uses up its task's budget at every turn would
        // outlast its time.
        pin!(unconstrained(timer.sleep.as_mut())).poll(context)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(timer) = self.timer.take() {
            with_idle(|idle| idle.put_back(timer));
        }
    }
}

/// Changes the idle timers of this thread. On a thread that ends, returns `None` and changes
/// nothing.
fn with_idle<T>(change: impl FnOnce(&mut Idle) -> T) -> Option<T> {
    let changed = IDLE.try_with(|cell| {
        let mut idle = cell.take();
        let answer = change(&mut idle);
        cell.set(idle);
        answer
    });
    changed.ok()
}

/// Returns a timer that fires at `until` or earlier.
fn set(until: Instant) -> Timer {
    let runtime = Handle::try_current().ok().map(|runtime| runtime.id());
    let idle = with_idle(|idle| idle.take(runtime));
    let mut sleep = idle.flatten().unwrap_or_else(|| Box::pin(sleep_until(soon(until))));
    if sleep.deadline() > until {
        sleep.as_mut().reset(until);
    }
    Timer { sleep, runtime }
}

fn soon(until: Instant) -> Instant {
    until.min(Instant::now() + MAX_AHEAD)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;
    use std::sync::mpsc;
    use std::thread;
    use tokio::runtime::Builder;
    use tokio::task::yield_now;

    fn after(milliseconds: u64) -> Instant {
        Instant::now() + Duration::from_millis(milliseconds)
    }

    /// Makes a call that has to wait once, and is then answered at once.
    async fn answered(until: Instant) {
        assert_eq!(within(until, yield_now()).await, Some(()));
    }

    /// Returns the time after which a call that is never answered is given up.
    async fn given_up(milliseconds: u64) -> Duration {
        let began = Instant::now();
        assert_eq!(within(after(milliseconds), pending::<()>()).await, None);
        began.elapsed()
    }

    fn idle() -> Vec<Instant> {
        with_idle(|idle| idle.timers.iter().map(|sleep| sleep.deadline()).collect()).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_timer_that_was_not_needed_guards_the_next_call() {
        let first = after(100);
        answered(first).await;
        tokio::time::advance(Duration::from_millis(40)).await;
        answered(after(100)).await;
        assert_eq!(idle(), [first]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_has_all_its_time_under_a_timer_set_earlier() {
        answered(after(100)).await;
        tokio::time::advance(Duration::from_millis(90)).await;
        assert_eq!(given_up(100).await.as_millis(), 100);
        answered(after(100)).await;
        assert_eq!(given_up(30).await.as_millis(), 30, "nor more");
    }

    #[tokio::test(start_paused = true)]
    async fn no_timer_is_set_far_ahead() {
        let began = Instant::now();
        answered(after(3_600_000)).await;
        assert_eq!(idle(), [began + MAX_AHEAD]);
        assert_eq!(given_up(2_500).await.as_millis(), 2_500);
    }

    #[tokio::test(start_paused = true)]
    async fn a_timer_that_has_fired_is_not_kept() {
        given_up(30).await;
        assert_eq!(idle(), []);
    }

    /// A timer of a runtime that stands still never fires.
    #[test]
    fn a_runtime_takes_no_timer_of_another() {
        let (told, hears) = mpsc::channel();
        thread::spawn(move || {
            let runtime = || Builder::new_current_thread().enable_all().build().unwrap();
            let (first, second) = (runtime(), runtime());
            first.block_on(answered(after(10)));
            assert_eq!(idle().len(), 1);
            told.send(second.block_on(given_up(20)))
        });
        let waited = hears.recv_timeout(Duration::from_secs(20)).expect("the timer fires");
        assert!(waited.as_millis() >= 20);
    }
}
