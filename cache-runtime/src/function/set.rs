//! Decides whether the order of a value's elements is part of its meaning. The hash, the readable
//! part, patterns and local keys all use this decision.
//!
//! serde shows a `HashSet` as a list and a `HashMap` as a map, each in an order of its own. Only
//! the type's name tells them from a `Vec` and an `IndexMap`. Every generic method of a serializer
//! can ask for that name.

use std::any::type_name;

/// Types that hold a collection and show no type of their own to serde.
const TRANSPARENT: [&str; 9] = [
    "alloc::boxed::Box<",
    "alloc::sync::Arc<",
    "alloc::rc::Rc<",
    "alloc::borrow::Cow<",
    "core::cell::RefCell<",
    "core::cell::Cell<",
    "core::cmp::Reverse<",
    "std::sync::poison::mutex::Mutex<",
    "std::sync::poison::rwlock::RwLock<",
];

/// The collections that are equal in any order.
const UNORDERED: [&str; 11] = [
    // mutant: the fuzz: the sets of the standard library have an order
    "std::collections::hash::set::HashSet<",
    "std::collections::hash::map::HashMap<",
    "alloc::collections::btree::set::BTreeSet<",
    "alloc::collections::btree::map::BTreeMap<",
    "alloc::collections::binary_heap::BinaryHeap<",
    "hashbrown::set::HashSet<",
    "hashbrown::map::HashMap<",
    "dashmap::DashMap<",
    "dashmap::set::DashSet<",
    "ahash::hash_map::AHashMap<",
    "ahash::hash_set::AHashSet<",
];

/// The shortest name of an unordered collection, in bytes: `dashmap::DashMap<u8, u8>`.
const MIN_NAME: usize = 24;

/// Tells whether values of the type `T` are equal whatever the order of their elements.
///
/// Returns `false` for an unknown type. The order of its elements is kept, so that sorting never
/// gives two of its values one key.
#[inline]
pub(crate) fn is_unordered<T: ?Sized>() -> bool {
    let name = type_name::<T>();
    // The name is a constant. For most types, the compiler finds out that the rest is not needed.
    name.len() >= MIN_NAME && may_be_unordered(name.as_bytes()[0]) && names_unordered(name)
}

#[inline]
fn may_be_unordered(first: u8) -> bool {
    matches!(first, b'&' | b'a' | b's' | b'h' | b'd' | b'c')
}

/// Types that hold an integer, and serialize as this integer.
const NUMBERS: [&str; 3] = [
    "core::num::nonzero::NonZero<",
    "core::num::wrapping::Wrapping<",
    "core::num::saturating::Saturating<",
];

/// Tells whether all values of a type are integers of one kind.
///
/// Returns `false` for a type that may show other kinds, such as an untagged enum, or a type with
/// serde's attributes.
pub(crate) fn is_integer(name: &str) -> bool {
    is_primitive_integer(name) || holds_integer(name)
}

fn is_primitive_integer(name: &str) -> bool {
    matches!(
        name,
        "u8" | "u16"
            | "u32"
            | "u64"
            | "u128"
            | "usize"
            | "i8"
            | "i16"
            | "i32"
            | "i64"
            | "i128"
            | "isize"
    )
}

fn holds_integer(name: &str) -> bool {
    let name = held(name);
    let number = NUMBERS.iter().find_map(|number| name.strip_prefix(number)).unwrap_or(name);
    is_primitive_integer(number.trim_end_matches('>'))
}

/// Tells whether all values of a type are structs of the name that serde writes.
///
/// Returns `false` for a type that may show other structs, and for a struct that serde writes by
/// another name.
pub(crate) fn is_called(type_name: &str, struct_name: &str) -> bool {
    ends_in(type_name, struct_name) || {
        let (path, _arguments) = held(type_name).split_once('<').unwrap_or((held(type_name), ""));
        ends_in(path.trim_end_matches('>'), struct_name)
    }
}

