//! What is stored of a function's return value: the `T` of `Result<T, E>`, an `Option<T>`, or the value itself.

use crate::codec::{self, Codec, Json, Payload, PayloadRef, Unstorable};
use crate::expiry::Expiry;
use crate::witness::{ByNothing, BySerde, Never};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;

/// A return type, taken apart into what is stored and what is not.
pub trait Outcome {
    /// What the function returns.
    type Return;
    /// What is stored of it.
    type Value;
    /// How it is written.
    type Codec: Codec;

    /// Takes the value out, or gives an error back. They part so that an error need not be `Send` for the future to be.
    #[expect(clippy::missing_errors_doc, reason = "an error here is what the function returned")]
    fn split(returned: Self::Return) -> Result<Self::Value, Self::Return>;

    /// The return value that a value stands for.
    fn restore(value: Self::Value) -> Self::Return;

    /// Whether the value says that there is none.
    fn is_none(value: &Self::Value) -> bool;

    /// What the attribute's closures say of a value.
    fn verdict(&self, _value: &Self::Value) -> Verdict {
        Verdict::new()
    }

    /// A copy of a value for the in-process tier, where its type can give one.
    #[must_use]
    fn copy(_value: &Self::Value) -> Option<Copied> {
        None
    }

    /// A copy of a value from there.
    #[must_use]
    fn recall(_copied: &Copied) -> Option<Self::Value> {
        None
    }

    /// A copy of an error for the other callers of the same load, where its type can give one.
    #[must_use]
    fn share(_returned: &Self::Return) -> Option<Shared> {
        None
    }

    /// The error that another caller shared.
    #[must_use]
    fn unshare(_shared: &Shared) -> Option<Self::Return> {
        None
    }
}

/// An error on its way to other callers.
pub type Shared = Box<dyn Any + Send>;

/// A value in the in-process tier.
pub type Copied = Arc<dyn Any + Send + Sync>;

/// What `store_if` and `ttl = |value| …` say of one value.
#[derive(Clone, Copy, Debug)]
pub struct Verdict {
    pub(crate) keep: bool,
    pub(crate) expiry: Option<Expiry>,
}

impl Verdict {
    /// Store it, for as long as usual.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "generated code alone makes one")]
    pub const fn new() -> Self {
        Self { keep: true, expiry: None }
    }

    /// Option `store_if`.
    #[must_use]
    pub fn store_if(self, keep: bool) -> Self {
        Self { keep, ..self }
    }

    /// Option `ttl = |value| …`.
    #[must_use]
    pub fn ttl(self, expiry: impl Into<Expiry>) -> Self {
        Self { expiry: Some(expiry.into()), ..self }
    }
}

/// Calls an attribute's closure; its bound gives the closure's parameter its type.
pub fn decide<V: ?Sized, R>(value: &V, rule: impl FnOnce(&V) -> R) -> R {
    rule(value)
}

/// What an outcome does as the one inside it.
macro_rules! stands_for {
    ($inner:ident) => {
        type Return = $inner::Return;
        type Value = $inner::Value;

        fn split(returned: Self::Return) -> Result<Self::Value, Self::Return> {
            $inner::split(returned)
        }

        fn restore(value: Self::Value) -> Self::Return {
            $inner::restore(value)
        }

        fn is_none(value: &Self::Value) -> bool {
            $inner::is_none(value)
        }

        fn share(returned: &Self::Return) -> Option<Shared> {
            $inner::share(returned)
        }

        fn unshare(shared: &Shared) -> Option<Self::Return> {
            $inner::unshare(shared)
        }
    };
}

/// How its values are copied, as those of the one inside it.
macro_rules! copies_as {
    ($inner:ident) => {
        fn copy(value: &Self::Value) -> Option<Copied> {
            $inner::copy(value)
        }

        fn recall(copied: &Copied) -> Option<Self::Value> {
            $inner::recall(copied)
        }
    };
}

/// An outcome with the attribute's closures.
#[derive(Debug)]
pub struct Judged<O, F> {
    _outcome: PhantomData<fn() -> O>,
    judge: F,
}

/// Adds the attribute's closures to an outcome.
pub fn judged<O: Outcome, F: Fn(&O::Value) -> Verdict>(_outcome: O, judge: F) -> Judged<O, F> {
    Judged { _outcome: PhantomData, judge }
}

impl<O: Outcome, F: Fn(&O::Value) -> Verdict> Outcome for Judged<O, F> {
    stands_for!(O);
    type Codec = O::Codec;

    fn verdict(&self, value: &O::Value) -> Verdict {
        (self.judge)(value)
    }

    copies_as!(O);
}

/// An outcome whose values are written by another codec.
#[derive(Debug)]
pub struct Coded<O, C>(PhantomData<fn() -> (O, C)>);

/// Sets the codec of an outcome.
pub fn coded<C: Codec, O: Outcome>(_outcome: O) -> Coded<O, C> {
    Coded(PhantomData)
}

