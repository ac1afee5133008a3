//! Finding out whether an argument is a set, whose order means nothing.

use crate::key::canonical::Order;
use std::collections::HashSet;
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::Arc;

/// A question about a type; the inherent methods on sets win over [`AsGivenByDefault`].
#[derive(Debug)]
pub struct OrderOf<T: ?Sized>(PhantomData<fn(&T)>);

impl<T: ?Sized> OrderOf<T> {
    /// Asks about the type of `_argument`.
    #[must_use]
    pub const fn new(_argument: &T) -> Self {
        Self(PhantomData)
    }
}

/// The answer for every type that is not a set.
pub trait AsGivenByDefault {
    /// Answers.
    fn __order(&self) -> Order {
        Order::AsGiven
    }
}

impl<T: ?Sized> AsGivenByDefault for OrderOf<T> {}

macro_rules! sets {
    ($($set:ty),*) => {$(
        impl<T, S> OrderOf<$set> {
            /// Answers for a set.
            #[must_use]
            pub const fn __order(&self) -> Order {
                Order::Unordered
            }
        }
    )*};
}

sets! {
    HashSet<T, S>, &HashSet<T, S>, &&HashSet<T, S>, Box<HashSet<T, S>>, Arc<HashSet<T, S>>, &Arc<HashSet<T, S>>,
    Rc<HashSet<T, S>>, Option<HashSet<T, S>>, Option<&HashSet<T, S>>, &Option<HashSet<T, S>>
}

/// Names the order of an argument.
#[doc(hidden)]
#[macro_export]
macro_rules! __order {
    ($argument:expr) => {{
        #[allow(unused_imports, reason = "not needed when the argument is a set")]
        use $crate::__private::AsGivenByDefault as _;
        $crate::__private::OrderOf::new($argument).__order()
    }};
}

#[cfg(test)]
mod tests {
    use super::*;

    type Ids = HashSet<u64>;

    #[test]
    fn sets_are_recognised_by_type_and_through_aliases() {
        let ids = Ids::new();
        assert_eq!(__order!(&ids), Order::Unordered);
        assert_eq!(__order!(&&ids), Order::Unordered);
        assert_eq!(__order!(&Some(&ids)), Order::Unordered);
        assert_eq!(__order!(&vec![1]), Order::AsGiven);
        assert_eq!(__order!("text"), Order::AsGiven);
    }
}
