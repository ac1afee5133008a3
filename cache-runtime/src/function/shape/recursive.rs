//! Represents a type inside itself.

use super::{Outline, Shape};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

/// Stands for a type among its own fields while `#[derive(Shape)]` asks for their shapes. Without a
/// stand-in, the type's own shape would be infinite.
///
/// `Inner` are the parameters that the type has in the field. `Outer` are the parameters that the
/// type itself has, if any. If these bring along a stand-in of a type further out, `Outer` keeps
/// the two apart.
///
/// No value of this type is ever made. The stand-in has the traits that other types require of
/// their parameters most. If a field's type requires another trait, `#[shape(opaque)]` leaves the
/// field out.
pub struct Recursive<Inner, Outer = ()>(PhantomData<(Inner, Outer)>);

impl<Inner: Shape, Outer: Shape> Shape for Recursive<Inner, Outer> {
    // mutant: a type's parameters inside itself are no part of its shape
    // mutant: two types that contain themselves are taken for one
    const SHAPE: u64 = Outline::of("itself").part::<Inner>().part::<Outer>().finish();
}

impl<Inner, Outer> Clone for Recursive<Inner, Outer> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Inner, Outer> Copy for Recursive<Inner, Outer> {}

impl<Inner, Outer> Default for Recursive<Inner, Outer> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<Inner, Outer> fmt::Debug for Recursive<Inner, Outer> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recursive")
    }
}

impl<Inner, Outer> PartialEq for Recursive<Inner, Outer> {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

impl<Inner, Outer> Eq for Recursive<Inner, Outer> {}

impl<Inner, Outer> PartialOrd for Recursive<Inner, Outer> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<Inner, Outer> Ord for Recursive<Inner, Outer> {
    fn cmp(&self, _other: &Self) -> Ordering {
        Ordering::Equal
    }
}

impl<Inner, Outer> Hash for Recursive<Inner, Outer> {
    fn hash<H: Hasher>(&self, _state: &mut H) {}
}

impl<Inner, Outer> Serialize for Recursive<Inner, Outer> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

impl<'de, Inner, Outer> Deserialize<'de> for Recursive<Inner, Outer> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <()>::deserialize(deserializer).map(|()| Self::default())
    }
}
