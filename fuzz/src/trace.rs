//! The oracle: what serde sees of a value, recorded without any code of the cache.
//!
//! Two values are two calls exactly if their traces differ. Integers are recorded with their kind, structs with
//! their name, and a list or map is sorted where the value's static type says that its
//! order means nothing: [`Marks`] says so, by address and type.

use crate::value::Value;
use serde::ser::{self, Serialize};
use std::any::type_name;
use std::collections::HashSet;
use std::fmt;

/// What serde sees of a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Trace {
    kind: &'static str,
    /// The name of a variant or field, or the text of a scalar.
    text: String,
    parts: Vec<Self>,
}

/// The parts of one value whose order means nothing.
#[derive(Debug, Default)]
pub struct Marks {
    parts: HashSet<(usize, &'static str)>,
    types: HashSet<&'static str>,
}

impl Marks {
    /// Marks a list or map.
    pub fn add<T>(&mut self, part: &T) {
        self.parts.insert((std::ptr::from_ref(part).addr(), type_name::<T>()));
        self.types.insert(type_name::<T>());
    }

    /// Lists and maps hand their elements to serde by a reference to a reference, which has an address of its own: its type is
    /// enough, for what attributes hide is no element.
    fn has<T: ?Sized>(&self, part: &T) -> bool {
        let address = std::ptr::from_ref(part).cast::<()>().addr();
        match type_name::<T>().strip_prefix('&') {
            Some(inside) => self.types.contains(inside.trim_start_matches('&')),
            None => self.parts.contains(&(address, type_name::<T>())),
        }
    }
}

/// Why a value has no key: a float is not finite, or its `Serialize` implementation fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoKey;

impl fmt::Display for NoKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no key")
    }
}

impl std::error::Error for NoKey {}

impl ser::Error for NoKey {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

impl Trace {
    /// Records a value.
    ///
    /// # Errors
    ///
    /// The value has no key.
    pub fn of<T: Value>(value: &T) -> Result<Self, NoKey> {
        let mut marks = Marks::default();
        value.mark(&mut marks);
        record(value, &marks)
    }

    /// Returns what serde sees if no list and no map has an order.
    #[must_use]
    pub fn without_order(mut self) -> Self {
        self.parts = self.parts.into_iter().map(Self::without_order).collect();
        match self.kind {
            "list" => self.parts.sort(),
            // Entries of one key keep their order.
            "map" => self.parts.sort_by(|one, other| one.parts[0].cmp(&other.parts[0])),
            _ => {}
        }
        self
    }

    /// Tells whether the value is shown as nothing at all.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        match self.kind {
            "none" | "unit" | "unit struct" => true,
            "newtype" => self.parts[0].is_absent(),
            _ => false,
        }
    }

    /// Tells whether there is a `Some` in it that holds nothing, which codecs write like `None`.
    #[must_use]
    pub fn has_nothing_in_some(&self) -> bool {
        (self.kind == "some" && self.parts[0].is_absent())
            || self.parts.iter().any(Self::has_nothing_in_some)
    }

    /// Returns a bound of the bytes that the in-process tier may take to ask for the value.
    #[must_use]
    pub fn weight(&self) -> usize {
        40 + 6 * self.text.len() + self.parts.iter().map(Self::weight).sum::<usize>()
    }

    fn new(kind: &'static str, text: impl Into<String>, parts: Vec<Self>) -> Self {
        Self { kind, text: text.into(), parts }
    }

    fn leaf(kind: &'static str, text: impl Into<String>) -> Self {
        Self::new(kind, text, Vec::new())
    }
}

fn record<T: Serialize + ?Sized>(value: &T, marks: &Marks) -> Result<Trace, NoKey> {
    value.serialize(Recorder { marks, sorts: marks.has(value) })
}

#[derive(Clone, Copy)]
struct Recorder<'a> {
    marks: &'a Marks,
    sorts: bool,
}

impl<'a> Recorder<'a> {
    fn float(kind: &'static str, bits: u64, is_finite: bool) -> Result<Trace, NoKey> {
        if is_finite { Ok(Trace::leaf(kind, bits.to_string())) } else { Err(NoKey) }
    }

    fn parts(self, kind: &'static str, text: &'static str) -> Parts<'a> {
        Parts { marks: self.marks, sorts: self.sorts, trace: Trace::leaf(kind, text), key: None }
    }
}

macro_rules! scalars {
    ($($method:ident: $type:ty),*) => {$(
        fn $method(self, value: $type) -> Result<Trace, NoKey> {
            Ok(Trace::leaf(stringify!($type), value.to_string()))
        }
    )*};
}

macro_rules! composites {
    ($($method:ident($($argument:ident: $type:ty),*) $(of $variant:ident)? is $kind:literal;)*) => {$(
        fn $method(self, $($argument: $type),*) -> Result<Parts<'a>, NoKey> {
            Ok(self.parts($kind, [$($variant,)? ""][0]))
        }
    )*};
}

