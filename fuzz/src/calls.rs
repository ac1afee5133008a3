//! The cached functions that every type is put through.

use crate::Tested;
use cache_runtime::{cached, invalidates, key};

/// Answers with a number that the caller knows for its value: another one is another call's.
#[cached(ttl = "1h", key = "x:<value>", id = "fuzz.ask")]
pub(crate) async fn ask<T: Tested>(value: &T, #[cached(skip)] answer: u64) -> u64 {
    answer
}

pub(crate) fn key_of<T: Tested>(value: &T) -> Option<String> {
    key!(ask(value)).map(|key| key.as_str().to_owned())
}

#[invalidates("x:<value>:*")]
pub(crate) async fn forget<T: Tested>(value: &T) {}

#[cached(ttl = "1h", id = "fuzz.json")]
pub(crate) async fn json<T: Tested>(id: usize, #[cached(skip)] value: &T) -> T {
    value.rebuilt()
}

#[cached(ttl = "1h", id = "fuzz.json_zstd", compress = 1)]
pub(crate) async fn json_zstd<T: Tested>(id: usize, #[cached(skip)] value: &T) -> T {
    value.rebuilt()
}

#[cached(ttl = "1h", id = "fuzz.msgpack", codec = "msgpack")]
pub(crate) async fn msgpack<T: Tested>(id: usize, #[cached(skip)] value: &T) -> T {
    value.rebuilt()
}

#[cached(ttl = "1h", id = "fuzz.msgpack_zstd", codec = "msgpack", compress = 1)]
pub(crate) async fn msgpack_zstd<T: Tested>(id: usize, #[cached(skip)] value: &T) -> T {
    value.rebuilt()
}
