//! Reads a stored value as the type that it was stored of, and refuses serde's conversions from
//! other types.
//!
//! serde's types read more than they write. A float reads an integer, a `f32` reads any `f64`, and
//! a struct reads a list, by position. Text reads bytes, bytes read text, and a variant or a field
//! reads a number. A value of an older version of a type would thus come back as another value.
//!
//! The deserializer of this module refuses those conversions, and passes all others on. Types that
//! use `deserialize_any` do not ask for a kind and cannot be checked: untagged and internally
//! tagged enums, and flattened fields.

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};
use std::fmt;
use std::marker::PhantomData;

/// A wrapper around one part of the reader, for JSON or `MessagePack`.
pub(super) struct Strict<T, const JSON: bool>(T);

/// Wraps a reader of JSON.
pub(super) fn in_json<D>(reader: D) -> Strict<D, true> {
    Strict(reader)
}

/// Wraps a reader of `MessagePack`.
#[cfg(feature = "msgpack")]
pub(super) fn in_message_pack<D>(reader: D) -> Strict<D, false> {
    Strict(reader)
}

/// Passes on values without parts, in which nothing has to be checked.
macro_rules! hand_on_plainly {
    ($($method:ident($($arg:ident: $type:ty)?)),* $(,)?) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, $($arg: $type,)? visitor: V) -> Result<V::Value, D::Error> {
            self.0.$method($($arg,)? visitor)
        }
    )*};
}

macro_rules! hand_on {
    ($($method:ident($($arg:ident: $type:ty),*)),* $(,)?) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, $($arg: $type,)* visitor: V) -> Result<V::Value, D::Error> {
            self.0.$method($($arg,)* Strict::<_, JSON>(visitor))
        }
    )*};
}

/// Passes on to another visitor in front, which takes one kind alone.
macro_rules! ask {
    ($($method:ident: $asked:ident($reader:expr)),* $(,)?) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            self.0.$asked($reader(visitor))
        }
    )*};
}

impl<'de, D: Deserializer<'de>, const JSON: bool> Deserializer<'de> for Strict<D, JSON> {
    type Error = D::Error;

    hand_on_plainly! {
        deserialize_bool(), deserialize_char(), deserialize_unit(), deserialize_unit_struct(name: &'static str),
        deserialize_i128(), deserialize_ignored_any(),
    }

    hand_on! {
        deserialize_any(), deserialize_option(), deserialize_newtype_struct(name: &'static str),
        deserialize_seq(), deserialize_tuple(len: usize), deserialize_tuple_struct(name: &'static str, len: usize), deserialize_map(),
        deserialize_enum(name: &'static str, variants: &'static [&'static str]),
    }

    ask! {
        // If `serde_json` is asked for a `f32`, it rounds without an error.
        deserialize_f32: deserialize_f64(Single::<_, JSON>),
        // mutant: an integer is read as a float
        deserialize_f64: deserialize_f64(Double),
        deserialize_i8: deserialize_i8(Whole::<_, i8>::new),
        deserialize_i16: deserialize_i16(Whole::<_, i16>::new),
        deserialize_i32: deserialize_i32(Whole::<_, i32>::new),
        deserialize_i64: deserialize_i64(Whole::<_, i64>::new),
        // mutant: a number out of range becomes the nearest one
        deserialize_u8: deserialize_u8(Whole::<_, u8>::new),
        deserialize_u16: deserialize_u16(Whole::<_, u16>::new),
        deserialize_u32: deserialize_u32(Whole::<_, u32>::new),
        deserialize_u64: deserialize_u64(Whole::<_, u64>::new),
        deserialize_str: deserialize_str(Text),
        // mutant: MessagePack reads bytes as text
        deserialize_string: deserialize_string(Text),
        deserialize_identifier: deserialize_identifier(Name),
    }

    /// Reads an unsigned integer of 128 bits. `rmp-serde` drops the sign of a negative integer.
    #[inline]
    fn deserialize_u128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        // mutant: a negative integer loses its sign
        if JSON { self.0.deserialize_u128(visitor) } else { self.0.deserialize_any(Wide(visitor)) }
    }

    /// Reads bytes. In JSON bytes are a list, and `serde_json` would take text as bytes, too.
    #[inline]
    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let binary = Binary::<_, JSON>(visitor);
        // mutant: JSON reads text as bytes
        if JSON { self.0.deserialize_seq(binary) } else { self.0.deserialize_bytes(binary) }
    }

    #[inline]
    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.deserialize_bytes(visitor)
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        // mutant: a list is read as a struct
        self.0.deserialize_map(Fields::<_, JSON>(visitor))
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
}

macro_rules! values {
    ($($method:ident: $type:ty),* $(,)?) => {$(
        #[inline]
        fn $method<E: Error>(self, value: $type) -> Result<V::Value, E> {
            self.0.$method(value)
        }
    )*};
}

impl<'de, V: Visitor<'de>, const JSON: bool> Visitor<'de> for Strict<V, JSON> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    values! {
        visit_bool: bool, visit_i8: i8, visit_i16: i16, visit_i32: i32, visit_i64: i64, visit_i128: i128, visit_u8: u8,
        visit_u16: u16, visit_u32: u32, visit_u64: u64, visit_u128: u128, visit_f32: f32, visit_f64: f64, visit_char: char,
        visit_str: &str, visit_borrowed_str: &'de str, visit_string: String, visit_bytes: &[u8],
        visit_borrowed_bytes: &'de [u8], visit_byte_buf: Vec<u8>,
    }

    #[inline]
    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_none()
    }

    #[inline]
    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_unit()
    }

    #[inline]
    fn visit_some<D: Deserializer<'de>>(self, value: D) -> Result<V::Value, D::Error> {
        self.0.visit_some(Strict::<_, JSON>(value))
    }

    #[inline]
    fn visit_newtype_struct<D: Deserializer<'de>>(self, value: D) -> Result<V::Value, D::Error> {
        self.0.visit_newtype_struct(Strict::<_, JSON>(value))
    }

    #[inline]
    fn visit_seq<A: SeqAccess<'de>>(self, parts: A) -> Result<V::Value, A::Error> {
        self.0.visit_seq(Strict::<_, JSON>(parts))
    }

    #[inline]
    fn visit_map<A: MapAccess<'de>>(self, parts: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(Strict::<_, JSON>(parts))
    }

    #[inline]
    fn visit_enum<A: EnumAccess<'de>>(self, variant: A) -> Result<V::Value, A::Error> {
        self.0.visit_enum(Strict::<_, JSON>(variant))
    }
}

