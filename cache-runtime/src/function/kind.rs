//! Asks the compiler what a return type is, even behind aliases.
//!
//! Method look-up prefers the impl that needs the fewest steps away from the receiver. An optional
//! value in a `Result` comes first, then any `Result` or `Option`, then any type (David Tolnay's
//! autoref specialisation). The receiver has one `&` more than the deepest impl. Otherwise the
//! deepest impl would be reached by an added reference, after a less specific impl. All answers to
//! a question are impls of one trait, because rustc tries each trait in scope at each step, in
//! every annotated function. The methods have names that no user's trait has.
//!
//! Method look-up assumes that `T: 'static` holds. If it does not, rustc reports the bound as
//! missing when no other impl can be chosen any more. A question with this bound therefore asks for
//! [`Lasting`] as well.

use crate::function::outcome::{
    Compared, Copying, Optional, OptionalResult, Outcome, Plain, PlainResult, Sharing,
};
use crate::function::trial::{ByDebug, ByEq};
use std::fmt::Debug;
use std::marker::PhantomData;
use std::mem::Discriminant;
use std::panic::UnwindSafe;

/// Asks the compiler which kind of outcome a type is.
#[derive(Debug)]
pub struct Probe<R>(PhantomData<fn() -> R>);

impl<R> Probe<R> {
    /// Returns a question about `R`.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "only generated code creates one")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// The kind of outcome that a [`Probe`]'s type is.
pub trait Answer {
    /// The kind of outcome.
    type Kind;
    /// Returns the kind of outcome.
    fn __kind(&self) -> Self::Kind;
}

macro_rules! answers {
    ($(<$($param:ident),+> for $probe:ty: $kind:ident;)*) => {$(
        impl<$($param),+> Answer for $probe {
            type Kind = $kind<$($param),+>;

            fn __kind(&self) -> Self::Kind {
                $kind::new()
            }
        }
    )*};
}

answers! {
    <T, E> for &&Probe<Result<Option<T>, E>>: OptionalResult;
    <T, E> for &Probe<Result<T, E>>: PlainResult;
    <T> for &Probe<Option<T>>: Optional;
    <T> for Probe<T>: Plain;
}

/// The lifetime of a type that hides one. `ParseError` hides the lifetime of `ParseError<'_>`, for
/// example.
#[derive(Debug)]
pub struct Hidden<'a>(PhantomData<&'a ()>);

/// A function type `fn(Hidden) -> T`, to name its return type. In that type, each hidden lifetime
/// is `'static`, even where no lifetime could be elided.
pub trait Returns {
    /// The return type `T`.
    type Returned;
}

impl<F: FnOnce(Hidden<'static>) -> R, R> Returns for F {
    type Returned = R;
}

/// Types, as `fn(Hidden) -> T`, that surely outlive everything: types that are no type parameter
/// and hide no lifetime.
///
/// If `T` hides a lifetime, that lifetime is the one of `Hidden`, so that the function pointer does
/// not return a single type `T`. The compiler does not know the discriminant of a type parameter,
/// or of a type that comes from one, such as `D::Error`. Nothing then says that the discriminant is
/// `UnwindSafe`.
pub trait Lasting {}

impl Lasting for () {}

impl<T: Lasting, Rest: Lasting> Lasting for (T, Rest) {}

impl<T> Lasting for for<'a> fn(Hidden<'a>) -> T where Discriminant<T>: UnwindSafe {}

