//! Parameters that `skip` and `unordered` name.

use super::names::{Mark, skipped, take_skip_attributes, unordered};
use super::place::{Place, Root};
use crate::args::CachedArgs;
use crate::errors::Errors;
use crate::function::Function;

/// Parameters that `skip` and `unordered` name.
pub(super) struct Marks {
    pub(super) skipped: Vec<Mark>,
    pub(super) unordered: Vec<Mark>,
}

impl Marks {
    pub(super) fn find(function: &mut Function, args: &CachedArgs, errors: &mut Errors) -> Self {
        let on_params = take_skip_attributes(function, errors);
        let mut skipped = skipped(function, &args.skip, errors);
        skipped.extend(on_params);
        let unordered = unordered(function, &args.unordered, errors);
        Self { skipped, unordered }
    }

    /// Tells whether a root is no part of the key, by itself or with the parameter that it is taken
    /// out of.
    pub(super) fn skips(&self, root: Root) -> bool {
        let whole = root.param().map(Root::Param);
        self.skipped.iter().any(|mark| mark.root == root || Some(mark.root) == whole)
    }

    /// Tells whether no part of a parameter is in the key.
    pub(super) fn skips_all(&self, function: &Function, param: usize) -> bool {
        let bindings = function.params[param].bindings.len();
        let are_skipped = (0..bindings).all(|name| self.skips(Root::Binding(param, name)));
        self.skips(Root::Param(param)) || (bindings > 0 && are_skipped)
    }

    /// Tells whether the parameter itself, and not a part of it, has no order.
    pub(super) fn reorders(&self, param: usize) -> bool {
        self.unordered.iter().any(|mark| mark.root == Root::Param(param) && mark.path.is_empty())
    }

    /// Returns the parts of a hashed value that have no order. `""` is the whole value.
    pub(super) fn unordered_in(&self, place: &Place) -> Vec<String> {
        self.unordered.iter().filter_map(|mark| mark.inside(place)).collect()
    }
}
