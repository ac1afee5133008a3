//! Lists the functions of this program that have an `id`, gathered by the linker.
//!
//! Every process of a program has the same list, whichever functions it calls. A list made from
//! calls could differ from process to process.

use crate::function::identity::Identity;
use crate::function::path::Spelled;
use crate::function::site::{Describer, Site};
use linkme::distributed_slice;
use std::ptr;

/// All functions with an `id`. Generated code adds to it.
#[distributed_slice]
pub static DECLARED: [Declared];

/// A function with an `id`.
#[derive(Debug)]
pub struct Declared {
    site: &'static Site,
    path: fn() -> &'static str,
}

impl Declared {
    /// Describes the function around a `static __DECLARED`, by the path of a closure.
    #[must_use]
    pub const fn new(site: &'static Site, path: fn() -> &'static str) -> Self {
        Self { site, path }
    }

    /// Returns the generic type, or the trait and its type, that the method belongs to. The methods
    /// of different owners may have one `id`, in keys and here.
    fn owner(&self) -> Option<&'static str> {
        let (function, _) = (self.path)().rsplit_once("::__DECLARED")?;
        let path = Spelled(function).parse();
        // mutant: all methods of one id are one function
        path.names_types().then_some(path.owner)
    }

    fn describes(&self, site: &Site) -> bool {
        match site.by {
            Describer::Function => ptr::eq(self.site, site),
            Describer::Companion => {
                self.site.is_written_as(site) && self.site.module == site.module
            }
        }
    }

    /// Returns the path around the function, as far as the function's own source gives it.
    fn place(&self) -> Option<&'static str> {
        let (function, _) = (self.path)().rsplit_once("::__DECLARED")?;
        Some(Spelled(function).parse().owner)
    }

    fn has_name_of(&self, other: &Self) -> bool {
        let name = |declared: &Self| (declared.site.id, declared.site.version, declared.owner());
        name(self) == name(other)
    }
}

/// Returns another function that has the name of this function in keys, if there is one.
pub(crate) fn other_of(identity: Identity) -> Option<&'static Site> {
    identity.site.id?;
    let own = DECLARED.iter().find(|declared| declared.describes(identity.site))?;
    // The source of a trait's default method does not name the type. The function's key names both
    // the type and the trait.
    let is_default = own.owner().is_none() && identity.path.parse().names_types();
    let mut others = DECLARED.iter().filter(|other| !ptr::eq(*other, own));
    others
        .find(|other| other.has_name_of(own) && (!is_default || other.place() == own.place()))
        .map(|other| other.site)
}