fn ends_in(path: &str, name: &str) -> bool {
    path.strip_suffix(name).is_some_and(|before| before.ends_with("::"))
}

fn names_unordered(name: &str) -> bool {
    let name = held(name);
    // mutant: sets are not recognised
    UNORDERED.iter().any(|collection| name.starts_with(collection))
}

/// Returns the name of the type behind all references and smart pointers.
fn held(mut name: &str) -> &str {
    while let Some(inner) = inside(name) {
        name = inner;
    }
    name
}

/// Returns the name of the type that a reference or a smart pointer holds.
fn inside(name: &str) -> Option<&str> {
    let inner = name.strip_prefix("&mut ").or_else(|| name.strip_prefix('&'));
    let held = || TRANSPARENT.iter().find_map(|holder| name.strip_prefix(holder));
    inner.or_else(held).map(|inner| inner.strip_prefix("'_, ").unwrap_or(inner))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;
    use std::cell::{Cell, RefCell};
    use std::cmp::Reverse;
    use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, VecDeque};
    use std::rc::Rc;
    use std::sync::{Arc, Mutex, RwLock};

    type Ids = HashSet<u64>;

    #[test]
    fn the_collections_without_an_order_are_known_behind_every_pointer() {
        assert!(is_unordered::<Ids>());
        assert!(is_unordered::<HashMap<String, Vec<u8>>>());
        assert!(is_unordered::<BTreeMap<u8, u8>>());
        assert!(is_unordered::<BTreeSet<u8>>());
        assert!(is_unordered::<BinaryHeap<u8>>());
        assert!(is_unordered::<&&mut Ids>());
        assert!(is_unordered::<Cow<'_, Ids>>());
        assert!(is_unordered::<Arc<Box<Rc<Ids>>>>());
        assert!(is_unordered::<Reverse<Ids>>());
        assert!(is_unordered::<RefCell<Cell<Ids>>>());
        assert!(is_unordered::<Mutex<RwLock<&Ids>>>());
    }

    #[test]
    fn an_integer_is_known_behind_every_pointer() {
        for name in
            ["u8", "isize", "&&i128", "alloc::sync::Arc<u64>", "core::num::nonzero::NonZero<u8>"]
        {
            assert!(is_integer(name), "{name}");
        }
        assert!(is_integer(type_name::<std::num::NonZeroI16>()));
        assert!(is_integer(type_name::<std::num::Wrapping<u16>>()));
        assert!(is_integer(type_name::<Arc<Box<Cow<'_, u8>>>>()));
        for name in
            ["u::Id", "&i::Offset", "alloc::boxed::Box<shop::Scope>", "serde_json::value::Value"]
        {
            assert!(!is_integer(name), "{name}");
        }
    }

    #[test]
    fn a_struct_is_known_by_the_name_that_serde_writes() {
        for name in [
            "shop::Page",
            "&shop::Page",
            "shop::Page<shop::Row>",
            "alloc::boxed::Box<shop::Page<shop::Row>>",
            "alloc::borrow::Cow<'_, shop::Page>",
        ] {
            assert!(is_called(name, "Page"), "{name}");
        }
        assert!(!is_called("shop::MyPage", "Page"));
        assert!(!is_called("shop::Row<shop::Page>", "Page"));
        assert!(!is_called("shop::Scope", "Page"));
    }

    #[test]
    fn every_other_type_keeps_its_order() {
        assert!(!is_unordered::<str>());
        assert!(!is_unordered::<VecDeque<Ids>>());
        assert!(!is_unordered::<Vec<Ids>>());
        // The `Some` inside shows the set as its own.
        assert!(!is_unordered::<Option<Ids>>());
        assert!(!is_unordered::<(Ids, Ids)>());
        assert!(!is_unordered::<Cow<'_, [u64]>>());
        assert!(!is_unordered::<serde_json::Map<String, serde_json::Value>>());
    }
}
