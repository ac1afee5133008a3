//! Values that may be given for an argument of a named call: text for a `String`, a slice or an
//! array for a `Vec`.
//!
//! The macros know a type by its name alone, and an application may have a `String` of its own. The
//! compiler therefore chooses: for a type of the application's, only that type itself is given.

use serde::Serialize;
use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

/// A value that may be given for a `T`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be given for `{T}`",
    label = "the cached function takes `{T}`",
    note = "name the call with the arguments that it takes; text stands for a `String`, and a slice for a `Vec`"
)]
pub trait Lent<T: ?Sized> {
    /// The type that is hashed. Its values are written as values of `T` are.
    type As: Serialize + ?Sized;

    /// Lends the value in the form that is hashed.
    #[doc(hidden)]
    fn lend(&self) -> &Self::As;
}

/// Lends a value that was given for a `T`, in the form that is hashed.
pub fn lent<T: ?Sized, A: Lent<T> + ?Sized>(given: &A) -> &A::As {
    given.lend()
}

impl<T: Serialize + ?Sized> Lent<T> for T {
    type As = T;

    fn lend(&self) -> &T {
        self
    }
}

impl<T: Serialize + ?Sized> Lent<T> for &T {
    type As = T;

    fn lend(&self) -> &T {
        self
    }
}

macro_rules! text {
    ($($given:ty),*) => {$(
        impl Lent<String> for $given {
            type As = str;

            fn lend(&self) -> &str {
                self
            }
        }
    )*};
}

text!(
    str,
    &str,
    &&str,
    &&String,
    Box<str>,
    Rc<str>,
    Arc<str>,
    Cow<'_, str>,
    Box<String>,
    Rc<String>,
    Arc<String>,
    &Cow<'_, str>,
    &Arc<str>,
    &mut String
);

macro_rules! slices {
    ($($given:ty $(, $length:ident)?;)*) => {$(
        impl<T: Serialize $(, const $length: usize)?> Lent<Vec<T>> for $given {
            type As = [T];

            fn lend(&self) -> &[T] {
                self
            }
        }
    )*};
}

impl<T: Serialize, const N: usize> Lent<Vec<T>> for &[T; N] {
    type As = [T];

    fn lend(&self) -> &[T] {
        *self
    }
}

slices! {
    [T];
    &[T];
    &&[T];
    [T; N], N;
    &&Vec<T>;
    Box<[T]>;
    Rc<[T]>;
    Arc<[T]>;
    Box<Vec<T>>;
    Rc<Vec<T>>;
    Arc<Vec<T>>;
    &mut Vec<T>;
}
