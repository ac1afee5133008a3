//! Writes canonical text: equal values give equal bytes, in every process and every language
//! (KEYS.md).
//!
//! Each of serde's kinds has a notation of its own, so that no value of one kind imitates a value
//! of another. The order of elements is kept, except in collections whose order is known to mean
//! nothing.

use super::escape::{write_escaped, write_str};
use super::gathered::{Gathered, Ties};
use super::hex;
use super::sink::Sink;
use super::unordered::{Paths, Unordered};
use crate::function::refused::Refused;
use crate::function::set::{is_called, is_integer, is_unordered};
use serde::ser::{self, Serialize};
use std::any::type_name;
use std::cell::Cell;
use std::fmt::{self, Write as _};
use std::mem;
use std::str::FromStr;

/// Writes the canonical text of `value`, which is hashed.
///
/// # Errors
///
/// Returns an error if the value has no place in a key, or lacks a field that `unordered` names.
pub(crate) fn write<T: Serialize + ?Sized>(
    out: &mut dyn Sink,
    value: &T,
    unordered: Unordered<'_>,
) -> Result<(), Refused> {
    let faults = Cell::new(None);
    let rules = Rules { is_readable: false, unordered, faults: &faults };
    let written = write_part(out, value, rules, Whole::No);
    // A `Serialize` may ignore an error and leave bytes that look complete.
    faults.get().map_or(written, Err)
}

/// Writes the readable text of `value`, for a placeholder: a string without quotes, or canonical
/// text for any other value.
///
/// Elements of lists and maps are sorted at every depth, and some kinds share a text. A program
/// that knows the value can thus write the text. The hash tells apart values that differ by order
/// or kind.
///
/// # Errors
///
/// Returns an error if the value has no place in a key.
pub(crate) fn write_readable<T: Serialize + ?Sized>(
    out: &mut dyn Sink,
    value: &T,
) -> Result<(), Refused> {
    let faults = Cell::new(None);
    // mutant: the readable part has an order
    let rules = Rules { is_readable: true, unordered: &[], faults: &faults };
    let written = write_part(out, value, rules, Whole::Value);
    faults.get().map_or(written, Err)
}

/// Writes a value or a part of one.
fn write_part<T: Serialize + ?Sized>(
    out: &mut dyn Sink,
    value: &T,
    rules: Rules<'_>,
    whole: Whole,
) -> Result<(), Refused> {
    let order = Order::of::<T>(rules.unordered.contains(&""));
    let written =
        value.serialize(Canonical { out, rules, order, whole, type_name: type_name::<T>() });
    written.map_err(|reason| rules.fail(reason))
}

/// The rules for a value and for all its parts.
#[derive(Clone, Copy)]
struct Rules<'a> {
    /// `true` if the text is for a placeholder. Lists and maps are then sorted at every depth, and
    /// numbers are written without their kind.
    is_readable: bool,
    /// The paths of `unordered(…)`, from this value on.
    unordered: Unordered<'a>,
    /// The first reason why the whole value has no place in a key.
    faults: &'a Cell<Option<Refused>>,
}

impl Rules<'_> {
    fn fail(&self, reason: Refused) -> Refused {
        let first = self.faults.get().unwrap_or(reason);
        // mutant: an error that was passed over is forgotten
        self.faults.set(Some(first));
        first
    }
}

/// The order of the elements in a list or map.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Kept,
    /// `unordered(…)` names the value, so that its elements are sorted.
    Asked,
    /// Values of the type are equal in any order, so that the elements are sorted.
    Meaningless,
}

impl Order {
    fn of<T: ?Sized>(is_asked: bool) -> Self {
        match (is_unordered::<T>(), is_asked) {
            (true, _) => Self::Meaningless,
            (false, true) => Self::Asked,
            (false, false) => Self::Kept,
        }
    }

    /// Returns the order of a value of the type `T` inside a newtype or `Some`.
    fn inside<T: ?Sized>(self) -> Self {
        Self::of::<T>(self == Self::Asked)
    }
}