impl<O: Outcome, C: Codec> Outcome for Coded<O, C> {
    stands_for!(O);
    type Codec = C;

    copies_as!(O);
}

/// An outcome whose value can be copied, so that the in-process tier keeps it decoded.
#[derive(Debug)]
pub struct Copying<O>(PhantomData<fn() -> O>);

impl<O: Outcome> Outcome for Copying<O>
where
    O::Value: Clone + Send + Sync + 'static,
{
    stands_for!(O);
    type Codec = O::Codec;

    fn copy(value: &O::Value) -> Option<Copied> {
        Some(Arc::new(value.clone()))
    }

    fn recall(copied: &Copied) -> Option<O::Value> {
        copied.downcast_ref::<O::Value>().cloned()
    }
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

/// The answer for a value that can be copied.
pub trait Copies {
    /// The outcome.
    type Outcome;
    /// The outcome that copies.
    type Copying;
    /// Answers.
    fn answer(&self, outcome: Self::Outcome) -> Self::Copying;
}

impl<O: Outcome> Copies for &CopyProbe<O>
where
    O::Value: Clone + Send + Sync + 'static,
{
    type Outcome = O;
    type Copying = Copying<O>;

    fn answer(&self, _outcome: O) -> Copying<O> {
        Copying(PhantomData)
    }
}

/// The answer for any other value: it stays as it is stored, and is decoded for each caller.
pub trait Decodes {
    /// The outcome.
    type Outcome;
    /// Answers.
    fn answer(&self, outcome: Self::Outcome) -> Self::Outcome;
}

impl<O: Outcome> Decodes for CopyProbe<O> {
    type Outcome = O;

    fn answer(&self, outcome: O) -> O {
        outcome
    }
}

/// Asks the compiler which kind of outcome a type is, aliases seen through.
///
/// Method look-up prefers the impl that needs the fewest steps away from `&&&&&Probe<R>`: an optional value in a
/// `Result` first, then any `Result` or `Option`, then any type (David Tolnay's autoref specialisation); of two, the one
/// whose error can be copied for other callers.
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

macro_rules! outcomes {
    ($($(#[$doc:meta])* $kind:ident<$($param:ident),+> $(sharing $error:ident)? by $asker:ident for $probe:ty:
        $returned:ty => $value:ty, |$read:ident| $take:expr, |$stored:ident| $give:expr, |$tested:ident| $none:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $kind<$($param),+>(PhantomData<fn() -> ($($param,)+)>);

        impl<$($param),+> $asker for $probe
        $(where $error: Clone + Send + 'static)?
        {
            type Kind = $kind<$($param),+>;

            fn kind(&self) -> Self::Kind {
                $kind(PhantomData)
            }
        }

        impl<$($param),+> Outcome for $kind<$($param),+>
        $(where $error: Clone + Send + 'static)?
        {
            type Return = $returned;
            type Value = $value;
            type Codec = Json;

            fn split($read: $returned) -> Result<$value, $returned> {
                $take
            }

            fn restore($stored: $value) -> $returned {
                $give
            }

            fn is_none($tested: &$value) -> bool {
                $none
            }

            $(
                fn share(returned: &$returned) -> Option<Shared> {
                    let error: Option<&$error> = returned.as_ref().err();
                    error.map(|error| Box::new(error.clone()) as Shared)
                }

                fn unshare(shared: &Shared) -> Option<$returned> {
                    shared.downcast_ref::<$error>().cloned().map(Err)
                }
            )?
        }
    )*};
}

macro_rules! answers {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        pub trait $name {
            /// The kind of outcome.
            type Kind;
            /// Answers.
            fn kind(&self) -> Self::Kind;
        }
    )*};
}

answers! {
    /// The most particular answer of a [`Probe`]: an optional value, or an error that can be copied.
    First;
    /// The answer for an optional value, or an error.
    Second;
    /// The answer for a `Result` whose error can be copied.
    Third;
    /// The answer for any other `Result`, and for `Option`.
    Fourth;
    /// The answer for every other type.
    Fifth;
}

outcomes! {
    /// `Result<Option<T>, E>`, with an error that can be copied.
    OptionalResultShared<T, E> sharing E by First for &&&&Probe<Result<Option<T>, E>>:
        Result<Option<T>, E> => Option<T>, |r| r.map_err(Err), |v| Ok(v), |v| v.is_none();
    /// `Result<Option<T>, E>`.
    OptionalResult<T, E> by Second for &&&Probe<Result<Option<T>, E>>:
        Result<Option<T>, E> => Option<T>, |r| r.map_err(Err), |v| Ok(v), |v| v.is_none();
    /// `Result<T, E>`, with an error that can be copied.
    PlainResultShared<T, E> sharing E by Third for &&Probe<Result<T, E>>:
        Result<T, E> => T, |r| r.map_err(Err), |v| Ok(v), |_v| false;
    /// `Result<T, E>`.
    PlainResult<T, E> by Fourth for &Probe<Result<T, E>>:
        Result<T, E> => T, |r| r.map_err(Err), |v| Ok(v), |_v| false;
    /// `Option<T>`.
    Optional<T> by Fourth for &Probe<Option<T>>:
        Option<T> => Option<T>, |r| Ok(r), |v| v, |v| v.is_none();
    /// Any other type.
    Plain<T> by Fifth for Probe<T>:
        T => T, |r| Ok(r), |v| v, |_v| false;
}

/// The outcome of an optional value.
pub(crate) const fn optional<T>() -> Optional<T> {
    Optional(PhantomData)
}

/// The outcome of a type that has no name: every value of it is a success.
#[must_use]
pub fn any<T>() -> Plain<T> {
    Plain(PhantomData)
}

/// The outcome of a `Result` whose value has no name.
#[must_use]
pub fn any_result<T, E>() -> PlainResult<T, E> {
    PlainResult(PhantomData)
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
        #[allow(unused_imports, reason = "one of the answers")]
        use $crate::__private::{Fifth as _, First as _, Fourth as _, Second as _, Third as _};
        (&&&&&$crate::__private::Probe::<$returned>::new()).kind()
    }};
    // No other caller can have a copy of the error either.
    (@unshared $returned:ty) => {{
        #[allow(unused_imports, reason = "one of the answers")]
        use $crate::__private::{Fifth as _, Fourth as _, Second as _};
        (&&&&&$crate::__private::Probe::<$returned>::new()).kind()
    }};
    ($returned:ty) => {{
        #[allow(unused_imports, reason = "one of the answers")]
        use $crate::__private::{Copies as _, Decodes as _};
        let outcome = $crate::__outcome!(@decoded $returned);
        (&&$crate::__private::CopyProbe::of(&outcome)).answer(outcome)
    }};
}

