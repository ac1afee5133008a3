//! Stopping a process that a test has started, and letting it go on.

use std::process::Child;

use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};

/// Stops a child with `SIGSTOP`, and returns when it stands still: the signal alone would only have been sent by then.
///
/// # Panics
///
/// When the child is not running.
pub fn freeze(child: &Child) {
    kill_process(Pid::from_child(child), Signal::STOP).expect("the child is running");
    waitpid(Some(Pid::from_child(child)), WaitOptions::UNTRACED).expect("it is our child");
}

/// Lets a stopped child go on.
///
/// # Panics
///
/// When the child is not running.
pub fn thaw(child: &Child) {
    kill_process(Pid::from_child(child), Signal::CONT).expect("the child is running");
}

/// Asks a child to end at once and to clean up behind itself, with `SIGQUIT`.
pub(crate) fn quit(child: &Child) {
    // It may have ended by itself.
    let _ = kill_process(Pid::from_child(child), Signal::QUIT);
}