// Each of the following visitors takes one kind. serde's own defaults refuse all other kinds.

/// Reads the name of a field or of a variant.
struct Name<V>(V);

impl<'de, V: Visitor<'de>> Visitor<'de> for Name<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field or of a variant")
    }

    values! {
        visit_str: &str, visit_borrowed_str: &'de str, visit_string: String, visit_bytes: &[u8],
        visit_borrowed_bytes: &'de [u8],
    }
}

/// Reads text alone.
struct Text<V>(V);

impl<'de, V: Visitor<'de>> Visitor<'de> for Text<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    values! { visit_str: &str, visit_borrowed_str: &'de str, visit_string: String }
}

/// Reads bytes, or a list of them.
struct Binary<V, const JSON: bool>(V);

impl<'de, V: Visitor<'de>, const JSON: bool> Visitor<'de> for Binary<V, JSON> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    values! { visit_bytes: &[u8], visit_borrowed_bytes: &'de [u8], visit_byte_buf: Vec<u8> }

    #[inline]
    fn visit_seq<A: SeqAccess<'de>>(self, parts: A) -> Result<V::Value, A::Error> {
        self.0.visit_seq(Strict::<_, JSON>(parts))
    }
}

/// Reads the fields of a struct by their names alone.
struct Fields<V, const JSON: bool>(V);

impl<'de, V: Visitor<'de>, const JSON: bool> Visitor<'de> for Fields<V, JSON> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    #[inline]
    fn visit_map<A: MapAccess<'de>>(self, parts: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(Strict::<_, JSON>(parts))
    }
}

/// Reads a `f64`. A `f32` is accepted, because its number is exact in 64 bits.
struct Double<V>(V);

impl<'de, V: Visitor<'de>> Visitor<'de> for Double<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number that was written as a float")
    }

    values! { visit_f32: f32, visit_f64: f64 }
}

/// Reads a `f32`, or a `f64` that fits into 32 bits without loss.
struct Single<V, const JSON: bool>(V);

impl<'de, V: Visitor<'de>, const JSON: bool> Visitor<'de> for Single<V, JSON> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number that was written as a float, and has room in 32 bits")
    }

    values! { visit_f32: f32 }

    #[inline]
    fn visit_f64<E: Error>(self, value: f64) -> Result<V::Value, E> {
        // mutant: MessagePack reads a float by its text
        // mutant: a float is read in fewer bits than it has
        match if JSON { written_as(value) } else { narrowed(value) } {
            Some(single) => self.0.visit_f32(single),
            None => Err(E::invalid_value(Unexpected::Float(value), &self)),
        }
    }
}

/// Returns an equal number in 32 bits, if there is one.
fn narrowed(value: f64) -> Option<f32> {
    let single = nearest(value);
    (f64::from(single).to_bits() == value.to_bits()).then_some(single)
}

/// Returns the number in 32 bits whose text in JSON is this number, if there is one.
fn written_as(value: f64) -> Option<f32> {
    let single = nearest(value);
    // Rounded to 64 bits first, 7.038531e-26 becomes a neighbour of its 32-bit number.
    // mutant: a float that was rounded twice does not come back
    let beside = [single, single.next_down(), single.next_up()];
    narrowed(value).or_else(|| beside.into_iter().find(|single| is_written_as(*single, value)))
}