/// The relation of a value to its placeholder.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whole {
    No,
    Value,
    /// The value is the content of a `Some` that is not shown.
    InSome,
}

/// The name of a struct and of its field. `serde_json` shows a number as this struct if a crate of
/// the program enables the feature `arbitrary_precision`.
const JSON_NUMBER: &str = "$serde_json::private::Number";

struct Canonical<'a> {
    out: &'a mut dyn Sink,
    rules: Rules<'a>,
    order: Order,
    whole: Whole,
    /// The name of the value's type. The value may serialize as a value of another type.
    type_name: &'static str,
}

impl<'a> Canonical<'a> {
    fn float(self, number: impl fmt::LowerExp, finite: bool, width: &[u8]) -> Result<(), Refused> {
        if !finite {
            return Err(self.rules.fail(Refused::NonFinite));
        }
        let mut text = FloatText::default();
        // The write cannot fail: 32 bytes hold the longest shortest form (24 bytes,
        // `-2.2250738585072014e-308`).
        let _ = write!(text, "{number:e}");
        self.out.put(&text.bytes[..text.len]);
        self.out.put(width);
        Ok(())
    }

    /// Writes an integer. If the value's type may show other kinds as well, such as an untagged
    /// enum, the integer's kind is written, too.
    fn integer(self, digits: &str, kind: &'static str) {
        // mutant: the fuzz: integers of all kinds look alike
        if self.rules.is_readable || is_integer(self.type_name) {
            return self.out.put_text(digits);
        }
        for piece in ["%", kind, "(", digits, ")"] {
            self.out.put(piece.as_bytes());
        }
    }

    /// Writes a number of `serde_json` as a program without `arbitrary_precision` does.
    fn json_number(self, digits: &str) -> Result<(), Refused> {
        if is_text_of::<u64>(digits) {
            self.integer(digits, "u64");
        } else if is_text_of::<i64>(digits) {
            self.integer(digits, "i64");
        } else if let Some(double) = json_double(digits) {
            return self.float(double, true, b"");
        } else {
            self.integer(digits, "number");
        }
        Ok(())
    }

    fn text(self, text: &str, quote: u8) {
        if self.whole != Whole::No {
            return self.out.put_text(text);
        }
        self.out.put_byte(quote);
        write_escaped(self.out, text);
        self.out.put_byte(quote);
    }

    /// Writes a value that has no content.
    fn absent(self, text: &[u8]) {
        match self.whole {
            Whole::Value => return self.out.put_absent(),
            Whole::InSome => self.out.put_byte(b'+'),
            Whole::No => {}
        }
        self.out.put(text);
    }

    /// Writes the name of a variant: `@"Variant"`.
    fn variant(&mut self, variant: &str) {
        self.out.put_byte(b'@');
        write_str(self.out, variant);
        (self.whole, self.order) = (Whole::No, Order::Kept);
    }

    /// Writes the name of a struct, `%"Struct"`, if the value's type may show other structs as
    /// well.
    fn struct_name(&mut self, name: &str) {
        // mutant: the fuzz: structs of all names look alike
        if !self.rules.is_readable && !is_called(self.type_name, name) {
            self.out.put_byte(b'%');
            write_str(self.out, name);
        }
    }

    /// Writes the content of a newtype or a `Some`, and then `close`.
    fn content<T: Serialize + ?Sized>(self, value: &T, close: &[u8]) -> Result<(), Refused> {
        let Self { out, rules, order, whole, .. } = self;
        let (order, type_name) = (order.inside::<T>(), type_name::<T>());
        let written = value.serialize(Canonical { out: &mut *out, rules, order, whole, type_name });
        out.put(close);
        written.map_err(|reason| rules.fail(reason))
    }

