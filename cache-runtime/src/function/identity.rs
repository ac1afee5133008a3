//! What a function is in keys.

use super::path::Spelled;
use super::site::Site;
use foldhash::fast::FixedState;
use std::any::TypeId;
use std::hash::BuildHasher;
use std::ptr;

/// An annotated function with the types it is called with: what tells its calls from those of every
/// other function.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Identity {
    pub(crate) site: &'static Site,
    pub(crate) path: Spelled,
    pub(crate) types: Types,
}

/// The types that a function is called with. Only this process can use them: the numbers change from build to build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Types {
    /// The type of a closure in the function: no other function has it, and no instance of the function with other types. It
    /// is `()` where some of the types do not count.
    closure: TypeId,
    /// The types that count, one after the other, where others do not.
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
    /// Identifies the function in which a closure stands, by the closure's name and type. Those are
    /// all that each function has compiled for it.
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

/// Two are equal that are one instance of one function.
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

    /// The identity of a function that stands nowhere.
    pub(crate) fn identity(site: &'static Site, path: &'static str) -> Identity {
        Identity { site, path: Spelled(path), types: Types::none() }
    }
}
