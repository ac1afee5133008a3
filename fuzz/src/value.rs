//! Random values, equal ones that are built anew, and others that are nearly the same.

use crate::choices::Choices;
use crate::trace::Marks;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::Hash;
use std::sync::Arc;

/// A value whose parts are known by its static type.
pub trait Value: Serialize {
    /// Whether the order of its elements means nothing: the type itself is a set or a map of the
    /// standard library, or a pointer to one.
    const IS_UNORDERED: bool = false;

    /// Makes one.
    fn random(choices: &mut Choices) -> Self;

    /// Builds the same value again: sets and maps anew, in another order.
    #[must_use]
    fn rebuilt(&self) -> Self;

    /// Changes something small; the result may happen to be equal.
    fn change(&mut self, choices: &mut Choices);

    /// Marks the lists and maps whose order means nothing, itself among them.
    fn mark(&self, marks: &mut Marks)
    where
        Self: Sized,
    {
        if Self::IS_UNORDERED {
            marks.add(self);
        }
        self.mark_inside(marks);
    }

    /// Marks those inside: what serde's attributes hide is not marked itself.
    fn mark_inside(&self, marks: &mut Marks);
}

macro_rules! scalars {
    ($($type:ty: $choices:ident => $random:expr;)*) => {$(
        impl Value for $type {
            fn random($choices: &mut Choices) -> Self {
                $random
            }

            fn rebuilt(&self) -> Self {
                self.clone()
            }

            fn change(&mut self, choices: &mut Choices) {
                *self = Self::random(choices);
            }

            fn mark_inside(&self, _: &mut Marks) {}
        }
    )*};
}

#[expect(clippy::cast_possible_truncation, reason = "any number will do")]
#[expect(clippy::cast_possible_wrap, reason = "any number will do")]
mod scalars {
    use super::{Choices, Marks, Value};

    scalars! {
        bool: choices => choices.once_in(2);
        char: choices => choices.char();
        String: choices => choices.text();
        f64: choices => choices.float();
        f32: choices => choices.float() as f32;
        u8: choices => choices.bits() as u8;
        u16: choices => choices.bits() as u16;
        u32: choices => choices.bits() as u32;
        u64: choices => choices.bits();
        u128: choices => u128::from(choices.bits()) << choices.pick(&[0, 0, 60]);
        usize: choices => choices.bits() as usize;
        i8: choices => choices.bits() as i8;
        i16: choices => choices.bits() as i16;
        i32: choices => choices.bits() as i32;
        i64: choices => choices.bits() as i64;
        i128: choices => i128::from(choices.bits() as i64) << choices.pick(&[0, 0, 60]);
        isize: choices => choices.bits() as isize;
        (): _choices => ();
    }
}

impl<T: Value> Value for Option<T> {
    fn random(choices: &mut Choices) -> Self {
        (!choices.once_in(3)).then(|| T::random(choices))
    }

    fn rebuilt(&self) -> Self {
        self.as_ref().map(T::rebuilt)
    }

    fn change(&mut self, choices: &mut Choices) {
        match self {
            Some(inside) if !choices.once_in(3) => inside.change(choices),
            Some(_) => *self = None,
            None => *self = Some(T::random(choices)),
        }
    }

    fn mark_inside(&self, marks: &mut Marks) {
        if let Some(inside) = self {
            inside.mark(marks);
        }
    }
}

impl<T: Value> Value for Vec<T> {
    fn random(choices: &mut Choices) -> Self {
        (0..choices.length()).map(|_| T::random(choices)).collect()
    }

    fn rebuilt(&self) -> Self {
        self.iter().map(T::rebuilt).collect()
    }

    fn change(&mut self, choices: &mut Choices) {
        let length = self.len();
        match choices.below(4) {
            0 => self.push(T::random(choices)),
            1 => drop(self.pop()),
            2 if length > 1 => self.swap(0, length - 1),
            _ if length > 0 => self[choices.below(length)].change(choices),
            _ => {}
        }
    }

    fn mark_inside(&self, marks: &mut Marks) {
        for element in self {
            element.mark(marks);
        }
    }
}