    fn parts(self, kind: Kind) -> Parts<'a> {
        // mutant: every map is sorted
        // mutant: the fuzz: the readable part has an order
        let sorts_all = self.rules.is_readable && matches!(kind, Kind::List | Kind::Map);
        let order = if kind.has_order() { self.order } else { Order::Kept };
        let sorts = sorts_all || order != Order::Kept;
        self.out.put(if self.rules.is_readable { kind.readable().opens() } else { kind.opens() });
        Parts {
            out: self.out,
            rules: self.rules,
            kind,
            order,
            gathered: sorts.then(Gathered::default),
            count: 0,
            is_key_open: false,
            name: Vec::new(),
            inside: Paths::from(self.rules.unordered),
        }
    }
}

#[derive(Default)]
struct FloatText {
    bytes: [u8; 32],
    len: usize,
}

impl fmt::Write for FloatText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len + text.len();
        self.bytes.get_mut(self.len..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}

/// Tells whether `digits` is the text that the number itself would be written as.
fn is_text_of<T: FromStr + ToString>(digits: &str) -> bool {
    digits.parse().is_ok_and(|number: T| number.to_string() == digits)
}

/// Reads digits as a float if `serde_json` writes exactly these digits for it.
fn json_double(digits: &str) -> Option<f64> {
    let double: f64 = digits.parse().ok().filter(|double: &f64| double.is_finite())?;
    serde_json::to_string(&double).is_ok_and(|text| text == digits).then_some(double)
}

macro_rules! integers {
    ($($method:ident: $type:ty),*) => {$(
        fn $method(self, value: $type) -> Result<(), Refused> {
            self.integer(itoa::Buffer::new().format(value), stringify!($type));
            Ok(())
        }
    )*};
}

macro_rules! parts {
    ($($method:ident($($argument:ident: $type:ty),*) $(with $write:ident($name:ident))? as $kind:ident;)*) => {$(
        fn $method(self, $($argument: $type),*) -> Result<Parts<'a>, Refused> {
            #[allow(unused_mut, reason = "some kinds have no name")]
            let mut this = self;
            $(this.$write($name);)?
            Ok(this.parts(Kind::$kind))
        }
    )*};
}

impl<'a> ser::Serializer for Canonical<'a> {
    type Ok = ();
    type Error = Refused;
    type SerializeSeq = Parts<'a>;
    type SerializeTuple = Parts<'a>;
    type SerializeTupleStruct = Parts<'a>;
    type SerializeTupleVariant = Parts<'a>;
    type SerializeMap = Parts<'a>;
    type SerializeStruct = Parts<'a>;
    type SerializeStructVariant = Parts<'a>;

    integers! {
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_i128: i128,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_u128: u128
    }

