//! What `#[invalidates]` does: run the write, then delete what it made stale.

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

/// One call of a write, and what it will invalidate.
///
/// Dropped while its body runs, the write may have happened, and may still happen: a database does
/// not stop because nobody waits for it. The invalidations run then, and once more when it must
/// have ended.
#[derive(Debug)]
pub struct Write {
    site: &'static Site,
    /// Nothing when no cache is installed.
    cache: Option<Cache>,
    targets: Vec<Target>,
    /// The pattern that is being filled.
    open: Option<Open>,
    progress: Progress,
}

/// How far a write has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    /// Its body has not begun.
    Named,
    /// Its body runs, or has run and nothing is known of its end yet.
    Begun,
    /// What it did is known.
    Ended,
}

/// What is to be deleted, as a whole pattern, prefix included.
#[derive(Debug)]
enum Target {
    Pattern(Template, &'static [Part]),
    /// The entry of one call, on the handle of its function.
    Call(Cache, String),
}

impl Target {
    /// Returns the pattern; what is not known yet matches anything.
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

/// A pattern with places for what the write will return: there is text before each and behind.
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

/// Whose handle a named call is deleted on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// The function's own, if it has one.
    Function,
    /// The one that the write names.
    Write,
}

#[derive(Debug)]
struct Open {
    /// What is written, with an end for each place of the result.
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

/// Returns a placeholder's value as it stands in a pattern. One that has no text becomes `*`: too
/// much is deleted rather than too little.
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

    /// Fills the next placeholder of all patterns that was left for what the write returns.
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

    /// Adds the entry of one call of a cached function, on the function's own handle if it has one, else on the write's.
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

    /// Begins the body: calls in it that the write will invalidate run past the cache.
    pub(crate) fn begin(&mut self) -> Arc<Pending> {
        self.close();
        self.progress = Progress::Begun;
        Pending::write(self.targets.iter().map(Target::pattern).collect())
    }

    /// What is to be deleted now; nothing when a transaction keeps it for later.
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

    /// Deletes everything that was named. Faults are counted, logged and made up for, whoever else hears of them.
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

    /// Hears that the write has failed: nothing was made stale.
    pub(crate) fn forget(mut self) {
        self.progress = Progress::Ended;
    }
}

/// How many writes have invalidated nothing for want of a handle.
static WITHOUT_HANDLE: AtomicU64 = AtomicU64::new(0);

/// How many calls of `#[invalidates]` functions in this process have invalidated nothing because no
/// handle was where they ran, though one is or was in scope elsewhere: in a task, say, that was
/// begun with `tokio::spawn` and not with [`Cache::spawn`]. No handle counts them, so that the
/// process does. Each function is logged, too, once.
#[must_use]
pub fn invalidations_without_handle() -> u64 {
    WITHOUT_HANDLE.load(Relaxed)
}

/// Counts, and says once of a function, that it invalidates nothing where no handle is, though
/// there is one elsewhere: a task that was spawned has none of the one in scope around it.
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

/// Runs an async write, then its invalidations unless it has failed. `after` adds what depends on
/// the result of a success; after an error, what names the result matches anything.
///
/// # Cancellation
///
/// Dropping the future drops the write, and invalidates: nobody knows how far it came. Once the
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
        // They part so that an error need not be `Send` for the future to be.
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

/// Adds to a write what depends on its result.
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
