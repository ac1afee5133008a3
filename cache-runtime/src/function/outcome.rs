//! What is stored of a function's return value: the `T` of `Result<T, E>`, an `Option<T>`, or the value itself.

use crate::entry::codec::{self, Codec, Json, Payload, PayloadRef, Unstorable};
use crate::entry::kept::Kept;
use crate::entry::ttl::Ttl;
use crate::function::trial::{self, Brought, Compare};
use crate::function::via::{Never, ViaNothing, ViaSerde};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::any::type_name;
use std::marker::PhantomData;

/// A return type, taken apart into what is stored and what is not.
///
/// An outcome stands in the future of a call, and whether that is `Send` is asked where rustc has forgotten all lifetimes: it takes `&'static str`
/// for `&'a str` of any `'a`. So no `impl` of this trait, whose types stand in the future, too, has a bound on what a function returns. What needs such a
/// bound, as `Clone`, is in `Handed`, of which the future holds no type.
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
}

/// What becomes of the values and errors of an outcome beside its caller: what the attribute's closures say, and copies for others.
pub trait Handed: Outcome {
    /// What the attribute's closures say of a value.
    fn verdict(&self, _value: &Self::Value) -> Verdict {
        Verdict::new()
    }

    /// A copy of a value for the in-process tier, where its type can give one.
    #[must_use]
    fn copy(_value: &Self::Value) -> Option<Kept> {
        None
    }

    /// A copy of a value from there.
    #[must_use]
    fn recall(_copied: &Kept) -> Option<Self::Value> {
        None
    }

    /// Whether a value differs from what came back of it, where its type can tell.
    #[must_use]
    fn differs(_brought: Brought<'_, Self::Value>) -> bool {
        false
    }

    /// A copy of an error for the other callers of the same load, where its type can give one.
    #[must_use]
    fn share(_returned: &Self::Return) -> Option<Kept> {
        None
    }

    /// The error that another caller shared.
    #[must_use]
    fn unshare(_shared: &Kept) -> Option<Self::Return> {
        None
    }
}

/// What `store_if` and `ttl = |value| …` say of one value.
#[derive(Clone, Copy, Debug)]
pub struct Verdict {
    pub(crate) keep: bool,
    pub(crate) expiry: Option<Ttl>,
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
    pub fn ttl(self, expiry: impl Into<Ttl>) -> Self {
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
    };
}

/// How its errors are shared, as those of the one inside it.
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

/// How its values are copied, as those of the one inside it.
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

/// Outcomes are questions to the compiler, of no size: a function's future has one, and its body
/// another.
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

/// How its values are compared, as those of the one inside it.
macro_rules! differs_as {
    ($inner:ident) => {
        fn differs(brought: Brought<'_, Self::Value>) -> bool {
            $inner::differs(brought)
        }
    };
}

/// An outcome with the attribute's closures.
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
}

impl<O: Handed, C: Codec> Handed for Coded<O, C> {
    differs_as!(O);
    shares_as!(O);
    copies_as!(O);
}

/// An outcome whose error can be copied, so that every caller who waits for a load gets what it failed with.
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

/// An outcome whose values are compared with what comes back of them, in the way `W`.
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

/// What becomes of a value's bytes: how it is written into an entry and read back.
pub trait Storable: Handed {
    /// Writes a value, in `max_size` bytes at most.
    ///
    /// # Errors
    ///
    /// The value would not come back as it is, fails to serialize, or is larger.
    fn encode(value: &Self::Value, max_size: usize) -> Result<Payload, Unstorable>;

    /// Reads a value. Returns `None` if the bytes are not one.
    fn decode(payload: PayloadRef<'_>) -> Option<Self::Value>;
}

/// An outcome whose values are known to be usable, by the way `Via`.
#[derive(Debug)]
pub struct Typed<O, Via>(PhantomData<fn() -> (O, Via)>);

copied_freely!(Typed<O, Via>);

/// Makes rustc ask, once for each function, whether its values can be stored.
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
    /// `Result<Option<T>, E>`.
    OptionalResult<T, E>:
        Result<Option<T>, E> => Option<T>, |r| r.map_err(Err), |v| Ok(v), |v| v.is_none();
    /// `Result<T, E>`.
    PlainResult<T, E>:
        Result<T, E> => T, |r| r.map_err(Err), |v| Ok(v), |_v| false;
    /// `Option<T>`.
    Optional<T>:
        Option<T> => Option<T>, |r| Ok(r), |v| v, |v| v.is_none();
    /// Any other type.
    Plain<T>:
        T => T, |r| Ok(r), |v| v, |_v| false;
}

/// The outcome of a type that has no name: every value of it is a success.
#[must_use]
pub fn any<T>() -> Plain<T> {
    Plain::new()
}

/// The outcome of a `Result` whose value has no name.
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
    /// The value would not come back as it is, fails to serialize, or is larger.
    #[doc(hidden)]
    fn encode<C: Codec>(&self, max_entry_size: usize) -> Result<Payload, Unstorable>;

    /// Reads a value; `None` when the bytes are not one.
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

/// What `none_ttl` needs of a value: to be an `Option`.
#[diagnostic::on_unimplemented(
    message = "`none_ttl` is for values that are an `Option`, not `{Self}`",
    label = "there is no `None` to keep for this time",
    note = "return `Option<T>` or `Result<Option<T>, E>`, with nothing else around the `Option`, or remove `none_ttl`"
)]
pub trait MaybeNone {}

impl<T> MaybeNone for Option<T> {}

/// Makes rustc ask whether a function with `none_ttl` has a `None` to return.
pub const fn may_be_none<O: Outcome<Value: MaybeNone>>(_outcome: &O) {}

/// A value as its codec writes it, up to a size; one that may hold an error is refused.
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

/// Reads back what was written of a value. A panic of the value's type is none of the caller's, who
/// has the value.
pub(crate) fn brought_back<V>(decode: impl FnOnce() -> Option<V>) -> Result<V, Unstorable> {
    trial::caught(decode).ok_or(Unstorable::Panicked)?.ok_or(Unstorable::Unreadable)
}

/// Whether a type's name has the standard library's `Result` anywhere in it: behind a type parameter, or in a collection. The probe sees none of these.
fn names_result(name: &str) -> bool {
    let mut places = name.match_indices("core::result::Result<");
    // Not that of an application's own module.
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