/// Names the types that must outlive everything.
#[doc(hidden)]
#[macro_export]
macro_rules! __lasting {
    () => { () };
    ($first:ty $(, $rest:ty)*) => {
        (fn($crate::__private::Hidden<'_>) -> $first, $crate::__lasting!($($rest),*))
    };
}

/// Asks the compiler whether an outcome's error can be copied for other callers, if `W` is
/// [`Lasting`].
#[derive(Debug)]
pub struct ShareProbe<O, W>(PhantomData<fn() -> (O, W)>);

impl<O, W> ShareProbe<O, W> {
    /// Returns a question about an outcome.
    #[must_use]
    pub const fn of(_outcome: &O) -> Self {
        Self(PhantomData)
    }
}

/// An outcome that shares its errors if their type can be copied.
pub trait Shares {
    /// The outcome that the question is about.
    type Outcome;
    /// The outcome that shares its errors if it can.
    type Sharing;
    /// Returns the outcome that shares its errors if it can.
    fn __sharing(&self, outcome: Self::Outcome) -> Self::Sharing;
}

impl<O, T, E, W> Shares for &ShareProbe<O, W>
where
    O: Outcome<Return = Result<T, E>>,
    E: Clone + Send + Sync + 'static,
    W: Lasting,
{
    type Outcome = O;
    type Sharing = Sharing<O>;

    fn __sharing(&self, _outcome: O) -> Sharing<O> {
        Sharing::new()
    }
}

impl<O: Outcome, W> Shares for ShareProbe<O, W> {
    type Outcome = O;
    type Sharing = O;

    fn __sharing(&self, outcome: O) -> O {
        outcome
    }
}

/// Asks the compiler whether an outcome's value can be copied, if `W` is [`Lasting`].
#[derive(Debug)]
pub struct CopyProbe<O, W>(PhantomData<fn() -> (O, W)>);

impl<O, W> CopyProbe<O, W> {
    /// Returns a question about an outcome.
    #[must_use]
    pub const fn of(_outcome: &O) -> Self {
        Self(PhantomData)
    }
}

/// An outcome that copies its values if their type can be copied. Any other value stays encoded in
/// the tier, and is decoded for each caller.
pub trait Copies {
    /// The outcome that the question is about.
    type Outcome;
    /// The outcome that copies its values if it can.
    type Copying;
    /// Returns the outcome that copies its values if it can.
    fn __copying(&self, outcome: Self::Outcome) -> Self::Copying;
}

impl<O: Outcome, W> Copies for &CopyProbe<O, W>
where
    O::Value: Clone + Send + Sync + 'static,
    W: Lasting,
{
    type Outcome = O;
    type Copying = Copying<O>;

    fn __copying(&self, _outcome: O) -> Copying<O> {
        Copying::new()
    }
}

impl<O: Outcome, W> Copies for CopyProbe<O, W> {
    type Outcome = O;
    type Copying = O;

    fn __copying(&self, outcome: O) -> O {
        outcome
    }
}

/// Asks the compiler how an outcome's values can be compared.
#[derive(Debug)]
pub struct CompareProbe<O>(PhantomData<fn() -> O>);

impl<O> CompareProbe<O> {
    /// Returns a question about an outcome.
    #[must_use]
    pub const fn of(_outcome: &O) -> Self {
        Self(PhantomData)
    }
}

/// An outcome that compares its values: by `PartialEq` if their type has it, else by `Debug`, else
/// not at all.
///
/// The comparison is a type instead of a closure. All functions with one return type then have one
/// outcome, so that its generic code is compiled once.
pub trait Compares {
    /// The outcome that the question is about.
    type Outcome;
    /// The outcome that compares its values if it can.
    type Comparing;
    /// Returns the outcome that compares its values if it can.
    fn __comparing(&self, outcome: Self::Outcome) -> Self::Comparing;
}

impl<O: Outcome<Value: PartialEq>> Compares for &&CompareProbe<O> {
    type Outcome = O;
    type Comparing = Compared<O, ByEq>;

    fn __comparing(&self, _outcome: O) -> Self::Comparing {
        Compared::new()
    }
}

impl<O: Outcome<Value: Debug>> Compares for &CompareProbe<O> {
    type Outcome = O;
    type Comparing = Compared<O, ByDebug>;

    fn __comparing(&self, _outcome: O) -> Self::Comparing {
        Compared::new()
    }
}

impl<O: Outcome> Compares for CompareProbe<O> {
    type Outcome = O;
    type Comparing = O;

    fn __comparing(&self, outcome: O) -> O {
        outcome
    }
}

/// Notes in a call's key whether a skipped argument is a connection that is in a transaction.
#[cfg(feature = "sqlx")]
#[doc(hidden)]
#[macro_export]
macro_rules! __connection {
    ($key:ident, $argument:ident) => {
        $key.in_transaction({
            use $crate::__private::MayBeConnection as _;
            (&&&&$crate::__private::Argument(&$argument)).__is_in_transaction()
        });
    };
}

/// Does nothing, because no enabled feature knows connections.
#[cfg(not(feature = "sqlx"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __connection {
    ($key:ident, $argument:ident) => {
        _ = &$key;
    };
}

/// Names the outcome of a return type.
#[doc(hidden)]
#[macro_export]
macro_rules! __outcome {
    // If the type of the values can be compared, they are compared with the values that are read
    // back.
    (@compared $($rest:tt)*) => {{
        use $crate::__private::Compares as _;
        let outcome = $crate::__outcome!($($rest)*);
        (&&&$crate::__private::CompareProbe::of(&outcome)).__comparing(outcome)
    }};
    // If these types last, errors are shared with other callers of the load.
    (@shared [$($error:ty),*] $($rest:tt)*) => {{
        use $crate::__private::Shares as _;
        let outcome = $crate::__outcome!($($rest)*);
        (&&$crate::__private::ShareProbe::<_, $crate::__lasting!($($error),*)>::of(&outcome))
            .__sharing(outcome)
    }};
    // If these types last, the tier of this process may keep values decoded.
    (@copied [$($value:ty),*] $($rest:tt)*) => {{
        use $crate::__private::Copies as _;
        let outcome = $crate::__outcome!($($rest)*);
        (&&$crate::__private::CopyProbe::<_, $crate::__lasting!($($value),*)>::of(&outcome))
            .__copying(outcome)
    }};
    (_) => {
        $crate::__private::any()
    };
    (Result<_, _>) => {
        $crate::__private::any_result()
    };
    ($returned:ty) => {{
        use $crate::__private::Answer as _;
        (&&&$crate::__private::Probe::<$returned>::new()).__kind()
    }};
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::outcome::Handed;

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

    #[derive(Clone, Debug)]
    struct Borrowing<'a>(&'a str);

    fn shared<O: Handed>(_: &O, returned: &O::Return) -> bool {
        O::share(returned).is_some_and(|shared| O::unshare(&shared).is_some())
    }

    fn copied<O: Handed>(_: &O, value: &O::Value) -> bool {
        O::copy(value).is_some_and(|copied| O::recall(&copied).is_some())
    }

    #[test]
    fn an_error_that_can_be_copied_is_found_through_aliases() {
        let error = Err(std::fmt::Error);
        assert!(shared(&__outcome!(@shared [Alias<u8>] Alias<u8>), &error));
        assert!(shared(&__outcome!(@copied [] @shared [] Alias<u8>), &error));
        assert!(!shared(&__outcome!(@shared [] Alias<u8>), &Ok(1)));
        assert!(!shared(&__outcome!(Alias<u8>), &error), "nobody asks");
        let error = Err(std::fmt::Error);
        assert!(shared(&__outcome!(@shared [Alias<Option<u8>>] Alias<Option<u8>>), &error));
        assert!(!shared(&__outcome!(@shared [] Result<u8, NoCopy>), &Err(NoCopy)));
        assert!(!shared(&__outcome!(@shared [] Result<Option<u8>, NoCopy>), &Err(NoCopy)));
        assert!(!shared(&__outcome!(@shared [] Option<u8>), &None));
    }

    #[test]
    fn a_value_that_can_be_copied_is() {
        assert!(copied(&__outcome!(@copied [u8] Alias<u8>), &1));
        assert!(copied(&__outcome!(@copied [] @shared [] Option<u8>), &None));
        assert!(!copied(&__outcome!(@copied [NoCopy] NoCopy), &NoCopy));
        assert!(!copied(&__outcome!(u8), &1), "nobody asks");
    }

    /// Returns a type that hides a lifetime. Half of the test is that this function compiles,
    /// although `text` is short-lived.
    #[expect(mismatched_lifetime_syntaxes, reason = "the hidden lifetime is under test")]
    fn hides_a_lifetime(text: &str) -> Result<u8, Borrowing> {
        let error = Err(Borrowing(text));
        let outcome = __outcome!(@copied [u8] @shared [Borrowing] Result<u8, Borrowing>);
        assert!(!shared(&outcome, &error));
        assert!(copied(&outcome, &1), "of the value, nothing is hidden");
        let outcome = __outcome!(@copied [Borrowing] Borrowing);
        assert!(!copied(&outcome, &Borrowing(text)));
        error
    }

    trait Database {
        type Error: Clone + Send + Sync + UnwindSafe;
    }

    impl Database for u8 {
        type Error = std::fmt::Error;
    }

    /// Returns types that are parameters. Half of the test is that this function compiles, although
    /// nothing says that they are `'static`.
    fn has_parameters<T, D>(value: T, error: D::Error) -> Result<T, D::Error>
    where
        T: Clone + Send + Sync + Unpin + UnwindSafe,
        D: Database,
    {
        let error = Err(error);
        let outcome = __outcome!(@copied [T] @shared [D::Error] Result<T, D::Error>);
        assert!(!shared(&outcome, &error));
        assert!(!copied(&outcome, &value));
        let outcome = __outcome!(@copied [Vec<T>, T] Vec<T>);
        assert!(!copied(&outcome, &vec![value]));
        error
    }

    #[test]
    fn what_may_go_away_is_not_copied() {
        let text = "x".to_owned();
        assert!(hides_a_lifetime(&text).is_err_and(|Borrowing(borrowed)| borrowed == text));
        assert!(has_parameters::<_, u8>(1, std::fmt::Error).is_err());
    }

    #[test]
    fn a_type_that_comes_from_another_is_known() {
        type Failed = Result<u8, <u8 as Database>::Error>;
        let outcome = __outcome!(@shared [<u8 as Database>::Error] Failed);
        assert!(shared(&outcome, &Err(std::fmt::Error)));
    }

    /// The type under test is `UnwindSafe` and `Unpin` only in part.
    #[test]
    fn what_a_type_is_made_of_does_not_matter() {
        type Shared = std::sync::Arc<dyn std::error::Error + Send + Sync>;
        #[derive(Clone)]
        struct Failure(#[expect(dead_code, reason = "the type must hold one")] Shared);
        let failure = Err(Failure(std::sync::Arc::new(std::fmt::Error)));
        assert!(shared(&__outcome!(@shared [Failure] Result<u8, Failure>), &failure));
    }
}
