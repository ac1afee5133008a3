//! Describes the stored part of a function's return value: the `T` of `Result<T, E>`, an
//! `Option<T>`, or the value itself.

use crate::entry::codec::{self, Codec, Json, Payload, PayloadRef, Unstorable};
use crate::entry::kept::Kept;
use crate::entry::ttl::Ttl;
use crate::function::trial::{self, Brought, Compare};
use crate::function::via::{Never, ViaNothing, ViaSerde};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::any::type_name;
use std::marker::PhantomData;

/// A return type, divided into the part that is stored and the part that is not.
///
/// An outcome is part of a call's future. rustc checks whether that future is `Send` after it has
/// forgotten all lifetimes: `&'static str` then stands for any `&'a str`. Therefore no `impl` of
/// this trait has a bound on a function's return type. Operations that need such a bound, such as
/// `Clone`, are in `Handed`: the future holds no type of that trait.
pub trait Outcome {
    /// The return type of the function.
    type Return;
    /// The type of the stored value.
    type Value;
    /// The codec that writes the value.
    type Codec: Codec;

    /// Takes the value out, or gives an error back. An error that is given back need not be `Send`
    /// for the future to be `Send`.
    #[expect(clippy::missing_errors_doc, reason = "the error is the function's own return value")]
    fn split(returned: Self::Return) -> Result<Self::Value, Self::Return>;

    /// Returns the return value that a stored value stands for.
    fn restore(value: Self::Value) -> Self::Return;

    /// Tells whether the value is a `None`.
    fn is_none(value: &Self::Value) -> bool;
}

/// The uses of an outcome's values and errors beside their own caller: the attribute's closures,
/// and copies for other callers.
pub trait Handed: Outcome {
    /// Returns the verdict of the attribute's closures on a value. The default is to store the
    /// value for its usual TTL.
    fn verdict(&self, _value: &Self::Value) -> Verdict {
        Verdict::new()
    }

    /// Returns a copy of a value for the in-process tier. Returns `None`, the default, if the type
    /// cannot be copied.
    #[must_use]
    fn copy(_value: &Self::Value) -> Option<Kept> {
        None
    }

    /// Returns a copy of a value that [`copy`](Self::copy) made. Returns `None`, the default, if
    /// the type cannot be copied.
    #[must_use]
    fn recall(_copied: &Kept) -> Option<Self::Value> {
        None
    }

    /// Tells whether a value is known to differ from what came back from its encoded form. The
    /// default is `false`.
    #[must_use]
    fn differs(_brought: Brought<'_, Self::Value>) -> bool {
        false
    }

    /// Returns a copy of an error for the other callers of the same load. Returns `None`, the
    /// default, if the type cannot be copied.
    #[must_use]
    fn share(_returned: &Self::Return) -> Option<Kept> {
        None
    }

    /// Returns the error that another caller shared. Returns `None`, the default, if the type
    /// cannot be copied.
    #[must_use]
    fn unshare(_shared: &Kept) -> Option<Self::Return> {
        None
    }
}

/// The verdict of `store_if` and `ttl = |value| …` on one value.
#[derive(Clone, Copy, Debug)]
pub struct Verdict {
    pub(crate) keep: bool,
    pub(crate) expiry: Option<Ttl>,
}

impl Verdict {
    /// Returns the verdict to store the value for its usual TTL.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "only generated code creates one")]
    pub const fn new() -> Self {
        Self { keep: true, expiry: None }
    }

    /// Sets the answer of the option `store_if`.
    #[must_use]
    pub fn store_if(self, keep: bool) -> Self {
        Self { keep, ..self }
    }

    /// Sets the answer of the option `ttl = |value| …`.
    #[must_use]
    pub fn ttl(self, expiry: impl Into<Ttl>) -> Self {
        Self { expiry: Some(expiry.into()), ..self }
    }
}

/// Calls an attribute's closure. The bound gives the closure's parameter its type.
pub fn decide<V: ?Sized, R>(value: &V, rule: impl FnOnce(&V) -> R) -> R {
    rule(value)
}

/// Writes the methods of [`Outcome`] that an outcome passes on to the outcome inside it.
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
    };
}

/// Writes the methods for shared errors, which an outcome passes on to the outcome inside it.
macro_rules! shares_as {
    ($inner:ident) => {
        fn share(returned: &Self::Return) -> Option<Kept> {
            $inner::share(returned)
        }

        fn unshare(shared: &Kept) -> Option<Self::Return> {
            $inner::unshare(shared)
        }
    };
}