    parts! {
        serialize_seq(_len: Option<usize>) as List;
        serialize_tuple(_len: usize) as Tuple;
        serialize_tuple_struct(name: &'static str, _len: usize) with struct_name(name) as TupleStruct;
        serialize_tuple_variant(_type: &'static str, _index: u32, name: &'static str, _len: usize) with variant(name) as TupleVariant;
        serialize_map(_len: Option<usize>) as Map;
        serialize_struct_variant(_type: &'static str, _index: u32, name: &'static str, _len: usize) with variant(name) as Struct;
    }

    fn serialize_struct(mut self, name: &'static str, _len: usize) -> Result<Parts<'a>, Refused> {
        // mutant: a number of JSON has a key for each feature of serde_json
        if name == JSON_NUMBER {
            return Ok(self.parts(Kind::JsonNumber));
        }
        self.struct_name(name);
        Ok(self.parts(Kind::Struct))
    }

    fn serialize_bool(self, value: bool) -> Result<(), Refused> {
        self.out.put(if value { b"true" } else { b"false" });
        Ok(())
    }

    fn serialize_f32(self, value: f32) -> Result<(), Refused> {
        // mutant: the fuzz: a float of 32 bits looks like one of 64
        self.float(value, value.is_finite(), b"f")
    }

    fn serialize_f64(self, value: f64) -> Result<(), Refused> {
        self.float(value, value.is_finite(), b"")
    }

    fn serialize_char(self, value: char) -> Result<(), Refused> {
        // mutant: a character looks like a string
        // mutant: the fuzz: a character looks like a string
        self.text(value.encode_utf8(&mut [0; 4]), b'\'');
        Ok(())
    }

    fn serialize_str(self, value: &str) -> Result<(), Refused> {
        if self.type_name == JSON_NUMBER {
            return self.json_number(value);
        }
        self.text(value, b'"');
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Refused> {
        self.out.put(b"x\"");
        for chunk in value.chunks(64) {
            let mut digits = String::with_capacity(128);
            hex::push(&mut digits, chunk);
            self.out.put(digits.as_bytes());
        }
        self.out.put(b"\"");
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Refused> {
        self.absent(b"null");
        Ok(())
    }

    fn serialize_unit(self) -> Result<(), Refused> {
        self.absent(b"_");
        Ok(())
    }

    fn serialize_unit_struct(mut self, name: &'static str) -> Result<(), Refused> {
        self.struct_name(name);
        let text: &[u8] = if self.rules.is_readable { b"_" } else { b"<>" };
        self.absent(text);
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Refused> {
        let whole = match self.whole {
            Whole::Value => Whole::InSome,
            Whole::InSome => {
                self.out.put(b"++");
                Whole::No
            }
            // mutant: the fuzz: a `Some` looks like what is in it
            Whole::No => {
                // mutant: nested options look alike
                self.out.put(b"+");
                Whole::No
            }
        };
        Self { whole, ..self }.content(value, b"")
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Refused> {
        if self.whole != Whole::No {
            return self.content(value, b"");
        }
        self.struct_name(name);
        // mutant: the fuzz: a newtype looks like what is in it
        self.out.put_byte(b'<');
        self.content(value, b">")
    }

    fn serialize_unit_variant(
        mut self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<(), Refused> {
        match self.whole {
            Whole::No => self.variant(variant),
            Whole::Value | Whole::InSome => self.out.put_text(variant),
        }
        Ok(())
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        mut self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Refused> {
        self.variant(variant);
        self.out.put_byte(b'(');
        self.content(value, b")")
    }
}

/// The kinds of values that have parts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    List,
    Tuple,
    TupleStruct,
    TupleVariant,
    Struct,
    JsonNumber,
    Map,
}

impl Kind {
    /// Tells whether the parts may be sorted. Elements and entries may be, and fields of a variant
    /// or struct may not.
    fn has_order(self) -> bool {
        !matches!(self, Self::TupleVariant | Self::Struct | Self::JsonNumber)
    }

    /// Returns the kind whose brackets a placeholder shows.
    fn readable(self) -> Self {
        if self == Self::TupleStruct { Self::Tuple } else { self }
    }

    fn opens(self) -> &'static [u8] {
        match self {
            Self::List | Self::TupleVariant => b"[",
            Self::Tuple => b"(",
            Self::TupleStruct => b"!(",
            Self::Struct => b"{",
            Self::JsonNumber => b"",
            Self::Map => b"#{",
        }
    }

    fn closes(self) -> &'static [u8] {
        match self {
            Self::List | Self::TupleVariant => b"]",
            Self::Tuple | Self::TupleStruct => b")",
            Self::JsonNumber => b"",
            Self::Struct | Self::Map => b"}",
        }
    }
}

/// The parts of a value. Parts are streamed if their order counts, and gathered if they must be
/// sorted.
struct Parts<'a> {
    out: &'a mut dyn Sink,
    rules: Rules<'a>,
    kind: Kind,
    order: Order,
    gathered: Option<Gathered>,
    /// The number of parts so far.
    count: usize,
    /// `true` while the last key of a map has no value yet.
    is_key_open: bool,
    /// The last key of a map, written only if `unordered(…)` may name it.
    name: Vec<u8>,
    inside: Paths<'a>,
}

impl Parts<'_> {
    /// Begins a part, and returns the sink that the part is written to.
    fn begin(&mut self) -> &mut dyn Sink {
        let is_first = self.count == 0;
        self.count += 1;
        if let Some(gathered) = &mut self.gathered {
            return gathered.out();
        }
        if !is_first {
            self.out.put_byte(b',');
        }
        &mut *self.out
    }

    /// Writes the value of a part, and ends the part.
    fn value<T: Serialize + ?Sized>(
        &mut self,
        value: &T,
        unordered: Unordered<'_>,
    ) -> Result<(), Refused> {
        let rules = Rules { unordered, ..self.rules };
        match &mut self.gathered {
            None => write_part(&mut *self.out, value, rules, Whole::No),
            Some(gathered) => {
                let written = write_part(gathered.out(), value, rules, Whole::No);
                gathered.close();
                written
            }
        }
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        let paths = match self.kind {
            Kind::List => self.inside.inside_elements(),
            _ => self.inside.inside(itoa::Buffer::new().format(self.count)),
        };
        self.begin();
        self.value(value, &paths)
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Refused> {
        if self.kind == Kind::JsonNumber {
            return self.json_number(value);
        }
        let out = self.begin();
        write_str(out, name);
        out.put_byte(b':');
        let paths = self.inside.inside(name);
        self.value(value, &paths)
    }

    /// Writes the digits of a number of `serde_json`, which stand in a field.
    fn json_number<T: Serialize + ?Sized>(&mut self, digits: &T) -> Result<(), Refused> {
        digits.serialize(Canonical {
            out: &mut *self.out,
            rules: self.rules,
            order: Order::Kept,
            whole: Whole::No,
            type_name: JSON_NUMBER,
        })
    }

    /// Writes the key of an entry like any other value. Written as a string, `1` and `"1"` would be
    /// one key.
    fn key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Refused> {
        if mem::replace(&mut self.is_key_open, true) {
            return Err(self.rules.fail(Refused::Custom));
        }
        let rules = Rules { unordered: &[], ..self.rules };
        write_part(self.begin(), key, rules, Whole::No)?;
        match &mut self.gathered {
            Some(gathered) => gathered.close_key(),
            None => self.out.put_byte(b':'),
        }
        if !self.inside.is_empty() {
            self.name.clear();
            write_part(&mut self.name, key, rules, Whole::Value)?;
        }
        Ok(())
    }

    fn entry<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        if !mem::take(&mut self.is_key_open) {
            return Err(self.rules.fail(Refused::Custom));
        }
        let paths = match str::from_utf8(&self.name) {
            Ok(name) if !self.inside.is_empty() => self.inside.inside(name),
            _ => Vec::new(),
        };
        self.value(value, &paths)
    }

    fn finish(self) -> Result<(), Refused> {
        if self.is_key_open {
            return Err(self.rules.fail(Refused::Custom));
        }
        // A path into a list continues in each of the elements.
        if self.kind != Kind::List && self.inside.has_unmet() {
            return Err(self.rules.fail(Refused::NoSuchField));
        }
        if let Some(gathered) = &self.gathered {
            let written = gathered.write_sorted(self.ties(), &mut *self.out);
            written.map_err(|reason| self.rules.fail(reason))?;
        }
        self.out.put(self.kind.closes());
        Ok(())
    }

    /// Returns the rule for entries whose keys have one text.
    fn ties(&self) -> Ties {
        match self.order {
            // If elements are sorted at every depth, two keys of a map may have one text.
            _ if self.rules.is_readable => Ties::ByValue,
            // mutant: a map that hides which key has which value has a key
            Order::Meaningless => Ties::Refuse,
            Order::Asked | Order::Kept => Ties::KeepOrder,
        }
    }
}

macro_rules! lists {
    ($($trait:ident $method:ident),*) => {$(
        impl ser::$trait for Parts<'_> {
            type Ok = ();
            type Error = Refused;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
                self.element(value)
            }

            fn end(self) -> Result<(), Refused> {
                self.finish()
            }
        }
    )*};
}

lists! {
    SerializeSeq serialize_element,
    SerializeTuple serialize_element,
    SerializeTupleStruct serialize_field,
    SerializeTupleVariant serialize_field
}

macro_rules! structs {
    ($($trait:ident),*) => {$(
        impl ser::$trait for Parts<'_> {
            type Ok = ();
            type Error = Refused;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Refused> {
                self.field(name, value)
            }

            fn skip_field(&mut self, name: &'static str) -> Result<(), Refused> {
                // The field exists although this value leaves it out.
                self.inside.inside(name);
                Ok(())
            }

            fn end(self) -> Result<(), Refused> {
                self.finish()
            }
        }
    )*};
}

