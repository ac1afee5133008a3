//! What generated types name in `#[serde(with = …)]`: the same value, written through a function.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Writes a value as it would be written without this.
///
/// # Errors
///
/// The value cannot be written.
pub fn serialize<T: Serialize, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    value.serialize(serializer)
}

/// Reads a value as it would be read without this.
///
/// # Errors
///
/// There is no such value.
pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    T::deserialize(deserializer)
}
