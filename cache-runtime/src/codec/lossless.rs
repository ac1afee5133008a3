//! Whether a codec brings a value back unchanged.
//!
//! `serde_json` writes a NaN and a `Some(None)` as `null`, without an error; a hit would then return another value
//! than the function did. It also writes what is nested deeper than it will read. `MessagePack` has NaN, and the rest of this. This
//! serializer writes nothing: it walks a value and refuses those three.

use serde::ser::{self, Serialize};
use std::fmt;

/// Whether a value survives a round trip through JSON.
pub(super) fn in_json<T: Serialize + ?Sized>(value: &T) -> bool {
    survives(value, Floats::Finite)
}

/// Whether a value survives a round trip through `MessagePack`.
#[cfg(feature = "msgpack")]
pub(super) fn in_message_pack<T: Serialize + ?Sized>(value: &T) -> bool {
    survives(value, Floats::All)
}

fn survives<T: Serialize + ?Sized>(value: &T, floats: Floats) -> bool {
    // A Serialize implementation that fails will say so again when it is encoded.
    !matches!(value.serialize(Walk { floats, in_option: false, depth: 0 }), Err(Stop::Lossy))
}

/// Which floats a codec brings back.
#[derive(Clone, Copy, PartialEq)]
enum Floats {
    Finite,
    #[cfg(feature = "msgpack")]
    All,
}

#[derive(Clone, Copy)]
struct Walk {
    floats: Floats,
    /// The value is the direct content of a `Some`.
    in_option: bool,
    /// How many lists and objects the value is in.
    depth: u8,
}

/// How deep a value may be nested. `serde_json` reads 127 levels, and an enum's variant can take two of them.
const DEEPEST: u8 = 60;

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
    /// What is directly inside a list or an object.
    fn inside(self) -> Self {
        Self { in_option: false, ..self }
    }

    fn deeper(self) -> Result<Self, Stop> {
        let inside = Self { in_option: false, depth: self.depth + 1, ..self };
        if inside.depth > DEEPEST { Err(Stop::Lossy) } else { Ok(inside) }
    }

    fn float(self, is_finite: bool) -> Result<(), Stop> {
        if is_finite || self.floats != Floats::Finite { Ok(()) } else { Err(Stop::Lossy) }
    }

    fn null(self) -> Result<(), Stop> {
        if self.in_option { Err(Stop::Lossy) } else { Ok(()) }
    }
}

macro_rules! harmless {
    ($($method:ident: $type:ty),*) => {$(
        fn $method(self, _value: $type) -> Result<(), Stop> {
            Ok(())
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
    type Ok = ();
    type Error = Stop;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    harmless! {
        serialize_bool: bool, serialize_char: char, serialize_str: &str, serialize_bytes: &[u8],
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_i128: i128,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_u128: u128
    }

    containers! {
        serialize_seq(_len: Option<usize>),
        serialize_tuple(_len: usize),
        serialize_tuple_struct(_name: &'static str, _len: usize),
        serialize_tuple_variant(_name: &'static str, _index: u32, _variant: &'static str, _len: usize),
        serialize_map(_len: Option<usize>),
        serialize_struct(_name: &'static str, _len: usize),
        serialize_struct_variant(_name: &'static str, _index: u32, _variant: &'static str, _len: usize)
    }

    fn serialize_f32(self, value: f32) -> Result<(), Stop> {
        self.float(value.is_finite())
    }

    fn serialize_f64(self, value: f64) -> Result<(), Stop> {
        self.float(value.is_finite())
    }

    fn serialize_none(self) -> Result<(), Stop> {
        self.null()
    }

    fn serialize_unit(self) -> Result<(), Stop> {
        self.null()
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Stop> {
        self.null()
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
    ) -> Result<(), Stop> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Stop> {
        value.serialize(Self { in_option: true, ..self })
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<(), Stop> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        value: &T,
    ) -> Result<(), Stop> {
        value.serialize(self.deeper()?)
    }
}

macro_rules! walks {
    ($($trait:ident $method:ident($($name:ident: $type:ty)?)),*) => {$(
        impl ser::$trait for Walk {
            type Ok = ();
            type Error = Stop;

            fn $method<T: Serialize + ?Sized>(
                &mut self,
                $($name: $type,)?
                value: &T,
            ) -> Result<(), Stop> {
                value.serialize(self.inside())
            }

            fn end(self) -> Result<(), Stop> {
                Ok(())
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

impl ser::SerializeMap for Walk {
    type Ok = ();
    type Error = Stop;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, _key: &T) -> Result<(), Stop> {
        // serde_json refuses the keys that it cannot write.
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Stop> {
        value.serialize(self.inside())
    }

    fn end(self) -> Result<(), Stop> {
        Ok(())
    }
}
