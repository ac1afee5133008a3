//! Writes and reads the form of a payload in an entry's header: `json`, `msgpack`, `json+zstd`.

use std::fmt;

/// The longest name of a codec, in bytes.
const MAX_NAME: usize = 16;

/// The end of a form whose payload is compressed by zstd.
const ZSTD: &[u8] = b"+zstd";

/// The codec of a payload, by its name. Zeros fill the array up.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Encoding([u8; MAX_NAME]);

impl Encoding {
    pub(crate) const JSON: Self = Self::named("json");
    #[cfg(feature = "msgpack")]
    pub(crate) const MESSAGE_PACK: Self = Self::named("msgpack");

    /// Returns the codec of a name.
    ///
    /// # Panics
    ///
    /// Panics at compile time if the name does not fit into a header:
    ///
    /// ```compile_fail,E0080
    /// use cache_runtime::codec::{Codec, CodecError, Json};
    /// use cache_runtime::cached;
    /// use serde::{Serialize, de::DeserializeOwned};
    ///
    /// enum Loud {}
    ///
    /// impl Codec for Loud {
    ///     const NAME: &'static str = "LOUD";
    ///
    ///     fn encode<T: Serialize + ?Sized>(
    ///         value: &T,
    ///         out: &mut impl std::io::Write,
    ///     ) -> Result<(), CodecError> {
    ///         Json::encode(value, out)
    ///     }
    ///
    ///     fn decode<T: DeserializeOwned>(payload: &[u8]) -> Result<T, CodecError> {
    ///         Json::decode(payload)
    ///     }
    /// }
    ///
    /// #[cached(codec = Loud)]
    /// fn loud() -> u64 {
    ///     7
    /// }
    ///
    /// loud();
    /// ```
    pub(crate) const fn named(name: &str) -> Self {
        match Self::parse(name.as_bytes()) {
            Some(encoding) => encoding,
            None => panic!(
                "a codec's name has 1 to 16 characters out of `a` to `z`, `0` to `9`, `-`, `_` and `.`, and is not `lease` or `lock`"
            ),
        }
    }

    const fn parse(name: &[u8]) -> Option<Self> {
        // After the magic, `lease` and `lock` mark lines that are no entry's.
        if name.is_empty() || name.len() > MAX_NAME || matches!(name, b"lease" | b"lock") {
            return None;
        }
        let mut bytes = [0; MAX_NAME];
        let mut at = 0;
        while at < name.len() {
            if !matches!(name[at], b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.') {
                return None;
            }
            bytes[at] = name[at];
            at += 1;
        }
        Some(Self(bytes))
    }

    fn name(&self) -> &str {
        let length = self.0.iter().position(|byte| *byte == 0).unwrap_or(MAX_NAME);
        // The names are ASCII.
        std::str::from_utf8(&self.0[..length]).unwrap_or_default()
    }
}

impl fmt::Debug for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The compression of a stored payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compression {
    None,
    Zstd,
}

/// The codec and the compression of a stored payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) encoding: Encoding,
    pub(crate) compression: Compression,
}

impl Form {
    pub(crate) const JSON: Self = Self { encoding: Encoding::JSON, compression: Compression::None };

    /// Reads the form in a header. Returns `None` if the form is of another version.
    pub(crate) fn parse(field: &[u8]) -> Option<Self> {
        // Nearly every entry is JSON, and needs no further parsing.
        if field == b"json" {
            return Some(Self::JSON);
        }
        let (name, compression) = match field.strip_suffix(ZSTD) {
            Some(name) => (name, Compression::Zstd),
            None => (field, Compression::None),
        };
        Some(Self { encoding: Encoding::parse(name)?, compression })
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.encoding.name())?;
        f.write_str(match self.compression {
            Compression::None => "",
            Compression::Zstd => "+zstd",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for text in ["json", "json+zstd", "msgpack", "msgpack+zstd", "a.b-c_9", "sixteen-letters-"]
        {
            let form = Form::parse(text.as_bytes()).unwrap();
            assert_eq!(form.to_string(), text);
        }
    }

    #[test]
    fn what_no_version_writes_is_not_read() {
        for text in
            ["", "+zstd", "JSON", "json+gzip", "json+", "lease", "lock", "é", "seventeen-letters"]
        {
            assert_eq!(Form::parse(text.as_bytes()), None, "{text}");
        }
    }
}