/// Writes the methods for copied values, which an outcome passes on to the outcome inside it.
macro_rules! copies_as {
    ($inner:ident) => {
        fn copy(value: &Self::Value) -> Option<Kept> {
            $inner::copy(value)
        }

        fn recall(copied: &Kept) -> Option<Self::Value> {
            $inner::recall(copied)
        }
    };
}

/// Implements `Clone` and `Copy` for outcomes, which have no size. A function's future has an
/// outcome, and its body another.
macro_rules! copied_freely {
    ($kind:ident<$($param:ident),+>) => {
        impl<$($param),+> Clone for $kind<$($param),+> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<$($param),+> Copy for $kind<$($param),+> {}
    };
}

copied_freely!(Coded<O, C>);
copied_freely!(Sharing<O>);
copied_freely!(Copying<O>);

/// Writes the comparison of values, which an outcome passes on to the outcome inside it.
macro_rules! differs_as {
    ($inner:ident) => {
        fn differs(brought: Brought<'_, Self::Value>) -> bool {
            $inner::differs(brought)
        }
    };
}

/// An outcome with the verdict of the attribute's closures.
#[derive(Debug)]
pub struct Judged<O, F> {
    judge: F,
    outcome: PhantomData<fn() -> O>,
}

/// Adds the attribute's closures to an outcome.
pub fn judged<O: Outcome, F: Fn(&O::Value) -> Verdict>(_outcome: O, judge: F) -> Judged<O, F> {
    Judged { judge, outcome: PhantomData }
}

impl<O: Outcome, F> Outcome for Judged<O, F> {
    stands_for!(O);
    type Codec = O::Codec;
}

impl<O: Handed, F: Fn(&O::Value) -> Verdict> Handed for Judged<O, F> {
    fn verdict(&self, value: &O::Value) -> Verdict {
        (self.judge)(value)
    }

    differs_as!(O);

    shares_as!(O);
    copies_as!(O);
}

/// An outcome whose values another codec writes.
#[derive(Debug)]
pub struct Coded<O, C>(PhantomData<fn() -> (O, C)>);

/// Sets the codec of an outcome.
pub fn coded<C: Codec, O: Outcome>(_outcome: O) -> Coded<O, C> {
    Coded(PhantomData)
}

impl<O: Outcome, C: Codec> Outcome for Coded<O, C> {
    stands_for!(O);
    type Codec = C;
}

impl<O: Handed, C: Codec> Handed for Coded<O, C> {
    differs_as!(O);
    shares_as!(O);
    copies_as!(O);
}

/// An outcome whose error can be copied. If a load fails, all callers that wait for it get its
/// error.
#[derive(Debug)]
pub struct Sharing<O>(PhantomData<fn() -> O>);

impl<O> Sharing<O> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<O: Outcome> Outcome for Sharing<O> {
    stands_for!(O);
    type Codec = O::Codec;
}

impl<O, T, E> Handed for Sharing<O>
where
    O: Handed<Return = Result<T, E>>,
    E: Clone + Send + Sync + 'static,
{
    fn share(returned: &Result<T, E>) -> Option<Kept> {
        returned.as_ref().err().map(|error| Kept::new(error.clone()))
    }

    fn unshare(shared: &Kept) -> Option<Result<T, E>> {
        shared.get::<E>().cloned().map(Err)
    }

    copies_as!(O);
}

/// An outcome whose value can be copied, so that the in-process tier keeps it decoded.
#[derive(Debug)]
pub struct Copying<O>(PhantomData<fn() -> O>);

impl<O> Copying<O> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<O: Outcome> Outcome for Copying<O> {
    stands_for!(O);
    type Codec = O::Codec;
}

impl<O: Handed> Handed for Copying<O>
where
    O::Value: Clone + Send + Sync + 'static,
{
    shares_as!(O);

    fn copy(value: &O::Value) -> Option<Kept> {
        Some(Kept::new(value.clone()))
    }

    fn recall(copied: &Kept) -> Option<O::Value> {
        copied.get::<O::Value>().cloned()
    }
}

/// An outcome whose values are compared, in the way `W`, with what comes back from their encoded
/// form.
#[derive(Debug)]
pub struct Compared<O, W>(PhantomData<fn() -> (O, W)>);

copied_freely!(Compared<O, W>);

impl<O, W> Compared<O, W> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<O: Outcome, W> Outcome for Compared<O, W> {
    stands_for!(O);
    type Codec = O::Codec;
}