/// A value that an annotated function can return from the cache.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored in the cache",
    label = "this return value cannot be stored",
    note = "a cached value is owned data that serde can write and read back: derive `serde::Serialize` and `serde::Deserialize` for it, and return `String` rather than `&str`"
)]
pub trait CacheValue<How>: Sized {
    /// Writes the value, in `largest` bytes at most.
    ///
    /// # Errors
    ///
    /// The value would not come back as it is, fails to serialize, or is larger.
    #[doc(hidden)]
    fn encode<C: Codec>(&self, largest: usize) -> Result<Payload, Unstorable>;

    /// Reads a value; `None` when the bytes are not one.
    #[doc(hidden)]
    fn decode<C: Codec>(payload: PayloadRef<'_>) -> Option<Self>;
}

impl<T: Serialize + DeserializeOwned> CacheValue<BySerde> for T {
    fn encode<C: Codec>(&self, largest: usize) -> Result<Payload, Unstorable> {
        codec::encode::<C, T>(self, largest)
    }

    fn decode<C: Codec>(payload: PayloadRef<'_>) -> Option<Self> {
        codec::decode::<C, T>(payload)
    }
}

impl<T: Never> CacheValue<ByNothing> for T {
    fn encode<C: Codec>(&self, _largest: usize) -> Result<Payload, Unstorable> {
        Err(Unstorable::Failed)
    }

    fn decode<C: Codec>(_payload: PayloadRef<'_>) -> Option<Self> {
        None
    }
}

/// A value as its codec writes it, up to a size; one that may hide an error is refused.
pub(crate) fn written<How, C: Codec, V>(value: &V, largest: usize) -> Result<Payload, Unstorable>
where
    V: CacheValue<How>,
{
    if is_hidden_result::<V>() {
        return Err(Unstorable::MaybeError);
    }
    value.encode::<C>(largest)
}

/// Whether a value is a whole `Result`, where the probe does not see it: behind a type parameter, or in an `Option`.
fn is_hidden_result<T>() -> bool {
    let name = std::any::type_name::<T>();
    name.trim_start_matches("core::option::Option<").starts_with("core::result::Result<")
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

    /// Of its own, because the other tests have all answers in scope.
    mod borrowed {
        use super::{Alias, shared, stored};

        #[test]
        fn an_error_that_may_borrow_is_not_copied() {
            assert!(!shared(&__outcome!(@unshared Alias<u8>), &Err(std::fmt::Error)));
            assert_eq!(stored(&__outcome!(@unshared Alias<Option<u8>>), Ok(None)), Some(true));
            assert_eq!(stored(&__outcome!(@unshared Vec<u8>), vec![]), Some(false));
        }
    }

    #[test]
    fn closures_see_the_value_and_decide() {
        let outcome = judged(__outcome!(Alias<Vec<u8>>), |value| {
            Verdict::new()
                .store_if(decide(value, |v| !v.is_empty()))
                .ttl(decide(value, |v| v.len() as u64))
        });
        let verdict = outcome.verdict(&vec![1, 2]);
        assert!(verdict.keep);
        assert_eq!(verdict.expiry, Some(Expiry::from(2)));
    }
}
