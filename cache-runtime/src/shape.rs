//! The shape of a value's type as a number: whether what was stored by another version of a program is still meant the same.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::Arc;

/// A type whose shape is known: the names, order and types of its fields and variants, and what its serde attributes say. Derive it for the values of
/// functions with `#[cached(shape)]`.
///
/// The option puts the shape behind the key, so that two versions of a program whose type differs never read each other's entries, whatever the
/// codec could make of them: a renamed `Option` field reads as `None`, two swapped fields of a tuple struct read as each other. The readable part stays, so that
/// an invalidation reaches the entries of both.
///
/// ```
/// use cache_runtime::{Shape, cached};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Deserialize, Serialize, Shape)]
/// struct User {
///     id: u64,
///     nickname: Option<String>,
///     #[shape(opaque)]                        // of another crate: its name counts, what is in it does not
///     home: std::net::SocketAddr,
/// }
///
/// #[cached(ttl = "5m", key = "user:<id>", shape)]
/// async fn user(id: u64) -> Option<User> {
///     None
/// }
/// ```
///
/// A type may contain itself; of types that contain each other, mark one field.
#[diagnostic::on_unimplemented(
    message = "the shape of `{Self}` is not known",
    label = "does not implement `cache_runtime::Shape`",
    note = "derive it, `#[derive(cache_runtime::Shape)]`; write `#[shape(opaque)]` before a field whose type is of another crate"
)]
pub trait Shape {
    /// The shape: two types with the same number are read alike.
    const SHAPE: u64;
}

/// Builds the shape of a type: FNV-1a, 64 bits (<https://datatracker.ietf.org/doc/html/draft-eastlake-fnv>), over its parts. Collisions are a matter of
/// accident only: nobody chooses the shapes of a program's types against it.
#[derive(Clone, Copy, Debug)]
pub struct Outline(u64);

impl Outline {
    /// Begins with the kind of the type.
    #[must_use]
    pub const fn of(kind: &str) -> Self {
        Self(0xcbf2_9ce4_8422_2325).text(kind)
    }

    /// Adds a name: of a field or a variant, or what a serde attribute says.
    #[must_use]
    pub const fn text(self, text: &str) -> Self {
        // A byte that is in no text ends it.
        self.bytes(text.as_bytes()).bytes(&[0xff])
    }

    /// Adds the shape of a part.
    #[must_use]
    pub const fn part<T: Shape + ?Sized>(self) -> Self {
        self.bytes(&T::SHAPE.to_le_bytes())
    }

    /// The shape.
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

/// Asks the compiler for the shape of a function's value: an error type has none.
#[derive(Debug)]
pub struct ShapeOf<R>(PhantomData<fn() -> R>);

impl<R> ShapeOf<R> {
    /// A question about a return type.
    #[must_use]
    pub const fn returned() -> Self {
        Self(PhantomData)
    }
}

impl<T, E> ShapeOf<Result<T, E>> {
    /// Answers.
    #[must_use]
    pub const fn shape_of_value(&self) -> u64
    where
        T: Shape,
    {
        T::SHAPE
    }
}

/// The answer for what is no `Result`.
pub trait AnyShape {
    /// The type whose shape it is.
    type Of;

    /// Answers.
    fn shape_of_value(&self) -> u64
    where
        Self::Of: Shape;
}

// The bound stands at the method, so that rustc names the type that lacks a shape.
impl<T> AnyShape for ShapeOf<T> {
    type Of = T;

    fn shape_of_value(&self) -> u64
    where
        T: Shape,
    {
        T::SHAPE
    }
}

macro_rules! plain {
    ($($type:ty: $name:literal),* $(,)?) => {$(
        impl Shape for $type {
            const SHAPE: u64 = Outline::of($name).finish();
        }
    )*};
}

plain! {
    (): "unit", bool: "bool", char: "char", str: "str", String: "str",
    i8: "i8", i16: "i16", i32: "i32", i64: "i64", i128: "i128", isize: "i64",
    u8: "u8", u16: "u16", u32: "u32", u64: "u64", u128: "u128", usize: "u64",
    f32: "f32", f64: "f64",
    std::time::Duration: "duration", std::time::SystemTime: "system time",
    std::net::IpAddr: "address", std::net::Ipv4Addr: "address 4", std::net::Ipv6Addr: "address 6",
    std::net::SocketAddr: "socket address",
    std::path::PathBuf: "path", std::path::Path: "path",
    bytes::Bytes: "bytes", serde_json::Value: "json",
}

macro_rules! around {
    ($($kind:literal: [$($param:ident),*] $type:ty),* $(,)?) => {$(
        impl<$($param: Shape),*> Shape for $type {
            const SHAPE: u64 = Outline::of($kind)$(.part::<$param>())*.finish();
        }
    )*};
}

around! {
    "option": [T] Option<T>, "result": [T, E] Result<T, E>,
    "list": [T] [T], "list": [T] Vec<T>, "list": [T] VecDeque<T>, "list": [T] LinkedList<T>, "list": [T] BinaryHeap<T>,
    "set": [T] BTreeSet<T>, "map": [K, V] BTreeMap<K, V>,
    "tuple": [A] (A,), "tuple": [A, B] (A, B), "tuple": [A, B, C] (A, B, C), "tuple": [A, B, C, D] (A, B, C, D),
    "tuple": [A, B, C, D, E] (A, B, C, D, E), "tuple": [A, B, C, D, E, F] (A, B, C, D, E, F),
    "tuple": [A, B, C, D, E, F, G] (A, B, C, D, E, F, G), "tuple": [A, B, C, D, E, F, G, H] (A, B, C, D, E, F, G, H),
    "tuple": [A, B, C, D, E, F, G, H, I] (A, B, C, D, E, F, G, H, I),
    "tuple": [A, B, C, D, E, F, G, H, I, J] (A, B, C, D, E, F, G, H, I, J),
    "tuple": [A, B, C, D, E, F, G, H, I, J, K] (A, B, C, D, E, F, G, H, I, J, K),
    "tuple": [A, B, C, D, E, F, G, H, I, J, K, L] (A, B, C, D, E, F, G, H, I, J, K, L),
}

impl<T: Shape, S> Shape for HashSet<T, S> {
    const SHAPE: u64 = Outline::of("set").part::<T>().finish();
}

impl<K: Shape, V: Shape, S> Shape for HashMap<K, V, S> {
    const SHAPE: u64 = Outline::of("map").part::<K>().part::<V>().finish();
}

impl<T: Shape, const N: usize> Shape for [T; N] {
    const SHAPE: u64 = Outline::of("array").part::<T>().bytes(&N.to_le_bytes()).finish();
}

macro_rules! transparent {
    ($($type:ty),*) => {$(
        impl<T: Shape + ?Sized> Shape for $type {
            const SHAPE: u64 = T::SHAPE;
        }
    )*};
}

transparent!(Box<T>, Rc<T>, Arc<T>, &T);

impl<T: ?Sized> Shape for PhantomData<T> {
    const SHAPE: u64 = Outline::of("unit").finish();
}

impl<T: Shape + ToOwned + ?Sized> Shape for Cow<'_, T> {
    const SHAPE: u64 = T::SHAPE;
}

#[cfg(test)]
mod tests {
    use super::*;

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

    /// It stands in keys: a release that changed it would start every cache anew.
    #[test]
    fn shapes_stay_from_release_to_release() {
        assert_eq!(u64::SHAPE, 0xbfdb_c0e5_4a44_6817);
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
