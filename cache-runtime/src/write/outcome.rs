//! The meaning of a write's return value under the attribute's options. The options say whether an
//! error is a failure, and whether a failed invalidation is returned.

use crate::error::{Error, Result};
use crate::function::outcome::{Optional, OptionalResult, Outcome, Plain, PlainResult};

/// The outcome of a write, which decides how the write ends.
///
/// An outcome stands in the future of a write. For the reason that [`Outcome`] gives, no `impl` of
/// this trait has a bound on what a function returns.
pub trait WriteOutcome: Outcome {
    /// The type that the write's patterns and calls can take parts of.
    type Success;

    /// Returns the value of a success, and `None` after an error.
    fn success(value: &Self::Value) -> Option<&Self::Success>;

    /// Returns the return value of the write, once its invalidations have run.
    fn answer(&self, value: Self::Value, _invalidated: Result<()>) -> Self::Return {
        Self::restore(value)
    }
}

macro_rules! every_value_is_a_success {
    ($($kind:ident<$($param:ident),+>),*) => {$(
        impl<$($param),+> WriteOutcome for $kind<$($param),+> {
            type Success = Self::Value;

            fn success(value: &Self::Value) -> Option<&Self::Value> {
                Some(value)
            }
        }
    )*};
}

every_value_is_a_success!(OptionalResult<T, E>, PlainResult<T, E>, Optional<T>, Plain<T>);

/// Option `when = "always"`. An error counts as a value, and is held while the invalidations run.
#[derive(Debug)]
pub struct Always<O>(O);

/// Sets option `when = "always"`.
pub fn always<O: WriteOutcome>(outcome: O) -> Always<O> {
    Always(outcome)
}

impl<O: Outcome> Outcome for Always<O> {
    type Return = O::Return;
    type Value = Result<O::Value, O::Return>;
    type Codec = O::Codec;

    fn split(returned: O::Return) -> Result<Self::Value, O::Return> {
        Ok(O::split(returned))
    }

    fn restore(value: Self::Value) -> O::Return {
        value.map_or_else(|error| error, O::restore)
    }

    fn is_none(value: &Self::Value) -> bool {
        value.as_ref().is_ok_and(O::is_none)
    }
}

impl<O: WriteOutcome> WriteOutcome for Always<O> {
    type Success = O::Success;

    fn success(value: &Self::Value) -> Option<&O::Success> {
        value.as_ref().ok().and_then(O::success)
    }

    fn answer(&self, value: Self::Value, invalidated: Result<()>) -> O::Return {
        // If the function has an error of its own, that error is returned and not the fault.
        value.map_or_else(|error| error, |value| self.0.answer(value, invalidated))
    }
}

/// A return type that can hold a fault of the cache.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot hold what an invalidation failed with",
    label = "this is no `Result`",
    note = "`on_error = \"return\"` is for functions that return a `Result` whose error type is `From<cache_runtime::Error>`"
)]
pub trait Fallible {
    /// Returns the return value for a fault.
    fn failed(error: Error) -> Self;
}

impl<T, E: From<Error>> Fallible for Result<T, E> {
    fn failed(error: Error) -> Self {
        Err(error.into())
    }
}

/// Option `on_error = "return"`. A failed invalidation is returned in place of the value.
#[derive(Debug)]
pub struct Reporting<O: Outcome> {
    failed: fn(Error) -> O::Return,
}

/// Sets option `on_error = "return"`.
pub fn reporting<O: WriteOutcome>(_outcome: O, failed: fn(Error) -> O::Return) -> Reporting<O> {
    Reporting { failed }
}

impl<O: Outcome> Outcome for Reporting<O> {
    type Return = O::Return;
    type Value = O::Value;
    type Codec = O::Codec;

    fn split(returned: O::Return) -> Result<O::Value, O::Return> {
        O::split(returned)
    }

    fn restore(value: O::Value) -> O::Return {
        O::restore(value)
    }

    fn is_none(value: &O::Value) -> bool {
        O::is_none(value)
    }
}

impl<O: WriteOutcome> WriteOutcome for Reporting<O> {
    type Success = O::Success;

    fn success(value: &O::Value) -> Option<&O::Success> {
        O::success(value)
    }

    fn answer(&self, value: O::Value, invalidated: Result<()>) -> O::Return {
        // mutant: a failed invalidation is not returned
        invalidated.map_or_else(self.failed, |()| O::restore(value))
    }
}