impl<'a> ser::Serializer for Recorder<'a> {
    type Ok = Trace;
    type Error = NoKey;
    type SerializeSeq = Parts<'a>;
    type SerializeTuple = Parts<'a>;
    type SerializeTupleStruct = Parts<'a>;
    type SerializeTupleVariant = Parts<'a>;
    type SerializeMap = Parts<'a>;
    type SerializeStruct = Parts<'a>;
    type SerializeStructVariant = Parts<'a>;

    scalars! {
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_i128: i128, serialize_u8: u8, serialize_u16: u16, serialize_u32: u32,
        serialize_u64: u64, serialize_u128: u128, serialize_bool: bool, serialize_char: char,
        serialize_str: &str
    }

    composites! {
        serialize_seq(_len: Option<usize>) is "list";
        serialize_tuple(_len: usize) is "tuple";
        serialize_tuple_struct(name: &'static str, _len: usize) of name is "tuple struct";
        serialize_tuple_variant(_name: &'static str, _index: u32, variant: &'static str, _len: usize)
            of variant is "tuple variant";
        serialize_map(_len: Option<usize>) is "map";
        serialize_struct(name: &'static str, _len: usize) of name is "struct";
        serialize_struct_variant(_name: &'static str, _index: u32, variant: &'static str, _len: usize)
            of variant is "struct variant";
    }

    fn serialize_f32(self, value: f32) -> Result<Trace, NoKey> {
        Self::float("f32", u64::from(value.to_bits()), value.is_finite())
    }

    fn serialize_f64(self, value: f64) -> Result<Trace, NoKey> {
        Self::float("f64", value.to_bits(), value.is_finite())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<Trace, NoKey> {
        Ok(Trace::leaf("bytes", format!("{value:?}")))
    }

    fn serialize_none(self) -> Result<Trace, NoKey> {
        Ok(Trace::leaf("none", ""))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Trace, NoKey> {
        Ok(Trace::new("some", "", vec![record(value, self.marks)?]))
    }

    fn serialize_unit(self) -> Result<Trace, NoKey> {
        Ok(Trace::leaf("unit", ""))
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<Trace, NoKey> {
        Ok(Trace::leaf("unit struct", name))
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<Trace, NoKey> {
        Ok(Trace::leaf("unit variant", variant))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<Trace, NoKey> {
        Ok(Trace::new("newtype", name, vec![record(value, self.marks)?]))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Trace, NoKey> {
        Ok(Trace::new("newtype variant", variant, vec![record(value, self.marks)?]))
    }
}

struct Parts<'a> {
    marks: &'a Marks,
    sorts: bool,
    trace: Trace,
    key: Option<Trace>,
}

impl Parts<'_> {
    fn add<T: Serialize + ?Sized>(
        &mut self,
        name: Option<&'static str>,
        value: &T,
    ) -> Result<(), NoKey> {
        let part = record(value, self.marks)?;
        self.trace.parts.push(match name {
            None => part,
            Some(name) => Trace::new("field", name, vec![part]),
        });
        Ok(())
    }

    fn finish(mut self) -> Result<Trace, NoKey> {
        if self.sorts && matches!(self.trace.kind, "list" | "map") {
            self.trace.parts.sort();
            let mut pairs = self.trace.parts.windows(2);
            if self.trace.kind == "map" && pairs.any(|pair| has_one_key(&pair[0], &pair[1])) {
                return Err(NoKey);
            }
        }
        Ok(self.trace)
    }
}

/// Tells whether two entries of a map differ by their values alone.
fn has_one_key(one: &Trace, other: &Trace) -> bool {
    one.parts[0] == other.parts[0] && one.parts[1] != other.parts[1]
}

macro_rules! parts {
    ($($trait:ident $method:ident($($name:ident)?);)*) => {$(
        impl ser::$trait for Parts<'_> {
            type Ok = Trace;
            type Error = NoKey;

            fn $method<T: Serialize + ?Sized>(
                &mut self,
                $($name: &'static str,)?
                value: &T,
            ) -> Result<(), NoKey> {
                self.add([$(Some($name),)? None][0], value)
            }

            fn end(self) -> Result<Trace, NoKey> {
                self.finish()
            }
        }
    )*};
}

parts! {
    SerializeSeq serialize_element();
    SerializeTuple serialize_element();
    SerializeTupleStruct serialize_field();
    SerializeTupleVariant serialize_field();
    SerializeStruct serialize_field(name);
    SerializeStructVariant serialize_field(name);
}

impl ser::SerializeMap for Parts<'_> {
    type Ok = Trace;
    type Error = NoKey;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), NoKey> {
        self.key = Some(record(key, self.marks)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NoKey> {
        let key = self.key.take().ok_or(NoKey)?;
        let value = record(value, self.marks)?;
        self.trace.parts.push(Trace::new("entry", "", vec![key, value]));
        Ok(())
    }

    fn end(self) -> Result<Trace, NoKey> {
        self.finish()
    }
}
