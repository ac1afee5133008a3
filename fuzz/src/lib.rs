//! Looks for two calls of one key, and for equal calls of two: random types, random values, and an oracle that knows nothing of the cache.
//!
//! [`source`] writes types as Rust source, which [`Suite`] puts through the cache: keys, readable texts, patterns, the in-process tier,
//! entries in both codecs, and shapes. The oracle is [`Trace`]: what serde sees of a value.

mod calls;
mod check;
mod choices;
mod finding;
mod generate;
mod run;
mod store;
mod suite;
pub mod through;
mod trace;
mod value;

pub use choices::Choices;
pub use generate::source;
pub use run::{Options, run};
pub use suite::Suite;
pub use trace::{Marks, NoKey, Trace};
pub use value::Value;

use serde::de::DeserializeOwned;
use std::fmt::Debug;

/// A generated type.
pub trait Tested:
    Value + DeserializeOwned + Clone + PartialEq + Debug + Send + Sync + 'static
{
    /// The type's name in the generated file.
    const NAME: &'static str;

    /// Whether serde's attributes hide a `HashMap` or `HashSet` in it: an equal value may be written in another order then.
    const HIDES_ORDER: bool;

    /// Whether serde's attributes may bring back another value than was written: what is skipped, flattened, tagged inside or untagged.
    const IS_LOSSY: bool;
}
