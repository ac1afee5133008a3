//! `#[derive(Shape)]`: every change of a type changes its shape, and nothing else does.

use cache_runtime::Shape;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

#[derive(Deserialize, Serialize, Shape)]
struct Named {
    a: u8,
    b: u8,
}

#[derive(Deserialize, Serialize, Shape)]
struct Moved {
    b: u8,
    a: u8,
}

#[derive(Deserialize, Serialize, Shape)]
struct Other {
    a: u8,
    c: u8,
}

#[derive(Deserialize, Serialize, Shape)]
struct Wider {
    a: u8,
    b: u16,
}

#[derive(Deserialize, Serialize, Shape)]
#[serde(rename_all = "UPPERCASE")]
struct Renamed {
    a: u8,
    b: u8,
}

#[derive(Deserialize, Serialize, Shape)]
struct Defaulted {
    a: u8,
    #[serde(default)]
    b: u8,
}

#[derive(Deserialize, Serialize, Shape)]
struct Unnamed(u8, u8);

#[derive(Deserialize, Serialize, Shape)]
enum Choice {
    A(u8),
    B,
}

#[derive(Deserialize, Serialize, Shape)]
enum OtherChoice {
    B,
    A(u8),
}

#[derive(Deserialize, Serialize, Shape)]
enum Widened {
    A(u16),
    B,
}

#[derive(Deserialize, Serialize, Shape)]
struct Around<T> {
    value: T,
}

#[derive(Deserialize, Serialize, Shape)]
struct Tree {
    value: u8,
    children: Vec<Tree>,
}

#[derive(Deserialize, Serialize, Shape)]
struct Opaque {
    #[shape(opaque)]
    value: std::num::NonZeroU8,
}

/// The same as the first, in another place.
mod elsewhere {
    use super::{Deserialize, Serialize, Shape};

    #[derive(Deserialize, Serialize, Shape)]
    pub(super) struct Named {
        a: u8,
        b: u8,
    }
}

#[test]
fn every_change_is_seen() {
    let shapes = [
        Named::SHAPE,
        Moved::SHAPE,
        Other::SHAPE,
        Wider::SHAPE,
        Renamed::SHAPE,
        Defaulted::SHAPE,
        Unnamed::SHAPE,
        Choice::SHAPE,
        OtherChoice::SHAPE,
        Widened::SHAPE,
        <Around<u8>>::SHAPE,
        <Around<u16>>::SHAPE,
        Tree::SHAPE,
        Opaque::SHAPE,
    ];
    let different: HashSet<u64> = shapes.into_iter().collect();
    assert_eq!(different.len(), shapes.len());
}

/// Two versions of what types of the program are made of.
macro_rules! versions {
    ($($version:ident $field:ident)*) => {$(
        mod $version {
            use super::{Deserialize, Serialize, Shape};

            #[derive(Deserialize, Serialize, Shape)]
            pub(super) struct Author {
                $field: Option<String>,
            }

            #[derive(Deserialize, Serialize, Shape)]
            pub(super) struct Comment {
                replies: Vec<(Author, Comment)>,
            }

            #[derive(Deserialize, Serialize, Shape)]
            pub(super) struct Forest<T> {
                trees: Vec<(T, Forest<T>)>,
            }

            /// It has the name of what is in it.
            pub(super) mod around {
                #[derive(super::Deserialize, super::Serialize, super::Shape)]
                pub(in super::super) struct Author {
                    author: super::Author,
                }
            }

            #[derive(Deserialize, Serialize, Shape)]
            pub(super) enum Event {
                Author(Author),
                Repeated(Box<Self>),
            }

            #[derive(Clone, Deserialize, Serialize, Shape)]
            pub(super) struct Wire {
                $field: Option<String>,
            }

            #[derive(Clone, Deserialize, Serialize, Shape)]
            #[serde(from = "Wire", into = "Wire")]
            pub(super) struct Through(Option<String>);

            impl From<Wire> for Through {
                fn from(wire: Wire) -> Self {
                    Self(wire.$field)
                }
            }

            impl From<Through> for Wire {
                fn from(through: Through) -> Self {
                    Self { $field: through.0 }
                }
            }
        }
    )*};
}

versions! { first nick second alias }

