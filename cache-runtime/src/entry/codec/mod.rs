//! Encodes values for entries and decodes them: as JSON, as `MessagePack` with named fields, or by
//! an application's own codec.

pub(crate) mod compression;
#[cfg(all(test, feature = "msgpack"))]
mod conversions;
pub(crate) mod form;
mod lossless;
#[cfg(feature = "msgpack")]
mod message_pack;
mod strict;

use bytes::Bytes;
use form::Encoding;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::error::Error;
use std::fmt;
use std::io;

#[cfg(feature = "msgpack")]
pub use message_pack::MessagePack;

/// A format for the values of a function: `codec = MyCodec`.
///
/// Every function reads JSON and, with the feature `msgpack`, `MessagePack`, whatever it writes. A
/// fleet can thus change from one format to the other while it runs. Functions that name another
/// codec read the entries of that codec. For all other functions, such an entry is a miss.
///
/// ```
/// use cache_runtime::codec::{Codec, CodecError};
/// use cache_runtime::cached;
/// use serde::{Serialize, de::DeserializeOwned};
///
/// /// JSON with white space in it, for people.
/// struct Pretty;
///
/// impl Codec for Pretty {
///     const NAME: &'static str = "pretty";
///
///     fn encode<T: Serialize + ?Sized>(
///         value: &T,
///         out: &mut impl std::io::Write,
///     ) -> Result<(), CodecError> {
///         Ok(serde_json::to_writer_pretty(out, value)?)
///     }
///
///     fn decode<T: DeserializeOwned>(payload: &[u8]) -> Result<T, CodecError> {
///         Ok(serde_json::from_slice(payload)?)
///     }
/// }
///
/// #[cached(ttl = "5m", codec = Pretty)]
/// async fn limits(tenant: u32) -> Vec<u32> {
///     vec![tenant]
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no codec",
    label = "does not implement `cache_runtime::codec::Codec`",
    note = "write `codec = \"msgpack\"`, or implement `cache_runtime::codec::Codec` for the type"
)]
pub trait Codec {
    /// The name in the entry's header: 1 to 16 characters out of `a` to `z`, `0` to `9`, `-`, `_`
    /// and `.`. The names `lease` and `lock` are reserved. Any other name is a compile error. A
    /// codec of the same name in another program has to read the payloads of this codec. If the
    /// format changes, change the name.
    const NAME: &'static str;

    /// Writes a value, so that [`decode`](Self::decode) brings it back unchanged.
    ///
    /// # Errors
    ///
    /// Returns an error if the value cannot be written. Returns [`Lossy`] if the value would come
    /// back changed. In both cases, the value is not stored. The error itself is shown to nobody,
    /// because it may hold the value. An error of `out` must be returned: it means that the payload
    /// exceeds the handle's limit.
    fn encode<T: Serialize + ?Sized>(value: &T, out: &mut impl io::Write)
    -> Result<(), CodecError>;

    /// Reads a value. The bytes are complete, though an older version of the type may have been
    /// stored.
    ///
    /// # Errors
    ///
    /// Returns an error if the bytes are no value of the type. The entry is then a miss.
    fn decode<T: DeserializeOwned>(payload: &[u8]) -> Result<T, CodecError>;
}

/// The reason why a codec could not write or read a value. The error is only counted and never
/// shown.
pub type CodecError = Box<dyn Error + Send + Sync>;

/// The error of a codec that would not bring a value back unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lossy;

impl fmt::Display for Lossy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the value would come back changed")
    }
}

impl Error for Lossy {}

/// JSON as `serde_json` writes it. Functions that name no codec use it.
#[derive(Debug)]
pub enum Json {}

impl Codec for Json {
    const NAME: &'static str = "json";

    fn encode<T: Serialize + ?Sized>(
        value: &T,
        out: &mut impl io::Write,
    ) -> Result<(), CodecError> {
        // mutant: what JSON changes is stored
        if !lossless::in_json(value) {
            return Err(Lossy.into());
        }
        Ok(serde_json::to_writer(out, value)?)
    }

    fn decode<T: DeserializeOwned>(payload: &[u8]) -> Result<T, CodecError> {
        let mut json = serde_json::Deserializer::from_slice(payload);
        // mutant: JSON reads what is of another type
        let value = T::deserialize(strict::in_json(&mut json))?;
        json.end()?;
        Ok(value)
    }
}

/// An encoded value that owns its bytes.
#[derive(Clone)]
pub struct Payload {
    pub(crate) encoding: Encoding,
    pub(crate) bytes: Bytes,
}

/// An encoded value in borrowed bytes, such as those of an entry.
#[derive(Clone, Copy)]
pub struct PayloadRef<'a> {
    pub(crate) encoding: Encoding,
    pub(crate) bytes: &'a [u8],
}

impl Payload {
    pub(crate) fn by_ref(&self) -> PayloadRef<'_> {
        PayloadRef { encoding: self.encoding, bytes: &self.bytes }
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.by_ref().fmt(f)
    }
}

impl fmt::Debug for PayloadRef<'_> {
    /// Shows no value, because the value may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payload").field("encoding", &self.encoding).finish_non_exhaustive()
    }
}

/// The reason why a value is not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unstorable {
    /// The codec would bring back another value.
    Lossy,
    /// The payload is larger than the handle's `max_entry_size`.
    TooLarge,
    /// The value may contain an `Err`. Its type contains a `Result`, by another name, in a
    /// collection or behind a type parameter.
    MaybeError,
    /// The payload could be written, and not be read back.
    Unreadable,
    /// Reading the payload back, or comparing the result with the value, panicked.
    Panicked,
    /// The value could not be written.
    Failed,
}

