//! Asking the compiler what a return type is, aliases seen through.
//!
//! Method look-up prefers the impl that needs the fewest steps away from the receiver: an optional value in a `Result` first, then any
//! `Result` or `Option`, then any type (David Tolnay's autoref specialisation); of two, the one whose error can be copied for other callers.
//! The receiver has one `&` more than the deepest impl, or that one would be reached by a reference taken, behind a less particular one.
//! The answers to a question are impls of one trait: rustc tries each trait in scope at each step, in every annotated function. The methods have names
//! that no trait of a user's has.

use crate::outcome::{
    Copying, Optional, OptionalResult, OptionalResultShared, Outcome, Plain, PlainResult,
    PlainResultShared,
};
use std::marker::PhantomData;

/// Asks the compiler which kind of outcome a type is.
#[derive(Debug)]
pub struct Probe<R>(PhantomData<fn() -> R>);

impl<R> Probe<R> {
    /// A question about `R`.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "generated code alone makes one")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// The kind of outcome that a [`Probe`]'s type is.
pub trait Answer {
    /// The kind of outcome.
    type Kind;
    /// Answers.
    fn __kind(&self) -> Self::Kind;
}

/// The same where no other caller can have a copy of the error.
pub trait AnswerUnshared {
    /// The kind of outcome.
    type Kind;
    /// Answers.
    fn __kind_unshared(&self) -> Self::Kind;
}

macro_rules! answers {
    ($($trait:ident::$method:ident<$($param:ident $(: $bound:path)?),+> for $probe:ty: $kind:ident<$($of:ident),+>;)*) => {$(
        impl<$($param $(: $bound + Send + 'static)?),+> $trait for $probe {
            type Kind = $kind<$($of),+>;

            fn $method(&self) -> Self::Kind {
                $kind::new()
            }
        }
    )*};
}

answers! {
    Answer::__kind<T, E: Clone> for &&&&Probe<Result<Option<T>, E>>: OptionalResultShared<T, E>;
    Answer::__kind<T, E> for &&&Probe<Result<Option<T>, E>>: OptionalResult<T, E>;
    Answer::__kind<T, E: Clone> for &&Probe<Result<T, E>>: PlainResultShared<T, E>;
    Answer::__kind<T, E> for &Probe<Result<T, E>>: PlainResult<T, E>;
    Answer::__kind<T> for &Probe<Option<T>>: Optional<T>;
    Answer::__kind<T> for Probe<T>: Plain<T>;

    AnswerUnshared::__kind_unshared<T, E> for &&Probe<Result<Option<T>, E>>: OptionalResult<T, E>;
    AnswerUnshared::__kind_unshared<T, E> for &Probe<Result<T, E>>: PlainResult<T, E>;
    AnswerUnshared::__kind_unshared<T> for &Probe<Option<T>>: Optional<T>;
    AnswerUnshared::__kind_unshared<T> for Probe<T>: Plain<T>;
}

/// Asks the compiler whether an outcome's value can be copied.
#[derive(Debug)]
pub struct CopyProbe<O>(PhantomData<fn() -> O>);

impl<O> CopyProbe<O> {
    /// A question about an outcome.
    #[must_use]
    pub const fn of(_outcome: &O) -> Self {
        Self(PhantomData)
    }
}

/// An outcome that copies its values where their type can; any other value stays as it is stored, and is decoded for each caller.
pub trait Copies {
    /// The outcome.
    type Outcome;
    /// The outcome that copies if it can.
    type Copying;
    /// Answers.
    fn __copying(&self, outcome: Self::Outcome) -> Self::Copying;
}

impl<O: Outcome> Copies for &CopyProbe<O>
where
    O::Value: Clone + Send + Sync + 'static,
{
    type Outcome = O;
    type Copying = Copying<O>;

    fn __copying(&self, _outcome: O) -> Copying<O> {
        Copying::new()
    }
}

impl<O: Outcome> Copies for CopyProbe<O> {
    type Outcome = O;
    type Copying = O;

    fn __copying(&self, outcome: O) -> O {
        outcome
    }
}

/// Names the outcome of a return type.
#[doc(hidden)]
#[macro_export]
macro_rules! __outcome {
    (_) => {
        $crate::__private::any()
    };
    (Result<_, _>) => {
        $crate::__private::any_result()
    };
    (@unshared _) => {
        $crate::__private::any()
    };
    (@unshared Result<_, _>) => {
        $crate::__private::any_result()
    };
    (@decoded _) => {
        $crate::__private::any()
    };
    (@decoded Result<_, _>) => {
        $crate::__private::any_result()
    };
    // The value stays as it is stored: it may borrow, or nobody keeps it in this process.
    (@decoded $returned:ty) => {{
        use $crate::__private::Answer as _;
        (&&&&&$crate::__private::Probe::<$returned>::new()).__kind()
    }};
    // No other caller can have a copy of the error either.
    (@unshared $returned:ty) => {{
        use $crate::__private::AnswerUnshared as _;
        (&&&$crate::__private::Probe::<$returned>::new()).__kind_unshared()
    }};
    ($returned:ty) => {{
        use $crate::__private::Copies as _;
        let outcome = $crate::__outcome!(@decoded $returned);
        (&&$crate::__private::CopyProbe::of(&outcome)).__copying(outcome)
    }};
}

#[cfg(test)]
mod tests {
    use super::*;

    type Alias<T> = Result<T, std::fmt::Error>;

    fn stored<O: Outcome>(_: &O, returned: O::Return) -> Option<bool> {
        O::split(returned).ok().map(|value| O::is_none(&value))
    }

    #[test]
    fn the_kind_is_found_through_aliases() {
        assert_eq!(stored(&__outcome!(Alias<u8>), Err(std::fmt::Error)), None);
        assert_eq!(stored(&__outcome!(Alias<u8>), Ok(1)), Some(false));
        assert_eq!(stored(&__outcome!(Alias<Option<u8>>), Ok(None)), Some(true));
        assert_eq!(stored(&__outcome!(Option<u8>), None), Some(true));
        assert_eq!(stored(&__outcome!(Vec<u8>), vec![]), Some(false));
    }

    #[derive(Debug)]
    struct NoCopy;

    fn shared<O: Outcome>(_: &O, returned: &O::Return) -> bool {
        O::share(returned).is_some_and(|shared| O::unshare(&shared).is_some())
    }

    #[test]
    fn an_error_that_can_be_copied_is_found_through_aliases() {
        assert!(shared(&__outcome!(Alias<u8>), &Err(std::fmt::Error)));
        assert!(shared(&__outcome!(Alias<Option<u8>>), &Err(std::fmt::Error)));
        assert!(!shared(&__outcome!(Alias<u8>), &Ok(1)));
        assert!(!shared(&__outcome!(Result<u8, NoCopy>), &Err(NoCopy)));
        assert!(!shared(&__outcome!(Result<Option<u8>, NoCopy>), &Err(NoCopy)));
        assert!(!shared(&__outcome!(Option<u8>), &None));
    }

    #[test]
    fn an_error_that_may_borrow_is_not_copied() {
        assert!(!shared(&__outcome!(@unshared Alias<u8>), &Err(std::fmt::Error)));
        assert_eq!(stored(&__outcome!(@unshared Alias<Option<u8>>), Ok(None)), Some(true));
        assert_eq!(stored(&__outcome!(@unshared Option<u8>), None), Some(true));
        assert_eq!(stored(&__outcome!(@unshared Vec<u8>), vec![]), Some(false));
    }
}