impl<O: Handed, W: Compare<O::Value>> Handed for Compared<O, W> {
    fn differs(brought: Brought<'_, O::Value>) -> bool {
        W::differ(brought)
    }

    shares_as!(O);
    copies_as!(O);
}

/// An outcome whose values can be written into an entry and read back.
pub trait Storable: Handed {
    /// Writes a value, in `max_size` bytes at most.
    ///
    /// # Errors
    ///
    /// Returns an error if the value would come back changed, fails to serialize, or is larger than
    /// `max_size`.
    fn encode(value: &Self::Value, max_size: usize) -> Result<Payload, Unstorable>;

    /// Reads a value. Returns `None` if the bytes are no value of this type.
    fn decode(payload: PayloadRef<'_>) -> Option<Self::Value>;
}

/// An outcome whose values can be stored, as `Via` proves.
#[derive(Debug)]
pub struct Typed<O, Via>(PhantomData<fn() -> (O, Via)>);

copied_freely!(Typed<O, Via>);

/// Makes rustc check, once for each function, whether its values can be stored.
pub fn typed<O: Outcome<Value: CacheValue<Via>>, Via>(_outcome: O) -> Typed<O, Via> {
    Typed(PhantomData)
}

impl<O: Outcome, Via> Outcome for Typed<O, Via> {
    stands_for!(O);
    type Codec = O::Codec;
}

impl<O: Handed, Via> Handed for Typed<O, Via> {
    differs_as!(O);
    shares_as!(O);
    copies_as!(O);
}

impl<O: Handed<Value: CacheValue<Via>>, Via> Storable for Typed<O, Via> {
    fn encode(value: &O::Value, max_size: usize) -> Result<Payload, Unstorable> {
        written::<Via, O::Codec, _>(value, max_size)
    }

    fn decode(payload: PayloadRef<'_>) -> Option<O::Value> {
        O::Value::decode::<O::Codec>(payload)
    }
}

impl<O: Storable, F: Fn(&O::Value) -> Verdict> Storable for Judged<O, F> {
    fn encode(value: &O::Value, max_size: usize) -> Result<Payload, Unstorable> {
        O::encode(value, max_size)
    }

    fn decode(payload: PayloadRef<'_>) -> Option<O::Value> {
        O::decode(payload)
    }
}

macro_rules! outcomes {
    ($($(#[$doc:meta])* $kind:ident<$($param:ident),+>:
        $returned:ty => $value:ty, |$read:ident| $take:expr, |$stored:ident| $give:expr, |$tested:ident| $none:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $kind<$($param),+>(PhantomData<fn() -> ($($param,)+)>);

        impl<$($param),+> $kind<$($param),+> {
            pub(crate) const fn new() -> Self {
                Self(PhantomData)
            }
        }

        copied_freely!($kind<$($param),+>);

        impl<$($param),+> Outcome for $kind<$($param),+> {
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
        }

        impl<$($param),+> Handed for $kind<$($param),+> {}
    )*};
}

outcomes! {
    /// The outcome of `Result<Option<T>, E>`.
    OptionalResult<T, E>:
        Result<Option<T>, E> => Option<T>, |r| r.map_err(Err), |v| Ok(v), |v| v.is_none();
    /// The outcome of `Result<T, E>`.
    PlainResult<T, E>:
        Result<T, E> => T, |r| r.map_err(Err), |v| Ok(v), |_v| false;
    /// The outcome of `Option<T>`.
    Optional<T>:
        Option<T> => Option<T>, |r| Ok(r), |v| v, |v| v.is_none();
    /// The outcome of any other type.
    Plain<T>:
        T => T, |r| Ok(r), |v| v, |_v| false;
}

/// Returns the outcome of a type that has no name. Every value of the type is a success.
#[must_use]
pub fn any<T>() -> Plain<T> {
    Plain::new()
}

/// Returns the outcome of a `Result` whose value has no name.
#[must_use]
pub fn any_result<T, E>() -> PlainResult<T, E> {
    PlainResult::new()
}

/// A value that an annotated function can return from the cache.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored in the cache",
    label = "this return value cannot be stored",
    note = "a cached value is owned data that serde can write and read back: derive `serde::Serialize` and `serde::Deserialize` for it, and return `String` rather than `&str`",
    note = "a handler's response, such as `Json<T>`, cannot be read back: annotate the function that loads the value, and let the handler return `Json(load(id).await?)`"
)]
pub trait CacheValue<Via>: Sized {
    /// Writes the value, in `max_entry_size` bytes at most.
    ///
    /// # Errors
    ///
    /// Returns an error if the value would come back changed, fails to serialize, or is larger than
    /// `max_entry_size`.
    #[doc(hidden)]
    fn encode<C: Codec>(&self, max_entry_size: usize) -> Result<Payload, Unstorable>;

