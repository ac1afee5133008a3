//! What `#[invalidates]` does: run the write, then delete what it made stale.

use crate::cache::{Cache, ambient};
use crate::call::Call;
use crate::defer;
use crate::error::{Error, Result};
use crate::invalidation::{self, Invalidation};
use crate::key::KeyArg;
use crate::named::{NamedCall, Reachable};
use crate::outcome::Outcome;
use crate::site::{Part, Site};
use std::borrow::Cow;
use std::future::Future;

/// One call of a write, and what it will invalidate.
#[derive(Debug)]
pub struct Write {
    site: &'static Site,
    /// Nothing when no cache is installed.
    cache: Option<Cache>,
    targets: Vec<Target>,
    /// The pattern that is being filled.
    open: Option<Open>,
}

/// What is to be deleted, as a whole pattern, prefix included.
#[derive(Debug)]
enum Target {
    Pattern(String),
    /// The entry of one call, on the handle of its function.
    Call(Cache, String),
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
    text: String,
    rest: &'static [Part],
}

impl Open {
    fn push_literals(&mut self) {
        while let [Part::Text(literal), rest @ ..] = self.rest {
            self.text.push_str(literal);
            self.rest = rest;
        }
    }
}

/// Begins a write on the handle in scope, or on the installed one.
#[must_use]
pub fn write(site: &'static Site) -> Write {
    Write { site, cache: ambient::current().map(Cow::into_owned), targets: Vec::new(), open: None }
}

/// Begins a write on a given handle.
#[must_use]
pub fn write_on(cache: &Cache, site: &'static Site) -> Write {
    Write { site, cache: Some(cache.clone()), targets: Vec::new(), open: None }
}

/// A placeholder's value as it stands in a pattern.
#[derive(Debug)]
pub struct Filled(String);

/// Takes a placeholder's value. One that has no text becomes `*`: too much is deleted rather than too little.
#[must_use]
pub fn filled<How, T: KeyArg<How> + ?Sized>(value: &T) -> Filled {
    let mut text = String::new();
    let written = value.write_segment(&mut text);
    Filled(written.map_or_else(|_| "*".to_owned(), |()| text))
}

impl Write {
    /// Begins the attribute's pattern with this index.
    #[must_use]
    pub fn pattern(mut self, index: usize) -> Self {
        self.close();
        if let (Some(cache), Some(parts)) = (&self.cache, self.site.patterns.get(index)) {
            let mut open = Open { text: cache.full_pattern(""), rest: parts };
            open.push_literals();
            self.open = Some(open);
        }
        self
    }

    /// Fills the pattern's next placeholder.
    #[must_use]
    pub fn fill<How, T: KeyArg<How> + ?Sized>(self, value: &T) -> Self {
        if self.open.is_none() { self } else { self.filled(filled(value)) }
    }

    /// Fills the pattern's next placeholder with a value that was taken before the body ran.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "each is used once")]
    pub fn filled(mut self, value: Filled) -> Self {
        if let Some(open) = &mut self.open {
            open.text.push_str(&value.0);
            open.rest = open.rest.get(1..).unwrap_or(&[]);
            open.push_literals();
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
            let own = call.own_handle().filter(|_| owner == Owner::Function);
            let Some(cache) = own.or(self.cache.as_ref()).cloned() else { continue };
            let patterns = call.key().map(|key| key.patterns()).unwrap_or_default();
            let patterns = patterns.iter().map(|pattern| cache.full_pattern(pattern));
            self.targets.extend(patterns.map(|pattern| Target::Call(cache.clone(), pattern)));
        }
        self
    }

    fn note_not_cached(self) -> Self {
        if let Some(cache) = &self.cache {
            cache.function(self.site).counters.failed_invalidations.increment();
        }
        let (function, file, line) = (self.site.label(), self.site.file, self.site.line);
        tracing::error!(target: "cache_runtime", function, file, line, "`#[invalidates]` names a call that is not `#[cached]`; its body has begun to run; annotate the method or remove the call");
        self
    }

