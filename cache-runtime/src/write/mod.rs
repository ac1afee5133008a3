//! Answers `#[invalidates]`: runs the write, then deletes the entries that it made stale.

pub(crate) mod async_fn;
pub(crate) mod opening;
pub(crate) mod outcome;
pub(crate) mod refresh;
pub(crate) mod transaction;

use crate::cache::Cache;
use crate::cache::context::current;
use crate::cache::context::pending::{self, Pending};
use crate::cache::invalidation::{self, Invalidation};
use crate::cache::warnings::Kind;
use crate::call::Call;
use crate::call::named::{NamedCall, Reachable};
use crate::error::Result;
use crate::function::origin::Origin;
use crate::function::site::{Calls, Part, Site};
use crate::key::KeyArg;
use outcome::WriteOutcome;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::{mem, ptr};

/// A call of a write, with the patterns and entries that the call will invalidate.
///
/// If a `Write` is dropped while its body runs, the write may have happened, and may still happen.
/// A database does not stop because nobody waits for it. The invalidations then run at once, and
/// once more when the write must have ended.
#[derive(Debug)]
pub struct Write {
    site: &'static Site,
    /// The handle of the write. `None` if no cache is installed.
    cache: Option<Cache>,
    targets: Vec<Target>,
    /// The pattern that is being filled.
    open: Option<Open>,
    progress: Progress,
}

/// The progress of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    /// The body has not begun.
    Named,
    /// The body runs, or has run and its end is not known yet.
    Begun,
    /// The end of the write is known.
    Ended,
}

/// A target of deletion, as a whole pattern that includes the prefix.
#[derive(Debug)]
enum Target {
    Pattern(Template, &'static [Part]),
    /// The entry of one call, on the handle of the call's function.
    Call(Cache, String),
}

impl Target {
    /// Returns the pattern. A place whose value is not known yet matches anything.
    fn pattern(&self) -> String {
        match self {
            // mutant: what no result tells is left out of a pattern
            Self::Pattern(template, _) => template.0.join("*"),
            Self::Call(_, pattern) => pattern.clone(),
        }
    }

    /// Returns the invalidation, on the handle of the write or of the call's function.
    fn due(self, site: &'static Site, own: Option<&Cache>) -> Option<Invalidation> {
        let pattern = self.pattern();
        let (cache, origin) = match self {
            Self::Pattern(_, parts) => (own?.clone(), Origin::Pattern(site, parts)),
            Self::Call(cache, _) => (cache, Origin::Call(site)),
        };
        Some(Invalidation { cache, pattern, origin })
    }
}

/// A pattern with places for parts of the write's result. Each place has text before and after it.
#[derive(Debug)]
struct Template(Vec<String>);

impl Template {
    /// Puts a value in the next place, if there is one.
    fn fill(&mut self, value: &str) {
        if let [first, second, ..] = &mut *self.0 {
            first.push_str(value);
            first.push_str(second);
            self.0.remove(1);
        }
    }

    fn has_places(&self) -> bool {
        self.0.len() > 1
    }
}

/// The owner of the handle on which a named call is deleted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// The function's own handle, if it has one.
    Function,
    /// The handle that the write names.
    Write,
}

#[derive(Debug)]
struct Open {
    /// The text of the pattern so far, with a gap for each place of the result.
    written: Template,
    parts: &'static [Part],
    rest: &'static [Part],
}

impl Open {
    fn new(prefix: String, parts: &'static [Part]) -> Self {
        let mut open = Self { written: Template(vec![prefix]), parts, rest: parts };
        open.push_literals();
        open
    }

    fn push_literals(&mut self) {
        while let [Part::Text(literal), rest @ ..] = self.rest {
            self.push(literal);
            self.rest = rest;
        }
    }

    fn push(&mut self, text: &str) {
        if let Some(last) = self.written.0.last_mut() {
            last.push_str(text);
        }
    }

    /// Goes on behind a placeholder.
    fn go_on(&mut self) {
        self.rest = self.rest.get(1..).unwrap_or(&[]);
        self.push_literals();
    }
}

/// Begins a write on the handle in scope, or on the installed one.
#[must_use]
pub fn write(site: &'static Site) -> Write {
    Write::new(site, current::current().map(Cow::into_owned))
}

/// Begins a write on a given handle.
#[must_use]
pub fn write_on(cache: &Cache, site: &'static Site) -> Write {
    Write::new(site, Some(cache.clone()))
}

/// Returns a placeholder's value as it stands in a pattern. A value without a text becomes `*`,
/// which deletes too much rather than too little.
fn segment<Via, T: KeyArg<Via> + ?Sized>(value: &T) -> String {
    let mut text = String::new();
    let written = value.write_segment(&mut text);
    written.map_or_else(|_| "*".to_owned(), |()| text)
}

