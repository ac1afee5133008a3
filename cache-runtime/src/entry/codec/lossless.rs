//! Tells whether a codec brings a value back unchanged.
//!
//! `serde_json` writes a NaN and a `Some(None)` as `null`, without an error. A hit would then
//! return another value than the function did. `serde_json` also writes deeper nesting than it
//! reads. `MessagePack` preserves NaN, and has the two other faults. The serializer of this module
//! writes nothing: it walks through a value and refuses such values.

use serde::ser::{self, Serialize};
use std::fmt;

/// Tells whether a value survives a round trip through JSON.
pub(super) fn in_json<T: Serialize + ?Sized>(value: &T) -> bool {
    survives(value, Codec::Json)
}

/// Tells whether a value survives a round trip through JSON, for a value that replaces errors by
/// its own. Every error counts as a loss.
#[cfg(feature = "msgpack")]
pub(super) fn wholly_in_json<T: Serialize + ?Sized>(value: &T) -> bool {
    value.serialize(Walk { codec: Codec::Json, in_option: false, depth: 0 }).is_ok()
}

/// Tells whether a value survives a round trip through `MessagePack`.
#[cfg(feature = "msgpack")]
pub(super) fn in_message_pack<T: Serialize + ?Sized>(value: &T) -> bool {
    survives(value, Codec::MessagePack)
}

fn survives<T: Serialize + ?Sized>(value: &T, codec: Codec) -> bool {
    // A `Serialize` implementation that fails here fails once more when the value is encoded.
    !matches!(value.serialize(Walk { codec, in_option: false, depth: 0 }), Err(Stop::Lossy))
}

/// The limits of a codec.
#[derive(Clone, Copy, PartialEq)]
enum Codec {
    /// JSON preserves finite floats, and keys that are all text or all numbers.
    Json,
    /// `MessagePack` preserves all floats and all keys.
    #[cfg(feature = "msgpack")]
    MessagePack,
}

#[derive(Clone, Copy)]
struct Walk {
    codec: Codec,
    /// `true` if the value is the direct content of a `Some`.
    in_option: bool,
    /// The number of lists and objects around the value.
    depth: u8,
}

/// The deepest nesting of a value. `serde_json` reads 127 levels, and an enum's variant can take
/// two of them.
const DEEPEST: u8 = 60;

/// The kind of a value as a map's key.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Text,
    Other,
}

#[derive(Debug)]
enum Stop {
    Lossy,
    Failed,
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("stop")
    }
}

impl std::error::Error for Stop {}

impl ser::Error for Stop {
    fn custom<T: fmt::Display>(_may_hold_the_value: T) -> Self {
        Self::Failed
    }
}

impl Walk {
    /// Returns the walk for a value directly inside a list or an object.
    fn inside(self) -> Self {
        Self { in_option: false, ..self }
    }

    fn deeper(self) -> Result<Self, Stop> {
        let inside = Self { in_option: false, depth: self.depth + 1, ..self };
        if inside.depth > DEEPEST { Err(Stop::Lossy) } else { Ok(inside) }
    }

    fn float(self, is_finite: bool) -> Result<Kind, Stop> {
        if is_finite || self.codec != Codec::Json { Ok(Kind::Other) } else { Err(Stop::Lossy) }
    }

    fn null(self) -> Result<Kind, Stop> {
        if self.in_option { Err(Stop::Lossy) } else { Ok(Kind::Other) }
    }
}

macro_rules! harmless {
    ($kind:expr; $($method:ident: $type:ty),*) => {$(
        fn $method(self, _value: $type) -> Result<Kind, Stop> {
            Ok($kind)
        }
    )*};
}

macro_rules! containers {
    ($($method:ident($($arg:ident: $type:ty),*)),*) => {$(
        fn $method(self, $($arg: $type),*) -> Result<Self, Stop> {
            self.deeper()
        }
    )*};
}

impl ser::Serializer for Walk {
    type Ok = Kind;
    type Error = Stop;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Entries;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    harmless! {
        Kind::Text; serialize_char: char, serialize_str: &str
    }

    harmless! {
        Kind::Other; serialize_bool: bool, serialize_bytes: &[u8],
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_i128: i128,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_u128: u128
    }

    containers! {
        serialize_seq(_len: Option<usize>),
        serialize_tuple(_len: usize),
        serialize_tuple_struct(_name: &'static str, _len: usize),
        serialize_tuple_variant(_name: &'static str, _index: u32, _variant: &'static str, _len: usize),
        serialize_struct(_name: &'static str, _len: usize),
        serialize_struct_variant(_name: &'static str, _index: u32, _variant: &'static str, _len: usize)
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<Entries, Stop> {
        Ok(Entries { walk: self.deeper()?, keys: None })
    }

    fn serialize_f32(self, value: f32) -> Result<Kind, Stop> {
        self.float(value.is_finite())
    }

    fn serialize_f64(self, value: f64) -> Result<Kind, Stop> {
        self.float(value.is_finite())
    }

    fn serialize_none(self) -> Result<Kind, Stop> {
        self.null()
    }

    fn serialize_unit(self) -> Result<Kind, Stop> {
        self.null()
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<Kind, Stop> {
        self.null()
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
    ) -> Result<Kind, Stop> {
        Ok(Kind::Text)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Kind, Stop> {
        // mutant: the fuzz: a `Some` of nothing is stored
        value.serialize(Self { in_option: true, ..self })
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<Kind, Stop> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        value: &T,
    ) -> Result<Kind, Stop> {
        value.serialize(self.deeper()?)
    }
}

macro_rules! walks {
    ($($trait:ident $method:ident($($name:ident: $type:ty)?)),*) => {$(
        impl ser::$trait for Walk {
            type Ok = Kind;
            type Error = Stop;

            fn $method<T: Serialize + ?Sized>(
                &mut self,
                $($name: $type,)?
                value: &T,
            ) -> Result<(), Stop> {
                value.serialize(self.inside()).map(drop)
            }

            fn end(self) -> Result<Kind, Stop> {
                Ok(Kind::Other)
            }
        }
    )*};
}

walks! {
    SerializeSeq serialize_element(),
    SerializeTuple serialize_element(),
    SerializeTupleStruct serialize_field(),
    SerializeTupleVariant serialize_field(),
    SerializeStruct serialize_field(_name: &'static str),
    SerializeStructVariant serialize_field(_name: &'static str)
}

/// A map on the walk.
struct Entries {
    walk: Walk,
    /// The kind of the keys so far.
    keys: Option<Kind>,
}

impl ser::SerializeMap for Entries {
    type Ok = Kind;
    type Error = Stop;

    /// Checks a key. JSON has only text for keys, so that `5` and `"5"` are one key of a type that
    /// has both.
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Stop> {
        let kind = key.serialize(self.walk.inside())?;
        let is_another = self.keys.replace(kind).is_some_and(|before| before != kind);
        // mutant: keys that JSON writes alike are stored
        if is_another && self.walk.codec == Codec::Json { Err(Stop::Lossy) } else { Ok(()) }
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Stop> {
        value.serialize(self.walk.inside()).map(drop)
    }

    fn end(self) -> Result<Kind, Stop> {
        Ok(Kind::Other)
    }
}
