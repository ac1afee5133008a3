//! The one error type of this crate.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// An error of a cache operation that was asked for by hand, or of building a handle.
///
/// Annotated functions never return this error. In an annotated function, a fault of the cache is
/// counted and logged, and the function runs without the cache.
///
/// The type is opaque, and its `is_*` predicates tell the kinds apart. The text never holds a
/// password, a URL with credentials, or a value that was or should be cached. `Debug` shows none of
/// these, and leaves out the [source](std::error::Error::source), whose text this crate does not
/// know.
#[derive(Clone)]
pub struct Error {
    kind: Kind,
    message: Cow<'static, str>,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Config,
    Unreachable,
    Timeout,
    Server,
    Foreign,
    Codec,
    Key,
    Install,
}

/// A result with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    fn new(kind: Kind, message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    /// Adds the error that caused this one, for implementors of [`Store`](crate::store::Store).
    #[must_use]
    pub fn with_source(self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self { source: Some(Arc::new(source)), ..self }
    }

    /// Makes the error of an option, URL or environment variable that is unusable.
    pub(crate) fn config(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Config, message)
    }

    pub(crate) fn codec(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Codec, message)
    }

    pub(crate) fn key(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Key, message)
    }

    pub(crate) fn install() -> Self {
        Self::new(
            Kind::Install,
            "a cache is installed already; install once, at start, and use `scope` in tests",
        )
    }

    pub(crate) fn timeout() -> Self {
        Self::new(Kind::Timeout, "the store did not answer within the budget")
    }

    /// Makes the error of a pass over the store's keys that took longer than an invalidation waits
    /// for one.
    pub(crate) fn slow_pass() -> Self {
        Self::new(Kind::Timeout, "a pass over the store's keys did not end in time")
    }

    /// Makes the error of a store that cannot be reached, for implementors of
    /// [`Store`](crate::store::Store).
    pub fn unreachable(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Unreachable, message)
    }

    /// Makes the error of a store that answered with an error, for implementors of
    /// [`Store`](crate::store::Store).
    pub fn server(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Server, message)
    }

    /// Makes the error of a key whose value is not a byte string (in Redis: `WRONGTYPE`), for
    /// implementors of [`Store`](crate::store::Store).
    #[must_use]
    pub fn foreign() -> Self {
        Self::new(Kind::Foreign, "the key holds something that is not a string")
    }

    /// Returns whether an option, URL or environment variable was unusable.
    #[must_use]
    pub fn is_config(&self) -> bool {
        self.kind == Kind::Config
    }

    /// Returns whether the store could not be reached: refused, dropped, not yet back after a
    /// fault, or shut down.
    #[must_use]
    pub fn is_unreachable(&self) -> bool {
        self.kind == Kind::Unreachable
    }

    /// Returns whether the store did not answer within the budget, or a pass over its keys took too
    /// long.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.kind == Kind::Timeout
    }

    /// Returns whether the store answered with an error, such as `OOM` or `READONLY`.
    #[must_use]
    pub fn is_server(&self) -> bool {
        self.kind == Kind::Server
    }

    /// Returns whether the key holds a value that is not a byte string.
    #[must_use]
    pub fn is_foreign(&self) -> bool {
        self.kind == Kind::Foreign
    }

    /// Returns whether a value could not be turned into an entry.
    #[must_use]
    pub fn is_codec(&self) -> bool {
        self.kind == Kind::Codec
    }

    /// Returns whether a key or a pattern was unusable.
    #[must_use]
    pub fn is_key(&self) -> bool {
        self.kind == Kind::Key
    }

    /// Returns whether a cache had been installed before.
    #[must_use]
    pub fn is_already_installed(&self) -> bool {
        self.kind == Kind::Install
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({:?}: {})", self.kind, self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