macro_rules! arrays {
    ($($length:literal),*) => {$(
        impl<T: Value> Value for [T; $length] {
            fn random(choices: &mut Choices) -> Self {
                std::array::from_fn(|_| T::random(choices))
            }

            fn rebuilt(&self) -> Self {
                std::array::from_fn(|index| self[index].rebuilt())
            }

            fn change(&mut self, choices: &mut Choices) {
                self[choices.below($length)].change(choices);
            }

            fn mark_inside(&self, marks: &mut Marks) {
                for element in self {
            element.mark(marks);
        }
            }
        }
    )*};
}

// serde writes no array of just any length.
arrays!(1, 2, 3, 4);

macro_rules! pointers {
    ($($pointer:ident),*) => {$(
        impl<T: Value> Value for $pointer<T> {
            const IS_UNORDERED: bool = T::IS_UNORDERED;

            fn random(choices: &mut Choices) -> Self {
                Self::new(T::random(choices))
            }

            fn rebuilt(&self) -> Self {
                Self::new(T::rebuilt(self))
            }

            fn change(&mut self, choices: &mut Choices) {
                let mut inside = T::rebuilt(self);
                inside.change(choices);
                *self = Self::new(inside);
            }

            fn mark_inside(&self, marks: &mut Marks) {
                (**self).mark_inside(marks);
            }
        }
    )*};
}

pointers!(Box, Arc);

/// Tuples: part by part.
macro_rules! tuples {
    ($(($($name:ident $index:tt),*) $count:literal;)*) => {$(
        impl<$($name: Value),*> Value for ($($name,)*) {
            fn random(choices: &mut Choices) -> Self {
                ($($name::random(choices),)*)
            }

            fn rebuilt(&self) -> Self {
                ($(self.$index.rebuilt(),)*)
            }

            fn change(&mut self, choices: &mut Choices) {
                match choices.below($count) {
                    $($index => self.$index.change(choices),)*
                    _ => {}
                }
            }

            fn mark_inside(&self, marks: &mut Marks) {
                $(self.$index.mark(marks);)*
            }
        }
    )*};
}

tuples! {
    (A 0) 1;
    (A 0, B 1) 2;
    (A 0, B 1, C 2) 3;
}

/// Sets and maps: an equal one takes its elements from the last to the first, and has a hasher of
/// its own.
macro_rules! collections {
    ($($type:ident [$key:ident: $($bound:ident)+] [$($value:ident)?];)*) => {$(
        #[allow(clippy::implicit_hasher, reason = "the types that are generated have std's")]
        impl<$key: Value $(+ $bound)+, $($value: Value)?> Value for $type<$key, $($value)?> {
            const IS_UNORDERED: bool = true;

            fn random(choices: &mut Choices) -> Self {
                Vec::random(choices).into_iter().collect()
            }

            fn rebuilt(&self) -> Self {
                let mut elements: Vec<_> = self.iter().map(Again::again).collect();
                elements.reverse();
                elements.into_iter().collect()
            }

            fn change(&mut self, choices: &mut Choices) {
                let mut elements: Vec<_> = self.iter().map(Again::again).collect();
                elements.change(choices);
                *self = elements.into_iter().collect();
            }

            fn mark_inside(&self, marks: &mut Marks) {
                for element in self {
                    element.mark_each(marks);
                }
            }
        }
    )*};
}

collections! {
    HashSet [T: Eq Hash] [];
    BTreeSet [T: Ord] [];
    HashMap [K: Eq Hash] [V];
    BTreeMap [K: Ord] [V];
}

/// What the iterators of sets and maps give.
trait Again {
    type Value;

    fn again(self) -> Self::Value;

    fn mark_each(self, marks: &mut Marks);
}

impl<T: Value> Again for &T {
    type Value = T;

    fn again(self) -> T {
        self.rebuilt()
    }

    fn mark_each(self, marks: &mut Marks) {
        self.mark(marks);
    }
}

impl<K: Value, V: Value> Again for (&K, &V) {
    type Value = (K, V);

    fn again(self) -> (K, V) {
        (self.0.rebuilt(), self.1.rebuilt())
    }

    fn mark_each(self, marks: &mut Marks) {
        self.0.mark(marks);
        self.1.mark(marks);
    }
}
