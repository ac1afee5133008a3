//! The parameters that `skip` and `unordered` set apart.

use super::names::{Mark, marks, take_skip_attributes};
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
        let mut skipped = marks(function, &args.skip, true, errors);
        skipped.extend(on_params);
        let unordered = marks(function, &args.unordered, false, errors);
        Self { skipped, unordered }
    }

    pub(super) fn skips(&self, param: Option<usize>) -> bool {
        self.skipped.iter().any(|mark| mark.param == param)
    }

    pub(super) fn reorders(&self, param: usize) -> bool {
        self.unordered.iter().any(|mark| mark.param == Some(param))
    }
}