#[test]
fn a_change_is_seen_through_what_a_type_is_made_of() {
    assert_ne!(first::Comment::SHAPE, second::Comment::SHAPE);
    assert_ne!(<first::Forest<first::Author>>::SHAPE, <second::Forest<second::Author>>::SHAPE);
    assert_ne!(<first::Forest<u8>>::SHAPE, <first::Forest<String>>::SHAPE);
    assert_ne!(first::around::Author::SHAPE, second::around::Author::SHAPE);
    assert_ne!(first::Event::SHAPE, second::Event::SHAPE);
    assert_ne!(first::Through::SHAPE, second::Through::SHAPE);
    assert_eq!(<first::Forest<u8>>::SHAPE, <second::Forest<u8>>::SHAPE);
}

#[test]
fn a_type_that_moved_has_its_shape() {
    assert_eq!(Named::SHAPE, elsewhere::Named::SHAPE);
}

/// Two versions of a module whose `Value` differs in one thing, and a twin of the first.
macro_rules! changes {
    ($($change:ident: { $($first:tt)* } { $($second:tt)* })*) => {$(
        #[allow(
            dead_code,
            private_bounds,
            private_interfaces,
            unused_imports,
            reason = "of these types the shape alone is asked for"
        )]
        mod $change {
            mod first {
                use super::super::prelude::*;
                $($first)*
            }
            mod twin {
                use super::super::prelude::*;
                $($first)*
            }
            mod second {
                use super::super::prelude::*;
                $($second)*
            }

            #[test]
            fn is_seen() {
                use cache_runtime::Shape;
                assert_eq!(first::Value::SHAPE, twin::Value::SHAPE, "twins");
                assert_ne!(first::Value::SHAPE, second::Value::SHAPE);
            }
        }
    )*};
}

/// What the changed modules use.
mod prelude {
    pub(super) use cache_runtime::Shape;
    pub(super) use serde::{Deserialize, Serialize};
    pub(super) use std::borrow::Cow;
    pub(super) use std::collections::HashMap;
    pub(super) use std::fmt::Debug;
    pub(super) use std::hash::Hash;
    pub(super) use std::marker::PhantomData;
}