    fn close(&mut self) {
        self.targets.extend(self.open.take().map(|open| Target::Pattern(open.text)));
    }

    /// What is to be deleted now; nothing when a transaction keeps it for later.
    fn due(mut self) -> Vec<Invalidation> {
        self.close();
        let (site, cache) = (Some(self.site), self.cache);
        let due = self.targets.into_iter().filter_map(|target| {
            Some(match target {
                Target::Pattern(pattern) => {
                    Invalidation { cache: cache.clone()?, site, pattern, is_call: false }
                }
                Target::Call(cache, pattern) => {
                    Invalidation { cache, site, pattern, is_call: true }
                }
            })
        });
        defer::keep(due.collect()).unwrap_or_default()
    }

    /// Deletes everything that was named. Faults are counted, logged and made up for, whoever else hears of them.
    async fn run(self) -> Result<()> {
        let due = self.due();
        if due.is_empty() { Ok(()) } else { invalidation::run_all(due).await.map(drop) }
    }

    fn run_blocking(self) -> Result<()> {
        let due = self.due();
        if due.is_empty() { Ok(()) } else { invalidation::run_all_blocking(due).map(drop) }
    }
}

/// A write that is invalidated however it ends. Dropped while it runs, its outcome is unknown: the invalidations run, and once more when the database is
/// done with it.
struct Always(Option<Write>);

impl Always {
    fn of(write: Write) -> Self {
        Self(Some(write))
    }

    async fn run(mut self) -> Result<()> {
        match self.0.take() {
            Some(write) => write.run().await,
            None => Ok(()),
        }
    }

    fn run_blocking(mut self) -> Result<()> {
        self.0.take().map_or(Ok(()), Write::run_blocking)
    }
}

impl Drop for Always {
    fn drop(&mut self) {
        let due = self.0.take().map(Write::due).unwrap_or_default();
        if !due.is_empty() {
            invalidation::detach_in_doubt(due);
        }
    }
}

/// A return value that can be a fault of the cache.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot hold what an invalidation failed with",
    label = "this is no `Result`",
    note = "`on_error = \"return\"` is for functions that return a `Result` whose error type is `From<cache_runtime::Error>`"
)]
pub trait Fallible {
    /// The return value for a fault.
    fn failed(error: Error) -> Self;
}

impl<T, E: From<Error>> Fallible for Result<T, E> {
    fn failed(error: Error) -> Self {
        Err(error.into())
    }
}

/// The value, or what its invalidation failed with.
fn unless_failed<O: Outcome<Return: Fallible>>(
    value: O::Value,
    invalidated: Result<()>,
) -> O::Return {
    match invalidated {
        Ok(()) => O::restore(value),
        Err(error) => O::Return::failed(error),
    }
}

/// The same for what a function returned; an error of its own goes first.
fn unless_failed_after<O: Outcome<Return: Fallible>>(
    returned: O::Return,
    invalidated: Result<()>,
) -> O::Return {
    match O::split(returned) {
        Ok(value) => unless_failed::<O>(value, invalidated),
        Err(error) => error,
    }
}

/// Runs an async write, then its invalidations if it succeeded. `after` adds what depends on the result.
///
/// # Cancellation
///
/// Dropping the future drops the write. Once the write has returned, its invalidations run to their end, whatever
/// becomes of the caller.
#[expect(clippy::manual_async_fn, reason = "an async fn holds its arguments twice")]
pub fn invalidate_after<O, B, F>(
    write: Write,
    _outcome: O,
    after: impl FnOnce(&O::Value, Write) -> Write,
    body: B,
) -> impl Future<Output = F::Output>
where
    O: Outcome<Return = F::Output>,
    B: FnOnce() -> F,
    F: Future,
{
    async move {
        let value = match O::split(body().await) {
            Ok(value) => value,
            Err(error) => return error,
        };
        let write = after(&value, write);
        // The write has succeeded: its caller hears of nothing else.
        let _ = write.run().await;
        O::restore(value)
    }
}

