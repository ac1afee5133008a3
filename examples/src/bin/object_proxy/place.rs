//! Where an object is: its bucket and its name, out of a request's path and back into one.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use serde::{Serialize, Serializer};
use std::fmt;

/// Left as they are in a path that is sent on: what RFC 3986 calls unreserved.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A bucket and the name of an object in it; a bucket alone where the name is empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Place {
    pub(crate) bucket: Name,
    pub(crate) name: Name,
}

/// The bytes of a name. Most are text, but a path can hold any bytes, percent-encoded.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name(Vec<u8>);

/// Why a path is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoPlace {
    NoBucket,
    Nul,
}

impl Place {
    /// Reads `/bucket/name`. Paths that differ only in how they are encoded are one place.
    pub(crate) fn of(path: &str) -> Result<Self, NoPlace> {
        let path = path.strip_prefix('/').unwrap_or(path);
        let (bucket, name) = path.split_once('/').unwrap_or((path, ""));
        let place = Self { bucket: Name::decoded(bucket), name: Name::decoded(name) };
        if place.bucket.0.is_empty() {
            return Err(NoPlace::NoBucket);
        }
        if [&place.bucket, &place.name].iter().any(|name| name.0.contains(&0)) {
            return Err(NoPlace::Nul);
        }
        Ok(place)
    }

    /// The path to ask for, with a slash of a name left as it is.
    pub(crate) fn path(&self) -> String {
        let encode = |part| percent_encode(part, ENCODED).to_string();
        let parts: Vec<_> = self.name.0.split(|byte| *byte == b'/').map(encode).collect();
        format!("/{}/{}", encode(&self.bucket.0), parts.join("/"))
    }

    pub(crate) fn is_bucket(&self) -> bool {
        self.name.0.is_empty()
    }
}

impl Name {
    fn decoded(encoded: &str) -> Self {
        Self(percent_decode_str(encoded).collect())
    }
}

/// Text as text, so that keys are readable; anything else as bytes, which no text is written like.
impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match str::from_utf8(&self.0) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => serializer.serialize_bytes(&self.0),
        }
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.escape_ascii())
    }
}

impl fmt::Display for NoPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoBucket => "name a bucket and an object, as in /bucket/name",
            Self::Nul => "a name has no NUL byte",
        })
    }
}