    /// Reads a value. Returns `None` if the bytes are no value of this type.
    #[doc(hidden)]
    fn decode<C: Codec>(payload: PayloadRef<'_>) -> Option<Self>;
}

impl<T: Serialize + DeserializeOwned> CacheValue<ViaSerde> for T {
    fn encode<C: Codec>(&self, max_entry_size: usize) -> Result<Payload, Unstorable> {
        codec::encode::<C, T>(self, max_entry_size)
    }

    fn decode<C: Codec>(payload: PayloadRef<'_>) -> Option<Self> {
        codec::decode::<C, T>(payload)
    }
}

impl<T: Never> CacheValue<ViaNothing> for T {
    fn encode<C: Codec>(&self, _largest: usize) -> Result<Payload, Unstorable> {
        Err(Unstorable::Failed)
    }

    fn decode<C: Codec>(_payload: PayloadRef<'_>) -> Option<Self> {
        None
    }
}

/// A value that is an `Option`, as `none_ttl` requires.
#[diagnostic::on_unimplemented(
    message = "`none_ttl` is for values that are an `Option`, not `{Self}`",
    label = "there is no `None` to keep for this time",
    note = "return `Option<T>` or `Result<Option<T>, E>`, with nothing else around the `Option`, or remove `none_ttl`"
)]
pub trait MaybeNone {}

impl<T> MaybeNone for Option<T> {}

/// Makes rustc check that a function with `none_ttl` can return a `None`.
pub const fn may_be_none<O: Outcome<Value: MaybeNone>>(_outcome: &O) {}

/// Encodes a value, in `max_entry_size` bytes at most. A value that may hold an error is refused.
pub(crate) fn written<Via, C: Codec, V>(
    value: &V,
    max_entry_size: usize,
) -> Result<Payload, Unstorable>
where
    V: CacheValue<Via>,
{
    // mutant: an error inside a value is stored
    if names_result(type_name::<V>()) {
        return Err(Unstorable::MaybeError);
    }
    value.encode::<C>(max_entry_size)
}

/// Reads back a value from its encoded form. A panic of the value's type becomes an error, because
/// the caller has the value already.
pub(crate) fn brought_back<V>(decode: impl FnOnce() -> Option<V>) -> Result<V, Unstorable> {
    trial::caught(decode).ok_or(Unstorable::Panicked)?.ok_or(Unstorable::Unreadable)
}

/// Tells whether a type's name contains the standard library's `Result`, behind a type parameter or
/// in a collection. The probe sees none of these.
fn names_result(name: &str) -> bool {
    let mut places = name.match_indices("core::result::Result<");
    // A module of the application's own may be called `core`, too.
    places.any(|(at, _)| !name[..at].ends_with(|c: char| c.is_alphanumeric() || "_:".contains(c)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    type Alias<T> = Result<T, std::fmt::Error>;

    #[test]
    fn closures_see_the_value_and_decide() {
        let outcome = judged(crate::__outcome!(Alias<Vec<u8>>), |value| {
            Verdict::new()
                .store_if(decide(value, |v| !v.is_empty()))
                .ttl(decide(value, |v| v.len() as u64))
        });
        let verdict = outcome.verdict(&vec![1, 2]);
        assert!(verdict.keep);
        assert_eq!(verdict.expiry, Some(Ttl::from(2)));
    }

    #[test]
    fn a_result_is_found_wherever_it_is_named() {
        type Answer = std::result::Result<u8, String>;
        for name in [
            type_name::<Answer>(),
            type_name::<Option<Answer>>(),
            type_name::<std::collections::HashMap<String, Vec<Answer>>>(),
            type_name::<(u8, Arc<Answer>)>(),
            type_name::<&[Answer; 2]>(),
        ] {
            assert!(names_result(name), "{name}");
        }
        for name in [
            type_name::<Option<String>>(),
            "app::MyResult<u8>",
            "app::core::result::Result<u8>",
            "alloc::vec::Vec<my_core::result::Result<u8>>",
        ] {
            assert!(!names_result(name), "{name}");
        }
    }
}
