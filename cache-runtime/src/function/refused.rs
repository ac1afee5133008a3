//! Names the reasons why a call has no key.

use serde::ser;
use std::fmt;

/// The reason why a call has no key and runs without the cache.
///
/// The reason holds nothing of the value itself, because arguments may be secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// An argument contains a NaN or an infinity.
    NonFinite,
    /// A `Serialize` implementation failed, or left a map with a key and no value.
    Custom,
    /// The value was written differently a moment later.
    Unsteady,
    /// Two keys of a map without an order are written alike, with two values.
    AmbiguousMap,
    /// `unordered(…)` names a field that serde does not write.
    NoSuchField,
    /// A type argument is a closure or a future, whose name is not unique.
    NamelessType,
    /// The function is in a block, and another expansion of the same macro writes an equal
    /// function.
    NamelessFunction,
    /// A connection among the arguments is in a transaction.
    InTransaction,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NonFinite => "a float that is not finite has no place in a key",
            Self::Custom => "the Serialize implementation of an argument failed",
            Self::Unsteady => "an argument is written differently each time, or changed meanwhile",
            Self::AmbiguousMap => {
                "a map without an order has two keys that serde writes alike, and which of them has which value \
                 does not show; use a key that is written in full"
            }
            Self::NoSuchField => {
                "`unordered(…)` names a field that serde does not write; name it as serde does"
            }
            Self::NamelessType => {
                "a type argument is a closure or a future, and another one has the same name; \
                 use a type with a name of its own"
            }
            Self::NamelessFunction => {
                "a macro writes the function in a block, and nothing tells its copies apart; \
                 hand each an `id` of its own to the macro, or move it out of the block"
            }
            Self::InTransaction => {
                "its connection is in a transaction, and what that sees is nobody else's yet; \
                 put the transaction into `defer_commit(…)`, or the call into `bypass(…)`"
            }
        })
    }
}

impl std::error::Error for Refused {}

impl ser::Error for Refused {
    fn custom<T: fmt::Display>(_may_hold_the_value: T) -> Self {
        Self::Custom
    }
}
