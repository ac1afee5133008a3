//! Checks of options and signature together. The result is a plan to expand, or every mistake.

mod cached;
mod each;
mod invalidates;
mod marks;
mod names;
mod place;
mod signature;

pub(crate) use cached::{Argument, CachedPlan, cached};
pub(crate) use each::{Each, Other};
pub(crate) use invalidates::{Call, InvalidatesPlan, invalidates};
pub(crate) use place::{Part, Place, Root};
pub(crate) use signature::{Attribute, parse, take_invalidates};
