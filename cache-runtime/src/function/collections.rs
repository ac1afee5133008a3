//! Describes the types that `#[cached(each = ids)]` takes and returns: lists of ids, and maps or
//! lists of pairs.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher, Hash};

/// A list of ids.
#[diagnostic::on_unimplemented(
    message = "`each` needs a list of ids, not `{Self}`",
    label = "this is no list of ids",
    note = "take `&[K]`, `Vec<K>`, `HashSet<K>` or `BTreeSet<K>`"
)]
pub trait List: Sized {
    /// The type of an id.
    type Id;

    /// Returns the ids, in the list's order.
    fn into_ids(self) -> Vec<Self::Id>;

    /// Returns a list of these ids.
    fn from_ids(ids: Vec<Self::Id>) -> Self;
}

/// The return type of a function with `each`: a value for each id that was found.
#[diagnostic::on_unimplemented(
    message = "`each` needs a function that returns a map or a list of pairs, not `{Self}`",
    label = "this is neither a map nor a list of pairs",
    note = "return `HashMap<K, V>`, `BTreeMap<K, V>` or `Vec<(K, V)>`, in a `Result` or not: a value for each id that was found"
)]
pub trait Pairs: Sized {
    /// The type of an id.
    type Id;
    /// The type of a value that was found.
    type Value;

    /// Returns the pairs, in the collection's order if it has one.
    fn into_pairs(self) -> Vec<(Self::Id, Self::Value)>;

    /// Returns a collection of these pairs.
    fn from_pairs(pairs: impl Iterator<Item = (Self::Id, Self::Value)>) -> Self;
}

/// A return type of a function with `each`: [`Pairs`], or a `Result` of them.
pub trait Listed {
    /// The type of a value that was found for an id.
    type Value;
}

impl<P: Pairs> Listed for P {
    type Value = P::Value;
}

impl<P: Pairs, E> Listed for Result<P, E> {
    type Value = P::Value;
}

impl<K> List for Vec<K> {
    type Id = K;

    fn into_ids(self) -> Self {
        self
    }

    fn from_ids(ids: Self) -> Self {
        ids
    }
}

impl<K: Ord> List for BTreeSet<K> {
    type Id = K;

    fn into_ids(self) -> Vec<K> {
        self.into_iter().collect()
    }

    fn from_ids(ids: Vec<K>) -> Self {
        ids.into_iter().collect()
    }
}

impl<K: Eq + Hash, S: BuildHasher + Default> List for HashSet<K, S> {
    type Id = K;

    fn into_ids(self) -> Vec<K> {
        self.into_iter().collect()
    }

    fn from_ids(ids: Vec<K>) -> Self {
        ids.into_iter().collect()
    }
}

impl<K, V> Pairs for Vec<(K, V)> {
    type Id = K;
    type Value = V;

    fn into_pairs(self) -> Self {
        self
    }

    fn from_pairs(pairs: impl Iterator<Item = (K, V)>) -> Self {
        pairs.collect()
    }
}

impl<K: Ord, V> Pairs for BTreeMap<K, V> {
    type Id = K;
    type Value = V;

    fn into_pairs(self) -> Vec<(K, V)> {
        self.into_iter().collect()
    }

    fn from_pairs(pairs: impl Iterator<Item = (K, V)>) -> Self {
        pairs.collect()
    }
}

impl<K: Eq + Hash, V, S: BuildHasher + Default> Pairs for HashMap<K, V, S> {
    type Id = K;
    type Value = V;

    fn into_pairs(self) -> Vec<(K, V)> {
        self.into_iter().collect()
    }

    fn from_pairs(pairs: impl Iterator<Item = (K, V)>) -> Self {
        pairs.collect()
    }
}