structs! { SerializeStruct, SerializeStructVariant }

impl ser::SerializeMap for Parts<'_> {
    type Ok = ();
    type Error = Refused;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Refused> {
        self.key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        self.entry(value)
    }

    fn end(self) -> Result<(), Refused> {
        self.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Serializer;
    use serde::ser::{SerializeMap, SerializeSeq, SerializeStruct};
    use std::collections::{BTreeMap, HashMap, HashSet};

    fn text<T: Serialize>(value: T) -> String {
        unordered(&value, &[])
    }

    fn unordered<T: Serialize>(value: &T, paths: Unordered<'_>) -> String {
        let mut out = Vec::new();
        write(&mut out, value, paths).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn refusal<T: Serialize>(value: &T, paths: Unordered<'_>) -> Option<Refused> {
        write(&mut Vec::new(), value, paths).err()
    }

    #[derive(serde::Serialize)]
    struct Point {
        y: i32,
        x: i32,
    }

    #[derive(serde::Serialize)]
    struct Meters(u8);

    #[derive(serde::Serialize)]
    enum Shape {
        Unit,
        Newtype(Option<u8>),
        Tuple(u8, u8),
        Struct { b: bool, a: char },
    }

    #[test]
    fn a_map_that_is_equal_in_any_order_is_sorted_and_a_struct_is_not() {
        assert_eq!(text(Point { y: 1, x: 2 }), r#"{"y":1,"x":2}"#);
        let map: HashMap<_, _> = (0..12).map(|n| (n, None::<u8>)).collect();
        assert_eq!(
            text(map),
            "#{0:null,1:null,10:null,11:null,2:null,3:null,4:null,5:null,6:null,7:null,8:null,9:null}"
        );
        assert_eq!(text(BTreeMap::from([((1, 2), 'a')])), "#{(1,2):'a'}");
        assert_eq!(text(BTreeMap::from([("a", 1), ("a!", 2)])), r#"#{"a!":2,"a":1}"#);
    }

    #[test]
    fn integers_are_exact_and_floats_shortest() {
        assert_eq!(text(u128::MAX), "340282366920938463463374607431768211455");
        assert_eq!(text(i128::MIN), "-170141183460469231731687303715884105728");
        assert_eq!(text((0.1f64, 0.1f32, 1e21, -0.0, 1.0)), "(1e-1,1e-1f,1e21,-0e0,1e0)");
        assert_eq!(text(-f64::MIN_POSITIVE), "-2.2250738585072014e-308");
    }

    #[test]
    fn map_keys_of_different_kinds_stay_apart() {
        let keys = [None, Some("null"), Some("1")];
        let texts = keys.map(|key| text(BTreeMap::from([(key, 1)])));
        assert_eq!(texts, ["#{null:1}", r#"#{+"null":1}"#, r#"#{+"1":1}"#]);
        assert_eq!(text(BTreeMap::from([(1, 1)])), "#{1:1}");
    }

    #[test]
    fn every_kind_is_written_in_a_way_of_its_own() {
        assert_eq!(text(None::<Option<u8>>), "null");
        assert_eq!(text(Some(None::<u8>)), "+null");
        assert_eq!(text(Some(Some(5))), "++5");
        assert_eq!(text(Some(())), "+_");
        assert_eq!(text(Some(vec![None, Some(1)])), "+[null,+1]");
        assert_eq!(text(("a", 'a', true)), r#"("a",'a',true)"#);
        assert_eq!(text(Meters(1)), "<1>");
        assert_eq!(text(serde_bytes(&[0, 255])), r#"x"00ff""#);
        assert_eq!(text(Shape::Unit), r#"@"Unit""#);
        assert_eq!(text(Shape::Newtype(None)), r#"@"Newtype"(null)"#);
        assert_eq!(text(Shape::Tuple(1, 2)), r#"@"Tuple"[1,2]"#);
        assert_eq!(text(Shape::Struct { b: true, a: 'ß' }), r#"@"Struct"{"b":true,"a":'ß'}"#);
    }

    #[derive(serde::Serialize)]
    struct Feet(u8);

    #[derive(serde::Serialize)]
    struct Pair(u8, u8);

    #[derive(serde::Serialize)]
    struct Nothing;

    /// A type that shows each of serde's kinds as its own.
    #[derive(serde::Serialize)]
    #[serde(untagged)]
    enum Any {
        Byte(u8),
        Id(u64),
        Offset(i64),
        Meters(Meters),
        Feet(Feet),
        Two(u8, u8),
        Pair(Pair),
        Nothing(Nothing),
        Unit(()),
        Point(Point),
    }

    #[test]
    fn a_type_that_shows_several_kinds_says_which_one() {
        assert_eq!(text([Any::Byte(5), Any::Id(5), Any::Offset(5)]), "(%u8(5),%u64(5),%i64(5))");
        let units = [Any::Meters(Meters(1)), Any::Feet(Feet(1))];
        assert_eq!(text(units), r#"(%"Meters"<1>,%"Feet"<1>)"#);
        assert_eq!(text([Any::Two(1, 2), Any::Pair(Pair(1, 2))]), r#"((1,2),%"Pair"!(1,2))"#);
        assert_eq!(text([Any::Unit(()), Any::Nothing(Nothing)]), r#"(_,%"Nothing"<>)"#);
        assert_eq!(text(Any::Point(Point { y: 1, x: 2 })), r#"%"Point"{"y":1,"x":2}"#);
        assert_eq!(text((Box::new(5u8), std::num::NonZeroU8::MIN)), "(5,1)");
    }

    #[test]
    fn what_a_placeholder_shows_is_without_kinds() {
        let mut shown = Vec::new();
        write_readable(&mut shown, &[Any::Id(5), Any::Pair(Pair(1, 2)), Any::Nothing(Nothing)])
            .unwrap();
        assert_eq!(shown, b"(5,(1,2),_)");
    }

    /// Shows a number as `serde_json::Value` does in a program with `arbitrary_precision`.
    struct Precise(&'static str);

    impl Serialize for Precise {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut number = serializer.serialize_struct(JSON_NUMBER, 1)?;
            number.serialize_field(JSON_NUMBER, self.0)?;
            number.end()
        }
    }

    #[test]
    fn a_number_of_json_has_one_text_whatever_features_serde_json_has() {
        for digits in ["0", "5", "-5", "18446744073709551615", "0.1", "1.5e+300", "-0.0", "1e-7"] {
            let value: serde_json::Value = serde_json::from_str(digits).unwrap();
            assert_eq!(text(Precise(digits)), text(value), "{digits}");
        }
        assert_eq!(text(Precise("0.10")), "%number(0.10)");
        assert_eq!(text(Precise("18446744073709551616")), "%number(18446744073709551616)");
        let list = [Precise("1"), Precise("2")];
        assert_eq!(text(list), "(%u64(1),%u64(2))");
    }

    /// A key type of which two different values may be written alike.
    #[derive(PartialEq, Eq, Hash, serde::Serialize)]
    struct Secret {
        #[serde(skip)]
        id: u8,
    }

    #[test]
    fn a_map_that_does_not_show_which_key_has_which_value_is_refused() {
        let map = |values: [u8; 2]| {
            HashMap::from([1, 2].map(|id| (Secret { id }, values[usize::from(id) - 1])))
        };
        assert_eq!(refusal(&map([1, 2]), &[]), Some(Refused::AmbiguousMap));
        assert_eq!(refusal(&map([1, 1]), &[]), None);
    }

    struct Bytes<'a>(&'a [u8]);

    impl Serialize for Bytes<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_bytes(self.0)
        }
    }

    fn serde_bytes(bytes: &[u8]) -> Bytes<'_> {
        Bytes(bytes)
    }

    #[derive(serde::Serialize)]
    struct Filter {
        tags: HashSet<&'static str>,
        limits: Option<HashMap<u8, Vec<u8>>>,
        order: Vec<u8>,
    }

    #[test]
    fn collections_inside_are_sorted_where_their_type_is_equal_in_any_order() {
        let filter = Filter {
            tags: HashSet::from(["b", "a", "c"]),
            limits: Some(HashMap::from([(2, vec![2, 1]), (1, vec![])])),
            order: vec![2, 1],
        };
        let expected = r#"{"tags":["a","b","c"],"limits":+#{1:[],2:[2,1]},"order":[2,1]}"#;
        assert_eq!(text(&filter), expected);
        let sorted = r#"{"tags":["a","b","c"],"limits":+#{1:[],2:[2,1]},"order":[1,2]}"#;
        assert_eq!(unordered(&filter, &["order"]), sorted);
        assert_eq!(
            unordered(&(vec![2, 1], filter), &["0", "1.order"]),
            format!("([1,2],{sorted})")
        );
    }

    #[test]
    fn unordered_sorts_the_list_itself_and_no_list_inside() {
        assert_eq!(unordered(&Some(vec![vec![3, 1], vec![2]]), &[""]), "+[[2],[3,1]]");
        assert_eq!(unordered(&Vec::<u8>::new(), &[""]), "[]");
        assert_eq!(refusal(&Point { y: 1, x: 2 }, &["z"]), Some(Refused::NoSuchField));
        assert_eq!(refusal(&None::<Point>, &["z"]), None);
    }

    /// A map whose order may mean something, in which a name may repeat.
    struct Pairs(Vec<(&'static str, u8)>);

    impl Serialize for Pairs {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map(self.0.iter().copied())
        }
    }

    #[test]
    fn a_map_of_another_type_keeps_its_order() {
        let pairs = Pairs(vec![("b", 2), ("a", 9), ("b", 1)]);
        assert_eq!(text(&pairs), r#"#{"b":2,"a":9,"b":1}"#);
        assert_eq!(unordered(&pairs, &[""]), r#"#{"a":9,"b":2,"b":1}"#);
    }

    /// Leaves a key without a value, or ignores the error of a part that cannot be written.
    enum Careless {
        Key,
        Value,
        Element,
    }

    impl Serialize for Careless {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            if let Self::Element = self {
                let mut list = serializer.serialize_seq(None)?;
                _ = list.serialize_element(&f64::NAN);
                return list.end();
            }
            let mut map = serializer.serialize_map(None)?;
            match self {
                Self::Key => map.serialize_key("a")?,
                Self::Value | Self::Element => map.serialize_value("a")?,
            }
            map.end()
        }
    }

    #[test]
    fn a_careless_implementation_yields_no_key() {
        assert_eq!(refusal(&Careless::Key, &[]), Some(Refused::Custom));
        assert_eq!(refusal(&[Careless::Value], &[]), Some(Refused::Custom));
        assert_eq!(refusal(&Some(Careless::Element), &[]), Some(Refused::NonFinite));
    }

    #[test]
    fn a_float_that_is_not_finite_is_refused() {
        assert_eq!(refusal(&[f64::NAN], &[]), Some(Refused::NonFinite));
        assert_eq!(refusal(&f32::INFINITY, &[]), Some(Refused::NonFinite));
    }
}