// A type of the program's own that a field goes through on its way to the type itself.
changes! {
    around_itself: {
        #[derive(Deserialize, Serialize, Shape)]
        struct Link<T> { to: Option<T>, weight: u32 }
        #[derive(Deserialize, Serialize, Shape)]
        pub(super) struct Value { next: Link<Box<Value>> }
    } {
        #[derive(Deserialize, Serialize, Shape)]
        struct Link<T> { to: Option<T>, weight: u64 }
        #[derive(Deserialize, Serialize, Shape)]
        pub(super) struct Value { next: Link<Box<Value>> }
    }

    around_self_in_a_variant: {
        #[derive(Deserialize, Serialize, Shape)]
        struct Link<T> { to: Option<T> }
        #[derive(Deserialize, Serialize, Shape)]
        pub(super) enum Value { End, Next(Box<Link<Self>>) }
    } {
        #[derive(Deserialize, Serialize, Shape)]
        struct Link<T> { at: Option<T> }
        #[derive(Deserialize, Serialize, Shape)]
        pub(super) enum Value { End, Next(Box<Link<Self>>) }
    }

    in_a_map_around_itself: {
        #[derive(Deserialize, Serialize, Shape)]
        struct Child<T> { child: Vec<T>, name: u8 }
        #[derive(Deserialize, Serialize, Shape)]
        pub(super) struct Value { children: HashMap<String, (u8, [Child<Value>; 1])> }
    } {
        #[derive(Deserialize, Serialize, Shape)]
        struct Child<T> { child: Vec<T>, name: u16 }
        #[derive(Deserialize, Serialize, Shape)]
        pub(super) struct Value { children: HashMap<String, (u8, [Child<Value>; 1])> }
    }

    the_length_of_an_array_of_itself: {
        #[derive(Shape)]
        pub(super) struct Value { children: Option<Box<[Value; 2]>> }
    } {
        #[derive(Shape)]
        pub(super) struct Value { children: Option<Box<[Value; 3]>> }
    }

    a_list_of_itself_is_no_set: {
        #[derive(Shape)]
        pub(super) struct Value { children: Vec<Value> }
    } {
        #[derive(Shape)]
        pub(super) struct Value { children: Box<Value> }
    }

    around_itself_with_parameters: {
        #[derive(Deserialize, Serialize, Shape)]
        struct Link<T, W> { to: Option<T>, weight: W }
        #[derive(Deserialize, Serialize, Shape)]
        pub(super) struct Node<T> { value: T, next: Option<Box<Link<Node<T>, u8>>> }
        pub(super) type Value = Node<String>;
    } {
        #[derive(Deserialize, Serialize, Shape)]
        struct Link<T, W> { to: Option<T>, weight: W }
        #[derive(Deserialize, Serialize, Shape)]
        pub(super) struct Node<T> { value: T, next: Option<Box<Link<Node<T>, u16>>> }
        pub(super) type Value = Node<String>;
    }

    // Nothing is stored of such a type, as serde could not write it; the compiler still has to end.
    itself_with_other_parameters: {
        #[derive(Shape)]
        pub(super) struct Node<T> { value: T, next: Option<Box<Node<(T, u8)>>> }
        pub(super) type Value = Node<String>;
    } {
        #[derive(Shape)]
        pub(super) struct Node<T> { value: T, next: Option<Box<Node<(T, u16)>>> }
        pub(super) type Value = Node<String>;
    }

    parameters_that_change_places: {
        #[derive(Deserialize, Serialize, Shape)]
        pub(super) struct Pair<A, B> { a: A, b: B, next: Option<Box<Pair<A, B>>> }
        pub(super) type Value = Pair<u8, u16>;
    } {
        #[derive(Deserialize, Serialize, Shape)]
        pub(super) struct Pair<A, B> { a: A, b: B, next: Option<Box<Pair<B, A>>> }
        pub(super) type Value = Pair<u8, u16>;
    }

    the_inner_of_two_that_contain_themselves: {
        #[derive(Deserialize, Serialize, Shape)]
        struct Forest<T> { trees: Vec<(T, Forest<T>)> }
        #[derive(Deserialize, Serialize, Shape)]
        pub(super) struct Value { forest: Forest<Value> }
    } {
        #[derive(Deserialize, Serialize, Shape)]
        struct Forest<T> { trees: Vec<(T, T)> }
        #[derive(Deserialize, Serialize, Shape)]
        pub(super) struct Value { forest: Forest<Value> }
    }

    the_inner_of_two_with_parameters: {
        #[derive(Shape)]
        struct Forest<T> { trees: Vec<(T, Forest<u8>)> }
        #[derive(Shape)]
        pub(super) struct Node<T> { of: PhantomData<T>, forest: Forest<Node<u8>> }
        pub(super) type Value = Node<u8>;
    } {
        #[derive(Shape)]
        struct Forest<T> { trees: Vec<(T, T)>, }
        #[derive(Shape)]
        pub(super) struct Node<T> { of: PhantomData<T>, forest: Forest<Node<u8>> }
        pub(super) type Value = Node<u8>;
    }

    itself_with_a_lifetime: {
        #[derive(Deserialize, Serialize, Shape)]
        struct Link<T> { to: Option<T>, weight: u32 }
        #[derive(Deserialize, Serialize, Shape)]
        pub(super) struct Node<'a> { name: Cow<'a, str>, next: Option<Box<Link<Node<'a>>>> }
        pub(super) type Value = Node<'static>;
    } {
        #[derive(Deserialize, Serialize, Shape)]
        struct Link<T> { to: Option<T>, weight: u64 }
        #[derive(Deserialize, Serialize, Shape)]
        pub(super) struct Node<'a> { name: Cow<'a, str>, next: Option<Box<Link<Node<'a>>>> }
        pub(super) type Value = Node<'static>;
    }

    itself_with_a_default: {
        #[derive(Deserialize, Serialize, Shape)]
        pub(super) struct Node<T = u8> { value: T, next: Option<Box<Node>> }
        pub(super) type Value = Node<String>;
    } {
        #[derive(Deserialize, Serialize, Shape)]
        pub(super) struct Node<T = u16> { value: T, next: Option<Box<Node>> }
        pub(super) type Value = Node<String>;
    }

    itself_with_a_number: {
        #[derive(Deserialize, Serialize, Shape)]
        pub(super) struct Node<const N: usize> { next: Option<Box<Node<N>>> }
        pub(super) type Value = Node<1>;
    } {
        #[derive(Deserialize, Serialize, Shape)]
        pub(super) struct Node<const N: usize> { next: Option<Box<Node<2>>> }
        pub(super) type Value = Node<1>;
    }

    around_itself_with_bounds: {
        #[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Shape)]
        struct Link<T: Clone + Debug + Default + Eq + Hash + Ord + Serialize + Send + Sync + 'static>
        where
            T: Copy,
        {
            of: PhantomData<T>,
            number: u8,
        }
        #[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Shape)]
        pub(super) struct Value { next: Link<Value> }
    } {
        #[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Shape)]
        struct Link<T: Clone + Debug + Default + Eq + Hash + Ord + Serialize + Send + Sync + 'static>
        where
            T: Copy,
        {
            of: PhantomData<T>,
            number: u16,
        }
        #[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Shape)]
        pub(super) struct Value { next: Link<Value> }
    }

    a_borrowed_list_of_itself: {
        #[derive(Clone, Shape)]
        pub(super) struct Value { next: Cow<'static, [Value]>, number: u8 }
    } {
        #[derive(Clone, Shape)]
        pub(super) struct Value { next: Cow<'static, [(Value, u8)]>, number: u8 }
    }

    types_in_each_other_of_which_one_is_marked: {
        #[derive(Deserialize, Serialize, Shape)]
        struct Book { #[shape(opaque)] authors: Vec<Value>, title: String }
        #[derive(Deserialize, Serialize, Shape)]
        pub(super) struct Value { books: Vec<Book> }
    } {
        #[derive(Deserialize, Serialize, Shape)]
        struct Book { #[shape(opaque)] authors: Vec<Value>, name: String }
        #[derive(Deserialize, Serialize, Shape)]
        pub(super) struct Value { books: Vec<Book> }
    }

    through_an_attribute_around_itself: {
        #[derive(Clone, Deserialize, Serialize, Shape)]
        struct Wire<T> { value: T, number: u8 }
        #[derive(Clone, Serialize, Shape)]
        #[serde(into = "Wire<Vec<Value>>")]
        pub(super) struct Value(u8);
        impl From<Value> for Wire<Vec<Value>> {
            fn from(value: Value) -> Self { Self { number: value.0, value: Vec::new() } }
        }
    } {
        #[derive(Clone, Deserialize, Serialize, Shape)]
        struct Wire<T> { value: T, number: u16 }
        #[derive(Clone, Serialize, Shape)]
        #[serde(into = "Wire<Vec<Value>>")]
        pub(super) struct Value(u8);
        impl From<Value> for Wire<Vec<Value>> {
            fn from(value: Value) -> Self { Self { number: value.0.into(), value: Vec::new() } }
        }
    }
}

// Numbers that stand for variants, as `serde_repr` writes them.
changes! {
    numbers_of_variants: {
        #[derive(Shape)]
        #[repr(u8)]
        pub(super) enum Value { Active = 1, Banned = 2 }
    } {
        #[derive(Shape)]
        #[repr(u8)]
        pub(super) enum Value { Active = 2, Banned = 1 }
    }

    numbers_by_name: {
        const FIRST: i64 = -1;
        #[derive(Shape)]
        #[repr(i64)]
        pub(super) enum Value { Active = FIRST, Banned = 1 << 40 }
    } {
        const FIRST: i64 = -2;
        #[derive(Shape)]
        #[repr(i64)]
        pub(super) enum Value { Active = FIRST, Banned = 1 << 40 }
    }

    numbers_that_follow: {
        #[derive(Shape)]
        pub(super) enum Value { Active = 1, Banned }
    } {
        #[derive(Shape)]
        pub(super) enum Value { Active = 2, Banned }
    }

    numbers_given_and_not: {
        #[derive(Shape)]
        pub(super) enum Value { Active, Banned }
    } {
        #[derive(Shape)]
        pub(super) enum Value { Active, Banned = 7 }
    }

    numbers_of_variants_with_data: {
        #[derive(Deserialize, Serialize, Shape)]
        #[repr(u8)]
        pub(super) enum Value { Active(u8) = 1, Banned { by: u8 } = 2 }
    } {
        #[derive(Deserialize, Serialize, Shape)]
        #[repr(u8)]
        pub(super) enum Value { Active(u8) = 1, Banned { by: u8 } = 3 }
    }

    the_width_of_numbers: {
        #[derive(Shape)]
        #[repr(u8)]
        pub(super) enum Value { Active = 1 }
    } {
        #[derive(Shape)]
        #[repr(u16)]
        pub(super) enum Value { Active = 1 }
    }
}

// Numbers that types have as parameters.
changes! {
    a_number_as_a_parameter: {
        #[derive(Deserialize, Serialize, Shape)]
        pub(super) struct Grid<const N: usize> { cells: Vec<u8> }
        pub(super) type Value = Grid<3>;
    } {
        #[derive(Deserialize, Serialize, Shape)]
        pub(super) struct Grid<const N: usize> { cells: Vec<u8> }
        pub(super) type Value = Grid<4>;
    }

    a_number_in_a_field: {
        #[derive(Deserialize, Serialize, Shape)]
        struct Grid<T, const WIDTH: u8, const HEIGHT: i64> { cells: Vec<T> }
        #[derive(Deserialize, Serialize, Shape)]
        pub(super) struct Value { grid: Grid<u8, 3, -4> }
    } {
        #[derive(Deserialize, Serialize, Shape)]
        struct Grid<T, const WIDTH: u8, const HEIGHT: i64> { cells: Vec<T> }
        #[derive(Deserialize, Serialize, Shape)]
        pub(super) struct Value { grid: Grid<u8, 4, -4> }
    }

    numbers_that_change_places: {
        #[derive(Shape)]
        pub(super) struct Grid<const A: u8, const B: u8>;
        pub(super) type Value = Grid<1, 2>;
    } {
        #[derive(Shape)]
        pub(super) struct Grid<const A: u8, const B: u8>;
        pub(super) type Value = Grid<2, 1>;
    }

    a_default_number: {
        const LENGTH: usize = 3;
        #[derive(Shape)]
        pub(super) struct Grid<const N: usize = LENGTH> { cells: [u8; N] }
        pub(super) type Value = Grid;
    } {
        const LENGTH: usize = 4;
        #[derive(Shape)]
        pub(super) struct Grid<const N: usize = LENGTH> { cells: [u8; N] }
        pub(super) type Value = Grid;
    }

    letters_and_truth_values: {
        #[derive(Shape)]
        pub(super) struct Marked<const LETTER: char, const IS: bool>(u8);
        pub(super) type Value = (Marked<'a', true>, Marked<'b', false>);
    } {
        #[derive(Shape)]
        pub(super) struct Marked<const LETTER: char, const IS: bool>(u8);
        pub(super) type Value = (Marked<'b', true>, Marked<'a', false>);
    }

    the_length_of_an_array_by_name: {
        const LENGTH: usize = 3;
        #[derive(Shape)]
        pub(super) struct Value { cells: [u8; LENGTH] }
    } {
        const LENGTH: usize = 4;
        #[derive(Shape)]
        pub(super) struct Value { cells: [u8; LENGTH] }
    }
}

// What a type's fields are called, or how they are read.
changes! {
    a_type_behind_another_name: {
        type Id = u32;
        #[derive(Deserialize, Serialize, Shape)]
        pub(super) struct Value { id: Id }
    } {
        type Id = u64;
        #[derive(Deserialize, Serialize, Shape)]
        pub(super) struct Value { id: Id }
    }

    a_type_of_a_trait: {
        pub(super) trait Entity { type Id; }
        pub(super) struct User;
        impl Entity for User { type Id = u32; }
        #[derive(Shape)]
        pub(super) struct Row<T: Entity> where T: Send { id: T::Id, ids: Vec<<T as Entity>::Id> }
        impl Shape for User { const SHAPE: u64 = 0; }
        pub(super) type Value = Row<User>;
    } {
        pub(super) trait Entity { type Id; }
        pub(super) struct User;
        impl Entity for User { type Id = u64; }
        #[derive(Shape)]
        pub(super) struct Row<T: Entity> where T: Send { id: T::Id, ids: Vec<<T as Entity>::Id> }
        impl Shape for User { const SHAPE: u64 = 0; }
        pub(super) type Value = Row<User>;
    }

    an_attribute_of_a_field: {
        #[derive(Deserialize, Serialize, Shape)]
        pub(super) struct Value { id: u8 }
    } {
        #[derive(Deserialize, Serialize, Shape)]
        pub(super) struct Value { #[serde(alias = "number")] id: u8 }
    }

    an_attribute_of_a_variant: {
        #[derive(Deserialize, Serialize, Shape)]
        pub(super) enum Value { A, B }
    } {
        #[derive(Deserialize, Serialize, Shape)]
        pub(super) enum Value { A, #[serde(rename = "C")] B }
    }

    an_attribute_under_a_condition: {
        #[derive(Deserialize, Serialize, Shape)]
        #[cfg_attr(all(), serde(rename_all = "UPPERCASE"))]
        pub(super) struct Value { id: u8 }
    } {
        #[derive(Deserialize, Serialize, Shape)]
        #[cfg_attr(any(), serde(rename_all = "UPPERCASE"))]
        pub(super) struct Value { id: u8 }
    }

    a_field_under_a_condition: {
        #[derive(Deserialize, Serialize, Shape)]
        pub(super) struct Value { id: u8, #[cfg(any())] more: u8 }
    } {
        #[derive(Deserialize, Serialize, Shape)]
        pub(super) struct Value { id: u8, #[cfg(all())] more: u8 }
    }

    the_functions_that_read: {
        #[derive(Deserialize, Serialize, Shape)]
        pub(super) struct Value { #[serde(with = "reading")] id: String }
        mod reading {
            use serde::Deserialize;
            pub(super) fn serialize<S: serde::Serializer>(id: &str, to: S) -> Result<S::Ok, S::Error> { to.serialize_str(id) }
            pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(from: D) -> Result<String, D::Error> { String::deserialize(from) }
        }
    } {
        #[derive(Deserialize, Serialize, Shape)]
        pub(super) struct Value { #[serde(with = "other")] id: String }
        mod other {
            use serde::Deserialize;
            pub(super) fn serialize<S: serde::Serializer>(id: &str, to: S) -> Result<S::Ok, S::Error> { to.serialize_str(id) }
            pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(from: D) -> Result<String, D::Error> { String::deserialize(from) }
        }
    }

    a_field_that_is_left_out: {
        #[derive(Deserialize, Serialize, Shape)]
        pub(super) struct Value { id: u8, #[serde(skip)] more: u8 }
    } {
        #[derive(Deserialize, Serialize, Shape)]
        pub(super) struct Value { id: u8, more: u8 }
    }
}

/// What is not stored needs no shape.
#[test]
fn what_is_left_out_is_not_asked_for() {
    #[derive(Default)]
    struct Plain;

    #[derive(Deserialize, Serialize, Shape)]
    struct Value {
        id: u8,
        #[serde(skip)]
        _plain: Plain,
        #[serde(default, skip)]
        _other: Option<Plain>,
    }

    #[derive(Deserialize, Serialize, Shape)]
    #[allow(dead_code, reason = "its shape alone is asked for")]
    enum Choice {
        A(u8),
        #[serde(skip)]
        B(Plain),
    }

    assert_ne!(Value::SHAPE, Choice::SHAPE);
}

/// Types that a macro writes are the types that a person writes.
#[test]
fn a_macro_may_write_the_type() {
    macro_rules! node {
        ($name:ident: $($field:ident: $type:ty),*; $($key:ident = $text:literal),*) => {
            #[derive(Deserialize, Serialize, Shape)]
            #[serde($($key = $text),*)]
            struct $name {
                $($field: $type),*
            }
        };
    }

    mod by_hand {
        use super::prelude::*;

        #[derive(Deserialize, Serialize, Shape)]
        #[serde(rename_all = "UPPERCASE")]
        pub(super) struct Node {
            id: u8,
            nodes: Vec<(u8, Node)>,
        }
    }

    node!(Node: id: u8, nodes: Vec<(u8, Node)>; rename_all = "UPPERCASE");
    assert_eq!(Node::SHAPE, by_hand::Node::SHAPE);
}

/// What two types have in common, whatever they are called and however they are held.
#[test]
fn what_is_read_alike_has_one_shape() {
    #[derive(Deserialize, Serialize, Shape)]
    struct Tree {
        value: u8,
        children: Box<[std::sync::Arc<Self>]>,
    }

    assert_eq!(<super::derived::Tree as Shape>::SHAPE, Tree::SHAPE);
}
