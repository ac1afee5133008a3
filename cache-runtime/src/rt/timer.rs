//! Timers that are used again.
//!
//! Almost every store call answers long before its time is over. To set a timer of its own, only to take it back, can cost a call more
//! than all else that it does here: tokio wakes the thread that sleeps in the driver whenever a timer comes before all others.
//! A timer that was not needed therefore stays set, and guards the next call. When it fires too early for that one, it is set anew.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::runtime::{Handle, Id};
use tokio::task::unconstrained;
use tokio::time::{Instant, Sleep, sleep_until};

/// As good as for ever: beyond the end of any process, within the range of every clock.
pub(crate) const FOREVER: Duration = Duration::from_secs(30 * 365 * 24 * 3600);

/// How far ahead a timer is set at most. A timer that is set remembers the task that it guarded
/// last.
const MAX_AHEAD: Duration = Duration::from_secs(1);

/// How many idle timers a thread keeps.
const MAX_IDLE: usize = 256;

thread_local! {
    /// It is taken out while it changes: dropping a timer drops the task that it guarded last, which may be somebody's code.
    static IDLE: Cell<Idle> = const { Cell::new(Idle { runtime: None, timers: Vec::new() }) };
}

/// A timer, and the runtime whose timer it is.
struct Timer {
    sleep: Pin<Box<Sleep>>,
    runtime: Option<Id>,
}

/// The timers that a thread has left, all of one runtime. They keep its handle alive until the thread waits in another one.
#[derive(Default)]
struct Idle {
    runtime: Option<Id>,
    timers: Vec<Pin<Box<Sleep>>>,
}

impl Idle {
    /// A timer that is still set. One that has fired may be the last of a runtime that has ended.
    fn take(&mut self, runtime: Option<Id>) -> Option<Pin<Box<Sleep>>> {
        // mutant: a runtime takes the timers of another
        if self.runtime != runtime {
            // This thread has left the other one.
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
        // One that has fired may still remember its task.
        let is_of_use = self.runtime == timer.runtime && !timer.sleep.is_elapsed();
        if is_of_use && self.timers.len() < MAX_IDLE {
            self.timers.push(timer.sleep);
        }
    }
}

/// Awaits `call` until a point in time at most; `None`: it took longer. It must be polled inside a tokio runtime.
pub(crate) async fn within<T>(until: Instant, call: impl Future<Output = T>) -> Option<T> {
    let mut call = pin!(call);
    let mut guard = Guard { until, timer: None };
    poll_fn(|context| match call.as_mut().poll(context) {
        Poll::Ready(answer) => Poll::Ready(Some(answer)),
        Poll::Pending => guard.poll(context).map(|()| None),
    })
    .await
}

/// Watches the time of one call.
struct Guard {
    until: Instant,
    /// Taken when the call first has to wait.
    timer: Option<Timer>,
}

impl Guard {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        // One that has fired since may be of a runtime that has ended, where polling it would panic.
        let has_fired = self.timer.as_ref().is_some_and(|timer| timer.sleep.is_elapsed());
        if !has_fired && self.poll_timer(context).is_pending() {
            return Poll::Pending;
        }
        // mutant: a timer that fires early for a later call ends it
        while Instant::now() < self.until {
            // It was set for an earlier call.
            self.timer = None;
            if self.poll_timer(context).is_pending() {
                return Poll::Pending;
            }
        }
        Poll::Ready(())
    }

    fn poll_timer(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let timer = self.timer.get_or_insert_with(|| set(self.until));
        // A call that uses up its task's budget at every turn must not outlast its time.
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

/// Changes what this thread has left; nothing happens on a thread that ends.
fn with_idle<T>(change: impl FnOnce(&mut Idle) -> T) -> Option<T> {
    let changed = IDLE.try_with(|cell| {
        let mut idle = cell.take();
        let answer = change(&mut idle);
        cell.set(idle);
        answer
    });
    changed.ok()
}

/// A timer that fires at `until` or earlier.
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

    /// A call that has to wait, and is answered at once.
    async fn answered(until: Instant) {
        assert_eq!(within(until, yield_now()).await, Some(()));
    }

    /// How long it takes until a call that is never answered is given up.
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