impl Write {
    fn new(site: &'static Site, cache: Option<Cache>) -> Self {
        // mutant: a write that did not begin is in doubt
        Self { site, cache, targets: Vec::new(), open: None, progress: Progress::Named }
    }

    /// Begins the attribute's pattern with this index.
    #[must_use]
    pub fn pattern(mut self, index: usize) -> Self {
        self.close();
        if let (Some(cache), Some(parts)) = (&self.cache, self.site.patterns.get(index)) {
            self.open = Some(Open::new(cache.full_pattern(""), parts));
        }
        self
    }

    /// Fills the pattern's next placeholder.
    #[must_use]
    pub fn fill<Via, T: KeyArg<Via> + ?Sized>(mut self, value: &T) -> Self {
        if let Some(open) = &mut self.open {
            open.push(&segment(value));
            open.go_on();
        }
        self
    }

    /// Leaves the pattern's next placeholder for what the write returns.
    #[must_use]
    pub fn of_result(mut self) -> Self {
        if let Some(open) = &mut self.open {
            open.written.0.push(String::new());
            open.go_on();
        }
        self
    }

    /// Fills the next placeholder, of all patterns, that was left for the write's result.
    #[must_use]
    pub fn result<Via, T: KeyArg<Via> + ?Sized>(mut self, value: &T) -> Self {
        self.close();
        let mut patterns = self.targets.iter_mut().filter_map(|target| match target {
            Target::Pattern(template, _) if template.has_places() => Some(template),
            _ => None,
        });
        if let Some(template) = patterns.next() {
            template.fill(&segment(value));
        }
        self
    }

    /// Adds the entry of one call of a cached function. The handle is the function's own, or else
    /// the write's.
    #[must_use]
    pub fn key<R, By: Reachable>(self, named: impl FnOnce() -> NamedCall<R, By>) -> Self {
        self.named(named().into_calls(), Owner::Function)
    }

    /// Adds the entry of one call of a cached function, on the handle that the write names.
    #[must_use]
    pub fn key_here<R, By>(self, named: impl FnOnce() -> NamedCall<R, By>) -> Self {
        self.named(named().into_calls(), Owner::Write)
    }

    fn named(mut self, calls: Option<Vec<Call>>, owner: Owner) -> Self {
        let Some(calls) = calls else { return self.note_not_cached() };
        self.close();
        for call in calls {
            // mutant: a named call is deleted on the handle of the write
            let own = call.own_handle().filter(|_| owner == Owner::Function);
            let Some(cache) = own.or(self.cache.as_ref()).cloned() else { continue };
            let patterns = call.key().map(|key| key.patterns()).unwrap_or_default();
            let patterns = patterns.iter().map(|pattern| cache.full_pattern(pattern));
            self.targets.extend(patterns.map(|pattern| Target::Call(cache.clone(), pattern)));
        }
        self
    }

    fn note_not_cached(self) -> Self {
        self.count_failed();
        if let Some(cache) = &self.cache
            && !cache.may_warn(Kind::NotCached, Some(self.site))
        {
            return self;
        }
        let (function, file, line) = (self.site.label(), self.site.file, self.site.line);
        tracing::error!(target: "cache_runtime", function, file, line, "`#[invalidates]` names a call that is not `#[cached]`; its body has begun to run; annotate the method or remove the call");
        self
    }

    fn count_failed(&self) {
        if let Some(cache) = &self.cache {
            cache.function(self.site).counters.failed_invalidations.increment();
        }
    }

    fn close(&mut self) {
        let open = self.open.take();
        self.targets.extend(open.map(|open| Target::Pattern(open.written, open.parts)));
    }

    /// Begins the body. Calls in the body that the write will invalidate run without the cache.
    pub(crate) fn begin(&mut self) -> Arc<Pending> {
        self.close();
        self.progress = Progress::Begun;
        Pending::write(self.targets.iter().map(Target::pattern).collect())
    }

    /// Returns the invalidations that are to run now. Returns an empty list if a transaction defers
    /// them.
    fn due(&mut self) -> Vec<Invalidation> {
        self.close();
        let names_nothing = self.targets.is_empty() || !self.site.patterns.is_empty();
        if self.cache.is_none() && names_nothing && current::was_scoped() {
            warn_without_handle(self.site);
        }
        let (site, cache) = (self.site, self.cache.take());
        let targets = mem::take(&mut self.targets).into_iter();
        let due = targets.filter_map(|target| target.due(site, cache.as_ref()));
        pending::keep(due.collect()).unwrap_or_default()
    }

    /// Deletes everything that was named. Faults are counted, logged and retried, also if the
    /// caller ignores them.
    ///
    /// # Errors
    ///
    /// Fails if the store failed.
    pub(crate) async fn run(mut self) -> Result<()> {
        let due = self.end();
        if due.is_empty() { Ok(()) } else { invalidation::run_all(due).await.map(drop) }
    }

