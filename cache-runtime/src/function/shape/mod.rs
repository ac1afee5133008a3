//! Computes the shape of a value's type as a number. The shape tells whether a value that another
//! version of a program stored still has the same meaning.

mod known;
mod recursive;

use std::marker::PhantomData;

pub use recursive::Recursive;

/// A type whose shape is known. The shape covers the names, order and types of fields and variants,
/// the numbers of variants and parameters, and serde's attributes. Derive this trait for the values
/// of functions with `#[cached(shape)]`. The types of the standard library that serde reads
/// implement it.
///
/// The option puts the shape behind the key. Two versions of a program whose type differs then
/// never read each other's entries, whatever the codec could make of them. Without the option, a
/// renamed `Option` field reads as `None`, and two swapped fields of a tuple struct read as each
/// other. The readable part stays, so that an invalidation reaches the entries of both versions.
///
/// ```
/// use cache_runtime::{Shape, cached};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Deserialize, Serialize, Shape)]
/// struct User {
///     id: u64,
///     nickname: Option<String>,
///     // Of another crate: its name counts, its fields do not.
///     #[shape(opaque)]
///     home: std::net::SocketAddr,
/// }
///
/// #[cached(ttl = "5m", key = "user:<id>", shape)]
/// async fn user(id: u64) -> Option<User> {
///     None
/// }
/// ```
///
/// A type may contain itself, also inside of others: `Link<Box<Node>>`. A stand-in takes the type's
/// place there. The stand-in has serde's traits, and the traits of the standard library that values
/// have most. If `Link` requires another trait, mark the field with `#[shape(opaque)]`. If types
/// contain each other, mark one field.
///
/// The shape does not cover changes inside a marked field, in a function that
/// `#[serde(with = "…")]` names, and in a `Serialize` written by hand. After such a change, raise
/// the function's `version`. Alternatively, implement this trait by hand, with a number that
/// changes with the type.
#[diagnostic::on_unimplemented(
    message = "the shape of `{Self}` is not known",
    label = "does not implement `cache_runtime::Shape`",
    note = "derive it, `#[derive(cache_runtime::Shape)]`; write `#[shape(opaque)]` before a field whose type is of another crate"
)]
pub trait Shape {
    /// The shape of the type. Values of two types with the same number are read alike.
    const SHAPE: u64;
}

/// Builds the shape of a type: FNV-1a, 64 bits
/// (<https://datatracker.ietf.org/doc/html/draft-eastlake-fnv>), over its parts. Collisions happen
/// by accident only, because nobody chooses the shapes of a program's types against it.
#[derive(Clone, Copy, Debug)]
pub struct Outline(u64);

impl Outline {
    /// Begins with the kind of the type.
    #[must_use]
    pub const fn of(kind: &str) -> Self {
        Self(0xcbf2_9ce4_8422_2325).text(kind)
    }

    /// Adds a text: the name of a field or a variant, or the text of a serde attribute.
    #[must_use]
    pub const fn text(self, text: &str) -> Self {
        // The byte 0xff ends the text, because no text contains it.
        self.bytes(text.as_bytes()).bytes(&[0xff])
    }

    /// Adds the shape of a part.
    #[must_use]
    pub const fn part<T: Shape + ?Sized>(self) -> Self {
        self.bytes(&T::SHAPE.to_le_bytes())
    }

    /// Adds a number: a length, a parameter, or the number of a variant. The result is equal on
    /// machines of every word size.
    #[must_use]
    pub const fn number(self, number: i128) -> Self {
        self.bytes(&number.to_le_bytes())
    }

    /// Returns the shape.
    #[must_use]
    pub const fn finish(self) -> u64 {
        self.0
    }

    const fn bytes(self, bytes: &[u8]) -> Self {
        let (mut hash, mut at) = (self.0, 0);
        while at < bytes.len() {
            hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0100_0000_01b3);
            at += 1;
        }
        Self(hash)
    }
}

/// Asks the compiler for the shape of a function's value. Of a `Result`, only the `Ok` type counts.
#[derive(Debug)]
pub struct ShapeOf<R>(PhantomData<fn() -> R>);

impl<R> ShapeOf<R> {
    /// Returns a question about a return type.
    #[must_use]
    pub const fn returned() -> Self {
        Self(PhantomData)
    }
}

impl<T, E> ShapeOf<Result<T, E>> {
    /// Returns the shape of the `Ok` type.
    #[must_use]
    pub const fn shape_of_value(&self) -> u64
    where
        T: Shape,
    {
        T::SHAPE
    }
}

/// The question for a return type that is no `Result`.
pub trait AnyShape {
    /// The type whose shape is asked for.
    type Of;

    /// Returns the shape of the type.
    fn shape_of_value(&self) -> u64
    where
        Self::Of: Shape;
}

// The bound is on the method, so that rustc names the type that lacks a shape.
impl<T> AnyShape for ShapeOf<T> {
    type Of = T;

    fn shape_of_value(&self) -> u64
    where
        T: Shape,
    {
        T::SHAPE
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;
    use std::collections::{BTreeMap, BTreeSet, HashMap};
    use std::sync::Arc;

    #[test]
    fn what_is_read_alike_has_one_shape() {
        assert_eq!(<Vec<String>>::SHAPE, <Arc<[Box<str>]>>::SHAPE);
        assert_eq!(<HashMap<Cow<'_, str>, usize>>::SHAPE, <BTreeMap<String, u64>>::SHAPE);
    }

    #[test]
    fn what_is_read_otherwise_has_another_shape() {
        let shapes = [
            u32::SHAPE,
            i32::SHAPE,
            <Option<u32>>::SHAPE,
            <Vec<u32>>::SHAPE,
            <(u32,)>::SHAPE,
            <(u32, i32)>::SHAPE,
            <(i32, u32)>::SHAPE,
            <((u32, i32),)>::SHAPE,
            <[u32; 2]>::SHAPE,
            <[u32; 3]>::SHAPE,
            <Result<u32, i32>>::SHAPE,
        ];
        let different: BTreeSet<u64> = shapes.into_iter().collect();
        assert_eq!(different.len(), shapes.len());
    }

    #[test]
    fn names_do_not_run_together() {
        let shape = |first, second| Outline::of("struct").text(first).text(second).finish();
        assert_ne!(shape("ab", "c"), shape("a", "bc"));
    }

    /// Shapes are part of keys. If a release changed them, every cache would start empty.
    #[test]
    fn shapes_stay_from_release_to_release() {
        assert_eq!(u64::SHAPE, 0xbfdb_c0e5_4a44_6817);
        assert_eq!(<[u8; 2]>::SHAPE, 0xa4b5_4a92_9afd_e319, "on machines of every word size");
    }

    #[test]
    fn of_a_result_the_value_counts_alone() {
        struct NoShape;
        assert_eq!(ShapeOf::<Result<u32, NoShape>>::returned().shape_of_value(), u32::SHAPE);
        assert_eq!(
            AnyShape::shape_of_value(&ShapeOf::<Option<u32>>::returned()),
            <Option<u32>>::SHAPE
        );
    }
}
