//! Identifies functions within one process.

use super::path::Spelled;
use super::site::Site;
use foldhash::fast::FixedState;
use std::any::TypeId;
use std::hash::BuildHasher;
use std::ptr;

/// An annotated function with the types that it is called with. The identity tells the function's
/// calls from those of every other function.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Identity {
    pub(crate) site: &'static Site,
    pub(crate) path: Spelled,
    pub(crate) types: Types,
}

/// The types that a function is called with. The numbers change from build to build, so that only
/// this process can use them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Types {
    /// The type of a closure in the function. Every function, and every instance of a generic
    /// function, has its own. If some of the types do not count, this is the type of `()`.
    closure: TypeId,
    /// A hash of the types that count. Zero unless some of the types do not count.
    counted: u64,
}

impl Types {
    pub(crate) fn none() -> Self {
        Self { closure: TypeId::of::<()>(), counted: 0 }
    }

    fn count<T: ?Sized>(&mut self) {
        self.counted = FixedState::default().hash_one((self.counted, typeid::of::<T>()));
    }

    #[cfg(test)]
    pub(crate) fn test<T: 'static>() -> Self {
        Self { closure: TypeId::of::<T>(), counted: 0 }
    }
}

impl Identity {
    /// Identifies the function around a closure, by the closure's name and type. The closure is the
    /// only code that each function compiles for its identity.
    #[inline]
    pub(crate) fn of(site: &'static Site, closure: &'static str, closure_type: TypeId) -> Self {
        let types = Types { closure: closure_type, counted: 0 };
        let types = if site.leaves_out { Types::none() } else { types };
        Self { site, path: Spelled(closure), types }
    }

    /// Counts one of the function's own types, or its owner.
    #[inline]
    pub(crate) fn count<T: ?Sized>(&mut self) {
        if self.site.leaves_out {
            self.types.count::<T>();
        }
    }
}

/// Two identities are equal if they are one instance of one function.
impl PartialEq for Identity {
    fn eq(&self, other: &Self) -> bool {
        // mutant: types of one name share what is in process
        ptr::eq(self.site, other.site) && self.types == other.types && self.path == other.path
    }
}

impl Eq for Identity {}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Returns the identity of a function that exists nowhere.
    pub(crate) fn identity(site: &'static Site, path: &'static str) -> Identity {
        Identity { site, path: Spelled(path), types: Types::none() }
    }
}