    fn run_blocking(mut self) -> Result<()> {
        let due = self.end();
        if due.is_empty() { Ok(()) } else { invalidation::run_all_blocking(due).map(drop) }
    }

    fn end(&mut self) -> Vec<Invalidation> {
        self.progress = Progress::Ended;
        self.due()
    }

    /// Ends a write that has failed, so that nothing was made stale.
    pub(crate) fn forget(mut self) {
        self.progress = Progress::Ended;
    }
}

/// The number of writes that have invalidated nothing for want of a handle.
static WITHOUT_HANDLE: AtomicU64 = AtomicU64::new(0);

/// Returns the number of calls of `#[invalidates]` functions that have invalidated nothing for want
/// of a handle.
///
/// The number is that of this process since its start. A call counts if it found no handle although
/// a handle is or was in scope elsewhere. A task that was begun with `tokio::spawn` and not with
/// [`Cache::spawn`] is an example. The process counts, because there is no handle to count. Each
/// such function is also logged, once.
#[must_use]
pub fn invalidations_without_handle() -> u64 {
    WITHOUT_HANDLE.load(Relaxed)
}

/// Counts a write that invalidates nothing for want of a handle, and logs each such function once.
///
/// A handle exists elsewhere: a spawned task does not have the handle that is in scope around it.
#[cold]
fn warn_without_handle(site: &'static Site) {
    static WARNED: Mutex<BTreeSet<usize>> = Mutex::new(BTreeSet::new());
    WITHOUT_HANDLE.fetch_add(1, Relaxed);
    let mut warned = WARNED.lock().unwrap_or_else(PoisonError::into_inner);
    if warned.insert(ptr::from_ref(site).addr()) {
        let (function, file, line) = (site.label(), site.file, site.line);
        tracing::warn!(target: "cache_runtime", function, file, line, "`#[invalidates]` has no handle here and invalidates nothing; begin the task with `Cache::spawn`, or `install` the handle");
    }
}

impl Drop for Write {
    fn drop(&mut self) {
        if self.progress != Progress::Begun {
            return;
        }
        if let Some(cache) = self.cache.as_ref().filter(|_| self.site.calls == Calls::Late) {
            self.count_failed();
            if cache.may_warn(Kind::Unnamed, Some(self.site)) {
                tracing::warn!(target: "cache_runtime", function = self.site.label(), "a write was dropped or panicked on its way, and nobody knows the entries that it names by its `result`; they may be stale for their TTL; name a pattern beside them");
            }
        }
        let due = self.due();
        // mutant: a write that is dropped is forgotten
        if !due.is_empty() {
            invalidation::spawn_in_doubt(due);
        }
    }
}

/// Runs an async write, then its invalidations unless the write has failed. `after` adds the
/// targets that depend on the result of a success. If the write fails under `when = "always"`,
/// placeholders of the result match anything.
///
/// # Cancellation
///
/// Dropping the future drops the write and invalidates, because its progress is not known. Once the
/// write has returned, its invalidations run to their end, whatever becomes of the caller.
#[expect(clippy::manual_async_fn, reason = "an async fn holds its arguments twice")]
pub fn invalidate_after<O, B, F>(
    mut write: Write,
    outcome: O,
    after: impl FnOnce(&O::Success, Write) -> Write,
    body: B,
) -> impl Future<Output = F::Output>
where
    O: WriteOutcome<Return = F::Output>,
    B: FnOnce() -> F,
    F: Future,
{
    async move {
        let pending = write.begin();
        // Value and error part here, so that the future is `Send` even if the error is not.
        let value = match O::split(pending.scope(body()).await) {
            Ok(value) => value,
            Err(error) => {
                write.forget();
                return error;
            }
        };
        let invalidated = completed::<O>(write, &value, after).run().await;
        outcome.answer(value, invalidated)
    }
}

/// Blocking version of [`invalidate_after`].
#[expect(clippy::needless_pass_by_value, reason = "generated code has no more use for its outcome")]
pub fn invalidate_after_blocking<O: WriteOutcome>(
    mut write: Write,
    outcome: O,
    after: impl FnOnce(&O::Success, Write) -> Write,
    body: impl FnOnce() -> O::Return,
) -> O::Return {
    match O::split(write.begin().run(body)) {
        Ok(value) => {
            let invalidated = completed::<O>(write, &value, after).run_blocking();
            outcome.answer(value, invalidated)
        }
        Err(error) => {
            write.forget();
            error
        }
    }
}

/// Adds to a write the targets that depend on its result.
fn completed<O: WriteOutcome>(
    write: Write,
    value: &O::Value,
    after: impl FnOnce(&O::Success, Write) -> Write,
) -> Write {
    match O::success(value) {
        Some(success) => after(success, write),
        None => write,
    }
}
