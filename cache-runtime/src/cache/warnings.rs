//! The choice of warnings that are logged. Each kind of each function has one line in ten seconds,
//! so that a frequent warning hides no other. Warnings in between are counted, and the count is
//! logged when the time is over.

use crate::function::site::Site;
use crate::rt::bridge;
use crate::rt::ending::{Ending, Phase};
use std::collections::BTreeMap;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Time in which one kind of one function has one line.
const SPAN: Duration = Duration::from_secs(10);

/// The topic of a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// The store failed.
    Fault,
    /// An invalidation failed.
    Invalidation,
    /// A pattern without wildcards deleted nothing.
    Literal,
    /// A write names a call that is not cached.
    NotCached,
    /// A write was dropped before the calls that it names were known.
    Unnamed,
    /// No TTL has the name that a function asks for.
    NamedTtl,
    /// A pattern has a `?` beside a character of several bytes.
    QuestionMark,
    /// A value is not stored.
    Unstored,
    /// An earlier value is served.
    Stale,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Fault => "the store failed",
            Self::Invalidation => "an invalidation failed",
            Self::Literal => "a pattern without wildcards",
            Self::NotCached => "a named call that is not cached",
            Self::Unnamed => "a write that was dropped",
            Self::NamedTtl => "a TTL without a name",
            Self::QuestionMark => "a `?` in a pattern",
            Self::Unstored => "a value that is not stored",
            Self::Stale => "an earlier value that is served",
        }
    }
}

/// The warnings of one handle.
#[derive(Debug)]
pub(crate) struct Warnings {
    ending: Arc<Ending>,
    /// Topics by kind and by the address of the function's description. Zero stands for no
    /// function.
    topics: Mutex<BTreeMap<(Kind, usize), Topic>>,
    /// `true` if a fault of the store was logged, and no success since.
    has_fault: AtomicBool,
}

#[derive(Debug)]
struct Topic {
    site: Option<&'static Site>,
    last_line: Instant,
    suppressed: u64,
}

impl Topic {
    /// Logs how many warnings were left out, and returns whether there were any.
    fn summarize(&mut self, kind: Kind, now: Instant) -> bool {
        let suppressed = std::mem::take(&mut self.suppressed);
        if suppressed > 0 {
            self.last_line = now;
            let function = self.site.map_or_else(|| "by hand".to_owned(), Site::label);
            tracing::warn!(target: "cache_runtime", function, kind = kind.name(), suppressed, "more warnings of this kind were not logged");
        }
        suppressed > 0
    }
}

/// The decision about a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Log,
    /// The warning is the first that is left out, and its caller has the summary logged.
    First,
    LeftOut,
}

impl Warnings {
    pub(crate) fn new(ending: Arc<Ending>) -> Self {
        Self { ending, topics: Mutex::default(), has_fault: AtomicBool::new(false) }
    }

    /// Tells whether to log a warning now. If the warning is the first that is left out, starts the
    /// task that logs the summary.
    pub(crate) fn may(self: &Arc<Self>, kind: Kind, site: Option<&'static Site>) -> bool {
        match self.judge(kind, site, Instant::now()) {
            Verdict::Log => true,
            Verdict::LeftOut => false,
            Verdict::First => {
                bridge::spawn_apart(Arc::clone(self).summarize(kind, address(site)));
                false
            }
        }
    }

    fn judge(&self, kind: Kind, site: Option<&'static Site>, now: Instant) -> Verdict {
        let mut topics = self.lock();
        let Some(topic) = topics.get_mut(&(kind, address(site))) else {
            topics.insert((kind, address(site)), Topic { site, last_line: now, suppressed: 0 });
            return Verdict::Log;
        };
        // mutant: every warning is logged
        if topic.suppressed == 0 && now.duration_since(topic.last_line) >= SPAN {
            topic.last_line = now;
            return Verdict::Log;
        }
        topic.suppressed += 1;
        if topic.suppressed == 1 { Verdict::First } else { Verdict::LeftOut }
    }

    /// Logs the summary when the time is over, or the handle ends.
    async fn summarize(self: Arc<Self>, kind: Kind, site: usize) {
        let last_line = self.lock().get(&(kind, site)).map(|topic| topic.last_line);
        let left = last_line.map_or(Duration::ZERO, |last| SPAN.saturating_sub(last.elapsed()));
        let closed = self.ending.reached(Phase::Closed);
        _ = tokio::time::timeout(left, closed).await;
        if let Some(topic) = self.lock().get_mut(&(kind, site)) {
            topic.summarize(kind, Instant::now());
        }
    }

    /// Logs all summaries now.
    pub(crate) fn flush(&self) {
        for ((kind, _), topic) in &mut *self.lock() {
            topic.summarize(*kind, Instant::now());
        }
    }

    /// Notes that a fault of the store was logged.
    pub(crate) fn note_fault(&self) {
        self.has_fault.store(true, Relaxed);
    }

    /// Returns whether a fault of the store was logged since the last call of this function.
    pub(crate) fn had_fault(&self) -> bool {
        self.has_fault.load(Relaxed) && self.has_fault.swap(false, Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<(Kind, usize), Topic>> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn address(site: Option<&'static Site>) -> usize {
    // mutant: one function's warnings hide another's
    site.map_or(0, |site| ptr::from_ref(site).addr())
}

#[cfg(test)]
mod tests {
    use super::*;

    static FIRST: Site = Site::cached("shop", "first", "shop.rs", 1, 1);
    static SECOND: Site = Site::cached("shop", "second", "shop.rs", 9, 1);

    #[test]
    fn each_kind_of_each_function_has_one_line_in_a_time() {
        let warnings = Warnings::new(Arc::default());
        let began = Instant::now();
        let judge = |kind, site, after| warnings.judge(kind, site, began + after);
        assert_eq!(judge(Kind::Fault, Some(&FIRST), Duration::ZERO), Verdict::Log);
        assert_eq!(judge(Kind::Fault, Some(&FIRST), SPAN / 2), Verdict::First);
        assert_eq!(judge(Kind::Fault, Some(&FIRST), SPAN / 2), Verdict::LeftOut);
        assert_eq!(judge(Kind::Fault, Some(&SECOND), SPAN / 2), Verdict::Log);
        assert_eq!(judge(Kind::Stale, Some(&FIRST), SPAN / 2), Verdict::Log);
        assert_eq!(judge(Kind::Fault, None, SPAN / 2), Verdict::Log);
        // The summary comes first, and is the line of its time.
        assert_eq!(judge(Kind::Fault, Some(&FIRST), SPAN * 2), Verdict::LeftOut);
        let mut topics = warnings.lock();
        let topic = topics.get_mut(&(Kind::Fault, address(Some(&FIRST)))).unwrap();
        assert!(topic.summarize(Kind::Fault, began + SPAN * 2));
        assert!(!topic.summarize(Kind::Fault, began + SPAN * 2));
        drop(topics);
        assert_eq!(judge(Kind::Fault, Some(&FIRST), SPAN * 5 / 2), Verdict::First);
    }

    #[test]
    fn a_topic_that_was_quiet_is_logged_at_once() {
        let warnings = Warnings::new(Arc::default());
        let began = Instant::now();
        assert_eq!(warnings.judge(Kind::Fault, None, began), Verdict::Log);
        assert_eq!(warnings.judge(Kind::Fault, None, began + SPAN), Verdict::Log);
    }
}
