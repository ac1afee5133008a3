//! The one error type of this crate.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// What went wrong in a cache operation that was asked for by hand, or while a handle was built.
///
/// Annotated functions never return it: there, a fault of the cache is counted, logged and passed over.
/// The type is opaque; ask it with the `is_*` predicates. Its text never holds a password, a URL with
/// credentials, or a value that was or should be cached. Nor does `Debug` show such a thing, or the
/// [source](std::error::Error::source), whose text this crate does not know.
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

/// A shorthand for results with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    fn new(kind: Kind, message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    /// Adds the error that this one comes from; for implementors of [`Store`](crate::store::Store).
    #[must_use]
    pub fn with_source(self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self { source: Some(Arc::new(source)), ..self }
    }

    /// An option, URL or environment variable holds something unusable.
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

    /// A pass over the store's keys took longer than an invalidation waits for one.
    pub(crate) fn slow_pass() -> Self {
        Self::new(Kind::Timeout, "a pass over the store's keys did not end in time")
    }

    /// Makes the error of a store that cannot be reached; for implementors of [`Store`](crate::store::Store).
    pub fn unreachable(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Unreachable, message)
    }

    /// Makes the error of a store that answered with an error; for implementors of [`Store`](crate::store::Store).
    pub fn server(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Server, message)
    }

    /// Makes the error of a key that holds something that is not a byte string (in Redis: `WRONGTYPE`);
    /// for implementors of [`Store`](crate::store::Store).
    #[must_use]
    pub fn foreign() -> Self {
        Self::new(Kind::Foreign, "the key holds something that is not a string")
    }

    /// Whether an option, URL or environment variable was unusable.
    #[must_use]
    pub fn is_config(&self) -> bool {
        self.kind == Kind::Config
    }

    /// Whether the store could not be reached: refused, dropped, or not yet back after a fault.
    #[must_use]
    pub fn is_unreachable(&self) -> bool {
        self.kind == Kind::Unreachable
    }

    /// Whether the store did not answer within the budget.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.kind == Kind::Timeout
    }

    /// Whether the store answered with an error, such as `OOM` or `READONLY`.
    #[must_use]
    pub fn is_server(&self) -> bool {
        self.kind == Kind::Server
    }

    /// Whether the key holds something that is not a byte string.
    #[must_use]
    pub fn is_foreign(&self) -> bool {
        self.kind == Kind::Foreign
    }

    /// Whether a value could not be turned into an entry.
    #[must_use]
    pub fn is_codec(&self) -> bool {
        self.kind == Kind::Codec
    }

    /// Whether a key or a pattern was unusable.
    #[must_use]
    pub fn is_key(&self) -> bool {
        self.kind == Kind::Key
    }

    /// Whether a cache had been installed before.
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