#[expect(clippy::cast_possible_truncation, reason = "the callers compare the result")]
fn nearest(value: f64) -> f32 {
    value as f32
}

/// Tells whether a number in 32 bits has in JSON the text of a number in 64 bits. Each text is the
/// shortest that brings a number of its width back.
fn is_written_as(single: f32, value: f64) -> bool {
    let mut text = [0; MAX_FLOAT];
    let mut rest = &mut text[..];
    if serde_json::to_writer(&mut rest, &single).is_err() {
        return false;
    }
    let length = MAX_FLOAT - rest.len();
    let read = serde_json::from_slice::<f64>(&text[..length]);
    read.is_ok_and(|read| read.to_bits() == value.to_bits())
}

/// The size of a buffer for a `f32` in JSON, in bytes. Every `f32` is shorter.
const MAX_FLOAT: usize = 32;

/// Reads an integer that fits into a `T`. Otherwise, `Saturating` would make the nearest number of
/// it.
struct Whole<V, T>(V, PhantomData<T>);

impl<V, T> Whole<V, T> {
    fn new(visitor: V) -> Self {
        Self(visitor, PhantomData)
    }
}

impl<'de, V: Visitor<'de>, T: TryFrom<u64> + TryFrom<i64>> Visitor<'de> for Whole<V, T> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    #[inline]
    fn visit_u64<E: Error>(self, value: u64) -> Result<V::Value, E> {
        match T::try_from(value) {
            Ok(_) => self.0.visit_u64(value),
            Err(_) => Err(E::invalid_value(Unexpected::Unsigned(value), &self)),
        }
    }

    #[inline]
    fn visit_i64<E: Error>(self, value: i64) -> Result<V::Value, E> {
        match T::try_from(value) {
            Ok(_) => self.0.visit_i64(value),
            Err(_) => Err(E::invalid_value(Unexpected::Signed(value), &self)),
        }
    }
}

/// Reads an unsigned integer of 128 bits, from an integer of fewer bits or from its 16 bytes.
struct Wide<V>(V);

impl<'de, V: Visitor<'de>> Visitor<'de> for Wide<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an integer without a sign")
    }

    #[inline]
    fn visit_u64<E: Error>(self, value: u64) -> Result<V::Value, E> {
        self.0.visit_u128(value.into())
    }

    #[inline]
    fn visit_i64<E: Error>(self, value: i64) -> Result<V::Value, E> {
        let unsigned = u128::try_from(value);
        let unsigned = unsigned.map_err(|_| E::invalid_value(Unexpected::Signed(value), &self))?;
        self.0.visit_u128(unsigned)
    }

    #[inline]
    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<V::Value, E> {
        let bytes = bytes.try_into().map_err(|_| E::invalid_length(bytes.len(), &self))?;
        self.0.visit_u128(u128::from_be_bytes(bytes))
    }
}

impl<'de, S: DeserializeSeed<'de>, const JSON: bool> DeserializeSeed<'de> for Strict<S, JSON> {
    type Value = S::Value;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<S::Value, D::Error> {
        self.0.deserialize(Strict::<_, JSON>(value))
    }
}

impl<'de, A: SeqAccess<'de>, const JSON: bool> SeqAccess<'de> for Strict<A, JSON> {
    type Error = A::Error;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.0.next_element_seed(Strict::<_, JSON>(seed))
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: MapAccess<'de>, const JSON: bool> MapAccess<'de> for Strict<A, JSON> {
    type Error = A::Error;

    #[inline]
    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.0.next_key_seed(Strict::<_, JSON>(seed))
    }

    #[inline]
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.0.next_value_seed(Strict::<_, JSON>(seed))
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: EnumAccess<'de>, const JSON: bool> EnumAccess<'de> for Strict<A, JSON> {
    type Error = A::Error;
    type Variant = Strict<A::Variant, JSON>;

    #[inline]
    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self::Variant), A::Error> {
        let (name, variant) = self.0.variant_seed(Strict::<_, JSON>(seed))?;
        Ok((name, Strict(variant)))
    }
}

impl<'de, A: VariantAccess<'de>, const JSON: bool> VariantAccess<'de> for Strict<A, JSON> {
    type Error = A::Error;

    #[inline]
    fn unit_variant(self) -> Result<(), A::Error> {
        self.0.unit_variant()
    }

    #[inline]
    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.0.newtype_variant_seed(Strict::<_, JSON>(seed))
    }

    #[inline]
    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        self.0.tuple_variant(len, Strict::<_, JSON>(visitor))
    }

    #[inline]
    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        // mutant: a list is read as a variant with fields
        self.0.struct_variant(fields, Fields::<_, JSON>(visitor))
    }
}
