//! What is logged.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use tracing::subscriber::{self, DefaultGuard, NoSubscriber};
use tracing::{Dispatch, Level};

/// A second subscriber, for the whole process. While there is only one, `tracing` asks the thread
/// that logs a line first whether anybody wants it, and never again: a test that does not listen
/// would silence the line for one that does.
static SECOND: OnceLock<Dispatch> = OnceLock::new();

/// Text that a subscriber writes.
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Takes warnings and errors of this thread until the guard is dropped.
    #[must_use]
    pub fn listen(&self) -> DefaultGuard {
        self.listen_to(Level::WARN)
    }

    /// Takes what this thread says at `level` and above until the guard is dropped.
    #[must_use]
    pub fn listen_to(&self, level: Level) -> DefaultGuard {
        SECOND.get_or_init(|| Dispatch::new(NoSubscriber::default()));
        let log = self.clone();
        let events = tracing_subscriber::fmt()
            .with_max_level(level)
            .with_ansi(false)
            .with_writer(move || log.clone());
        subscriber::set_default(events.finish())
    }

    /// Takes what all threads say at `level` and above, from now on.
    ///
    /// # Panics
    ///
    /// When the process has such a log already.
    pub fn listen_everywhere(&self, level: Level) {
        let log = self.clone();
        let events = tracing_subscriber::fmt().with_max_level(level).with_ansi(false);
        events.with_writer(move || log.clone()).init();
    }

    /// Returns all that was written.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.lock()).into_owned()
    }

    /// Forgets what was written.
    pub fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