/// The same after an error, too (`when = "always"`); no pattern names the result then.
///
/// # Cancellation
///
/// Dropping the future drops the write, and invalidates: nobody knows how far it came.
#[expect(clippy::manual_async_fn, reason = "an async fn holds its arguments twice")]
pub fn invalidate_always<O, B, F>(
    write: Write,
    _outcome: O,
    _after: impl FnOnce(&O::Value, Write) -> Write,
    body: B,
) -> impl Future<Output = F::Output>
where
    O: Outcome<Return = F::Output>,
    B: FnOnce() -> F,
    F: Future,
{
    async move {
        let write = Always::of(write);
        let returned = body().await;
        let _ = write.run().await;
        returned
    }
}

/// The same as [`invalidate_after`] for a blocking write.
pub fn invalidate_after_blocking<O, R>(
    write: Write,
    _outcome: O,
    after: impl FnOnce(&O::Value, Write) -> Write,
    body: impl FnOnce() -> R,
) -> R
where
    O: Outcome<Return = R>,
{
    let value = match O::split(body()) {
        Ok(value) => value,
        Err(error) => return error,
    };
    let write = after(&value, write);
    let _ = write.run_blocking();
    O::restore(value)
}

/// The same as [`invalidate_always`] for a blocking write.
pub fn invalidate_always_blocking<O, R>(
    write: Write,
    _outcome: O,
    _after: impl FnOnce(&O::Value, Write) -> Write,
    body: impl FnOnce() -> R,
) -> R
where
    O: Outcome<Return = R>,
{
    let write = Always::of(write);
    let returned = body();
    let _ = write.run_blocking();
    returned
}

/// The same as [`invalidate_after`], but what an invalidation fails with is returned (`on_error = "return"`).
#[expect(clippy::manual_async_fn, reason = "an async fn holds its arguments twice")]
pub fn invalidate_or_fail<O, B, F>(
    write: Write,
    _outcome: O,
    after: impl FnOnce(&O::Value, Write) -> Write,
    body: B,
) -> impl Future<Output = F::Output>
where
    O: Outcome<Return = F::Output>,
    B: FnOnce() -> F,
    F: Future<Output: Fallible>,
{
    async move {
        let value = match O::split(body().await) {
            Ok(value) => value,
            Err(error) => return error,
        };
        let write = after(&value, write);
        let invalidated = write.run().await;
        unless_failed::<O>(value, invalidated)
    }
}

/// The same as [`invalidate_always`], but what an invalidation fails with is returned.
#[expect(clippy::manual_async_fn, reason = "an async fn holds its arguments twice")]
pub fn invalidate_always_or_fail<O, B, F>(
    write: Write,
    _outcome: O,
    _after: impl FnOnce(&O::Value, Write) -> Write,
    body: B,
) -> impl Future<Output = F::Output>
where
    O: Outcome<Return = F::Output>,
    B: FnOnce() -> F,
    F: Future<Output: Fallible>,
{
    async move {
        let write = Always::of(write);
        let returned = body().await;
        let invalidated = write.run().await;
        unless_failed_after::<O>(returned, invalidated)
    }
}

/// The same as [`invalidate_or_fail`] for a blocking write.
pub fn invalidate_or_fail_blocking<O, R: Fallible>(
    write: Write,
    _outcome: O,
    after: impl FnOnce(&O::Value, Write) -> Write,
    body: impl FnOnce() -> R,
) -> R
where
    O: Outcome<Return = R>,
{
    let value = match O::split(body()) {
        Ok(value) => value,
        Err(error) => return error,
    };
    let write = after(&value, write);
    unless_failed::<O>(value, write.run_blocking())
}

/// The same as [`invalidate_always_or_fail`] for a blocking write.
pub fn invalidate_always_or_fail_blocking<O, R: Fallible>(
    write: Write,
    _outcome: O,
    _after: impl FnOnce(&O::Value, Write) -> Write,
    body: impl FnOnce() -> R,
) -> R
where
    O: Outcome<Return = R>,
{
    let write = Always::of(write);
    let returned = body();
    unless_failed_after::<O>(returned, write.run_blocking())
}
