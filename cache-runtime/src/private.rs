//! What generated code uses. No part of the public interface: it changes with the macros, which pin this version.

pub use crate::__compared as compared;
pub use crate::__connection as connection;
pub use crate::__elements as elements;
pub use crate::__outcome as outcome;
pub use crate::__primed as primed;
pub use crate::begin::{call, call_on, call_to_name};
pub use crate::call::Call;
pub use crate::capture::{CachedCall, recorded};
#[cfg(feature = "msgpack")]
pub use crate::codec::MessagePack;
#[cfg(feature = "zstd")]
pub use crate::codec::size::zstd_from;
#[cfg(feature = "sqlx")]
pub use crate::connection::{Argument, MayBeConnection};
pub use crate::declared::{DECLARED, Declared};
pub use crate::invalidate::{
    Fallible, Write, invalidate_after, invalidate_after_blocking, invalidate_always,
    invalidate_always_blocking, write, write_on,
};
pub use crate::key::{KeyArg, KeyBuilder};
pub use crate::lent::{Lent, lent};
pub use crate::lists::{List, Listed, Pairs};
pub use crate::load_anew::load_anew;
pub use crate::named::{
    HandleUnknown, Known, NamedCall, Primable, Reachable, TtlUnknown, ValueUnknown, invalidate,
    key, primable, prime,
};
pub use crate::opening::{Opening, open_call, open_write};
pub use crate::outcome::{
    CacheValue, MaybeNone, Outcome, Verdict, any, any_result, coded, compared, decide, judged,
    may_be_none,
};
pub use crate::probe::{
    Answer, Copies, CopyProbe, Hidden, Lasting, Probe, Returns, ShareProbe, Shares,
};
pub use crate::read_each::{
    Each, Repeated, again, cloned, each, elements as elements_of, of_value, owned, read_each,
    read_each_blocking, read_each_once,
};
pub use crate::read_through::{open, open_on, read_through, read_through_blocking};
pub use crate::read_through_or_stale::{read_through_or_stale, read_through_or_stale_blocking};
pub use crate::shape::{AnyShape, Outline, Recursive, Shape, ShapeOf};
pub use crate::site::{Part, Site};
pub use crate::through::{Through, through, through_opened};
pub use crate::through_stale::{ThroughOrStale, through_or_stale};
pub use crate::through_write::{ThroughWrite, through_write};
pub use crate::trial::{Brought, Compare};
pub use linkme;

/// Makes the compiler settle a body's type before it looks at the body.
///
/// # Panics
///
/// When called; generated code puts it behind `if false`.
#[must_use]
pub fn never<T>() -> T {
    unreachable!("it stands behind `if false`")
}
