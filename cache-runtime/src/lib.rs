//! Annotate query functions; read through Redis; delete on writes.

mod bridge;
mod budget;
mod cache;
mod call;
mod capture;
mod entry;
mod env;
mod error;
mod expiry;
mod glob;
mod invalidate;
mod key;
mod lossless;
mod order;
mod outcome;
mod read_through;
mod site;
mod stats;
pub mod store;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use cache::builder::{CacheBuilder, OnUnreachable};
pub use cache::manual::{Health, Invalidated};
pub use cache::{Cache, Keys};
pub use cache_macros::{cached, invalidates};
pub use error::{Error, Result};
pub use expiry::Expiry;
pub use key::Key;
pub use stats::{Counts, Stats};

/// Escapes a value for a pattern, as placeholders do: percent-encoded, `~` for `None`, shortened by hash when long.
///
/// # Errors
///
/// The value has no text: it holds a float that is not finite, or its `Serialize` implementation failed.
pub fn segment(value: &(impl serde::Serialize + ?Sized)) -> Result<String> {
    let mut text = String::new();
    let pushed = key::segment::push(&mut text, value);
    pushed.map(|()| text).map_err(|reason| Error::key(reason.to_string()))
}
