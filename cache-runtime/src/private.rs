//! Items that generated code uses. This module is not part of the public interface: it changes with
//! the macros, which pin this version.

pub use crate::__connection as connection;
pub use crate::__elements as elements;
pub use crate::__outcome as outcome;
pub use crate::__primed as primed;
pub use crate::__site as site;
pub use crate::call::Call;
pub use crate::call::begin::{call, call_on, call_to_name};
#[cfg(feature = "sqlx")]
pub use crate::call::connection::{Argument, MayBeConnection};
pub use crate::call::drive::async_fn::{Through, through, through_opened};
pub use crate::call::drive::async_stale::{ThroughOrStale, through_or_stale};
pub use crate::call::drive::future::{open, open_on, read_through, read_through_blocking};
pub use crate::call::drive::stale::{read_through_or_stale, read_through_or_stale_blocking};
pub use crate::call::each::{
    Each, Repeated, again, cloned, each, elements as elements_of, of_value, owned, read_each,
    read_each_blocking, read_each_once,
};
pub use crate::call::lent::{Lent, lent};
pub use crate::call::named::{
    HandleUnknown, Known, NamedCall, Primable, Reachable, TtlUnknown, ValueUnknown, invalidate,
    key, primable, prime,
};
pub use crate::call::opening::{Opening, open_call};
pub use crate::call::record::{CachedCall, recorded};
#[cfg(feature = "msgpack")]
pub use crate::entry::codec::MessagePack;
#[cfg(feature = "zstd")]
pub use crate::entry::codec::compression::zstd_from;
pub use crate::function::collections::{List, Listed, Pairs};
pub use crate::function::declared::{DECLARED, Declared};
pub use crate::function::kind::{
    Answer, CompareProbe, Compares, Copies, CopyProbe, Hidden, Lasting, Probe, Returns, ShareProbe,
    Shares,
};
pub use crate::function::outcome::{
    CacheValue, MaybeNone, Outcome, Verdict, any, any_result, coded, decide, judged, may_be_none,
    typed,
};
pub use crate::function::shape::{AnyShape, Outline, Recursive, Shape, ShapeOf};
pub use crate::function::site::{Part, Site};
pub use crate::key::{KeyArg, KeyBuilder};
pub use crate::write::async_fn::{ThroughWrite, through_write};
pub use crate::write::opening::open_write;
pub use crate::write::outcome::{Fallible, always, reporting};
pub use crate::write::refresh::load_anew;
pub use crate::write::{Write, invalidate_after, invalidate_after_blocking, write, write_on};
pub use linkme;

/// Makes the compiler settle a body's type before it looks at the body.
///
/// # Panics
///
/// Every call panics. Generated code puts the call behind `if false`.
#[must_use]
pub fn never<T>() -> T {
    unreachable!("it stands behind `if false`")
}
