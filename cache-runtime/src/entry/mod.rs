//! Describes stored entries: the envelope, its codecs, and its times.

pub(crate) mod codec;
pub(crate) mod envelope;
pub(crate) mod freshness;
pub(crate) mod kept;
pub(crate) mod ttl;