impl Unstorable {
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Lossy => {
                "the codec would not bring the value back: it holds `Some(None)` or is nested too deep; or, in JSON, holds a float that is not finite, or a map with text and numbers for keys"
            }
            Self::TooLarge => "the value is larger than `max_entry_size`",
            Self::MaybeError => {
                "its type has a `Result` in it, whose error would be stored; return `Result<T, E>` around the whole value, or a type of your own"
            }
            Self::Unreadable => {
                "what its Serialize implementation writes, its Deserialize implementation cannot read: a 128-bit number below `#[serde(flatten)]` or in an untagged enum, for example"
            }
            Self::Panicked => {
                "reading it back panicked: in its Deserialize implementation, or in the PartialEq or Debug implementation by which what came back is compared"
            }
            Self::Failed => "the value's Serialize implementation failed, or its codec",
        }
    }
}

/// Writes a value, in `max_entry_size` bytes at most.
pub(crate) fn encode<C: Codec, T: Serialize + ?Sized>(
    value: &T,
    max_entry_size: usize,
) -> Result<Payload, Unstorable> {
    let mut out = Bounded { bytes: Vec::new(), max_entry_size, is_full: false };
    match C::encode(value, &mut out) {
        Ok(()) if !out.is_full => {
            Ok(Payload { encoding: const { Encoding::named(C::NAME) }, bytes: out.bytes.into() })
        }
        Ok(()) => Err(Unstorable::TooLarge),
        Err(_) if out.is_full => Err(Unstorable::TooLarge),
        Err(error) if error.is::<Lossy>() => Err(Unstorable::Lossy),
        Err(_) => Err(Unstorable::Failed),
    }
}

/// Reads a value that was written with this codec, or with a codec that every function reads.
/// Returns `None` if the bytes are no such value.
pub(crate) fn decode<C: Codec, T: DeserializeOwned>(payload: PayloadRef<'_>) -> Option<T> {
    let PayloadRef { encoding, bytes } = payload;
    if encoding == const { Encoding::named(C::NAME) } {
        return C::decode(bytes).ok();
    }
    if encoding == Encoding::JSON {
        return Json::decode(bytes).ok();
    }
    #[cfg(feature = "msgpack")]
    // mutant: who writes JSON does not read MessagePack
    if encoding == Encoding::MESSAGE_PACK {
        return Json::decode(&message_pack::in_json(bytes)?).ok();
    }
    None
}

/// A writer that refuses more than its size, before it takes the memory.
struct Bounded {
    bytes: Vec<u8>,
    max_entry_size: usize,
    is_full: bool,
}

impl io::Write for Bounded {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        if part.len() > self.max_entry_size - self.bytes.len() {
            self.is_full = true;
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(part);
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json<T: Serialize + ?Sized>(value: &T, max_entry_size: usize) -> Result<Bytes, Unstorable> {
        encode::<Json, T>(value, max_entry_size).map(|payload| payload.bytes)
    }

    #[test]
    fn what_json_would_change_is_not_stored() {
        assert_eq!(json(&Some(f64::NAN), 1000), Err(Unstorable::Lossy));
        assert_eq!(json(&vec![Some(None::<u8>)], 1000), Err(Unstorable::Lossy));
        let deep = (0..70).fold(serde_json::Value::Null, |inner, _| serde_json::json!([inner]));
        assert_eq!(json("four", 5), Err(Unstorable::TooLarge));
        assert_eq!(json("four", 6).as_deref(), Ok(&b"\"four\""[..]));
        assert_eq!(json(&deep, 1000), Err(Unstorable::Lossy));
        assert_eq!(json(&Some(Some(1)), 1000).as_deref(), Ok(&b"1"[..]));
        assert_eq!(
            json(&std::collections::BTreeMap::from([((1, 2), 3)]), 1000),
            Err(Unstorable::Failed)
        );
    }

    /// A type whose keys are numbers or text.
    #[derive(Debug, serde::Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
    #[serde(untagged)]
    enum Name {
        Number(i64),
        Text(String),
    }

    #[test]
    fn keys_that_json_writes_alike_are_refused() {
        use std::collections::BTreeMap;
        let map = BTreeMap::from([(Name::Number(5), 1), (Name::Text("5".to_owned()), 2)]);
        assert_eq!(json(&map, 100), Err(Unstorable::Lossy));
        assert_eq!(json(&BTreeMap::from([(5, 1)]), 100).as_deref(), Ok(&b"{\"5\":1}"[..]));
    }

    /// A codec that ignores the error of the writer.
    enum Careless {}

    impl Codec for Careless {
        const NAME: &'static str = "careless";

        fn encode<T: Serialize + ?Sized>(
            value: &T,
            out: &mut impl io::Write,
        ) -> Result<(), CodecError> {
            _ = serde_json::to_writer(out, value);
            Ok(())
        }

        fn decode<T: DeserializeOwned>(payload: &[u8]) -> Result<T, CodecError> {
            Json::decode(payload)
        }
    }

    #[test]
    fn half_a_value_is_not_stored() {
        assert_eq!(encode::<Careless, _>("four", 5).err(), Some(Unstorable::TooLarge));
    }

    #[test]
    fn another_codec_is_read_by_those_who_name_it() {
        let payload = encode::<Careless, _>("four", 6).unwrap();
        assert_eq!(decode::<Careless, String>(payload.by_ref()).as_deref(), Some("four"));
        assert_eq!(decode::<Json, String>(payload.by_ref()), None);
        let payload = encode::<Json, _>("four", 6).unwrap();
        assert_eq!(decode::<Careless, String>(payload.by_ref()).as_deref(), Some("four"));
    }
}
