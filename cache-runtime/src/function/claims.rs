//! Records which function has which name in keys. Two functions of one name would be answered with
//! each other's values.

use crate::function::declared;
use crate::function::identity::{Identity, Types};
use crate::function::site::{Describer, Site};
use std::collections::BTreeMap;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

/// All names of this process, each with the functions that have it. The names are global, because
/// two handles may share one server.
static CLAIMS: Mutex<Claims> = Mutex::new(BTreeMap::new());

type Claims = BTreeMap<Vec<u8>, Vec<Arc<Claim>>>;

/// A function's name in keys: its identity, the types that count, and its version.
#[derive(Debug)]
pub(crate) struct Claim {
    site: &'static Site,
    types: Types,
    is_shared: Arc<AtomicBool>,
}

impl Claim {
    /// Tells whether another function has the same name.
    pub(crate) fn is_shared(&self) -> bool {
        self.is_shared.load(Relaxed)
    }

    /// Tells whether the claim is that of another function, or of the same function with other
    /// types.
    ///
    /// A companion names calls for its function. Both must be made of the same tokens.
    fn is_of_another(&self, identity: Identity) -> bool {
        let names_calls = [self.site.by, identity.site.by].contains(&Describer::Companion);
        if names_calls { !self.site.is_written_as(identity.site) } else { !self.is_of(identity) }
    }

    fn is_of(&self, identity: Identity) -> bool {
        ptr::eq(self.site, identity.site) && self.types == identity.types
    }
}

/// Takes a name for a function. If another function has the name, neither of the two may use the
/// cache from now on. In another process the other function may have come first.
pub(crate) fn claim(identity: Identity, name: Vec<u8>) -> Arc<Claim> {
    let mut claims = CLAIMS.lock().unwrap_or_else(PoisonError::into_inner);
    let claimed = claims.entry(name).or_default();
    let own = claimed.iter().find(|claim| claim.is_of(identity));
    if let Some(own) = own {
        return Arc::clone(own);
    }
    let first = claimed.first();
    let is_shared = first.map(|claim| Arc::clone(&claim.is_shared)).unwrap_or_default();
    let seen = claimed.iter().find(|claim| claim.is_of_another(identity));
    // mutant: a function that is not called has no id
    let other = seen.map(|claim| claim.site).or_else(|| declared::other_of(identity));
    if let Some(other) = other {
        // mutant: the first of two functions of one name keeps its entries
        is_shared.store(true, Relaxed);
        warn(other, identity.site);
    }
    let claim = Arc::new(Claim { site: identity.site, types: identity.types, is_shared });
    claimed.push(Arc::clone(&claim));
    claim
}

fn warn(first: &Site, second: &Site) {
    tracing::error!(
        target: "cache_runtime",
        function = second.label(),
        file = second.file,
        line = second.line,
        other_file = first.file,
        other_line = first.line,
        "another function, or the same one with a type of the same name, has these keys; both run without the cache; give each an `id` of its own, and each type a name of its own"
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::identity::tests::identity;

    static FIRST: Site = Site::cached("shop", "get", "shop.rs", 1, 1);
    static SECOND: Site = Site::cached("shop", "get", "shop.rs", 1, 1);
    static COMPANION: Site = Site::cached("shop", "get", "shop.rs", 1, 1).companion();
    static OTHER: Site = Site::cached("shop", "get", "shop.rs", 9, 1).companion();

    fn claimed(site: &'static Site, types: Types, name: &str) -> Arc<Claim> {
        let mut identity = identity(site, "shop::get");
        identity.types = types;
        claim(identity, name.as_bytes().to_vec())
    }

    #[test]
    fn of_two_functions_of_one_name_neither_has_it() {
        let types = Types::none();
        let first = claimed(&FIRST, types, "functions");
        assert!(!first.is_shared());
        assert!(claimed(&SECOND, types, "functions").is_shared());
        assert!(first.is_shared() && claimed(&FIRST, types, "functions").is_shared());
        assert!(!claimed(&SECOND, types, "another name").is_shared());
    }

    #[test]
    fn of_two_types_of_one_name_neither_has_it() {
        let first = claimed(&FIRST, Types::test::<u8>(), "types");
        assert!(claimed(&FIRST, Types::test::<u16>(), "types").is_shared());
        assert!(first.is_shared());
    }

    #[test]
    fn a_companion_is_no_other_function() {
        let first = claimed(&COMPANION, Types::test::<u8>(), "companion");
        let second = claimed(&FIRST, Types::test::<u16>(), "companion");
        assert!(!first.is_shared() && !second.is_shared());
        assert!(claimed(&OTHER, Types::test::<u8>(), "companion").is_shared());
        assert!(first.is_shared() && second.is_shared());
    }
}
