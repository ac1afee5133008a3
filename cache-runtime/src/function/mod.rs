//! Holds the facts about one function that the macro and the compiler state.

pub(crate) mod claims;
pub(crate) mod collections;
pub(crate) mod declared;
pub(crate) mod identity;
pub(crate) mod kind;
pub(crate) mod origin;
pub(crate) mod outcome;
pub(crate) mod path;
pub(crate) mod refused;
pub(crate) mod set;
pub(crate) mod shape;
pub(crate) mod site;
pub(crate) mod stats;
pub(crate) mod trial;
pub(crate) mod via;
