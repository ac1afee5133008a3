//! The parameters that `skip` and `unordered` set apart.

use super::names::{Mark, skipped, take_skip_attributes, unordered};
use super::place::Place;
use crate::args::CachedArgs;
use crate::errors::Errors;
use crate::function::Function;

/// The parameters that are set apart.
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

    pub(super) fn skips(&self, param: Option<usize>) -> bool {
        self.skipped.iter().any(|mark| mark.param == param)
    }

    /// Tells whether the parameter itself, and not a part of it, has no order.
    pub(super) fn reorders(&self, param: usize) -> bool {
        self.unordered.iter().any(|mark| mark.param == Some(param) && mark.path.is_empty())
    }

    /// Returns what has no order in a value that is hashed: `""` is the whole of it.
    pub(super) fn unordered_in(&self, place: &Place) -> Vec<String> {
        self.unordered.iter().filter_map(|mark| mark.inside(place)).collect()
    }
}
