//! Canonical JSON: the same value gives the same bytes, in every process and every language (KEYS.md).

use serde::ser::{self, Serialize};
use std::fmt::{self, Write as _};

/// Where canonical bytes go.
pub(crate) trait Sink {
    fn put(&mut self, bytes: &[u8]);

    fn put_byte(&mut self, byte: u8) {
        self.put(&[byte]);
    }

    /// Takes what is the whole of a placeholder's value, or a part of it.
    fn put_text(&mut self, text: &str) {
        self.put(text.as_bytes());
    }

    /// Takes a `None` or `()` that is the whole of a placeholder's value.
    fn put_absent(&mut self) {
        self.put(b"null");
    }
}

impl Sink for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }

    fn put_byte(&mut self, byte: u8) {
        self.push(byte);
    }
}

/// Why a value cannot be part of a key.
///
/// It says nothing of the value itself: arguments may be secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// A NaN or an infinity.
    NonFinite,
    /// An error of the value's own `Serialize` implementation.
    Custom,
    /// It was written differently a moment later.
    Unsteady,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NonFinite => "a float that is not finite has no place in a key",
            Self::Custom => "its Serialize implementation failed",
            Self::Unsteady => "it is written differently each time, or changed meanwhile",
        })
    }
}

impl std::error::Error for Refused {}

impl ser::Error for Refused {
    fn custom<T: fmt::Display>(_may_hold_the_value: T) -> Self {
        Self::Custom
    }
}

/// Whether the order of a list is part of its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Elements stay in the order in which they are given.
    AsGiven,
    /// Elements are sorted by their canonical bytes.
    Unordered,
}

/// Writes `value` canonically.
pub(crate) fn write<T: Serialize + ?Sized>(
    out: &mut impl Sink,
    value: &T,
    order: Order,
) -> Result<(), Refused> {
    value.serialize(Canonical { out, order, in_option: false, raw: false })
}

/// Writes `value` as a placeholder shows it: a string without quotes, anything else canonically.
pub(crate) fn write_raw<T: Serialize + ?Sized>(
    out: &mut impl Sink,
    value: &T,
) -> Result<(), Refused> {
    value.serialize(Canonical { out, order: Order::AsGiven, in_option: false, raw: true })
}

/// Writes a JSON string.
pub(crate) fn write_str(out: &mut impl Sink, text: &str) {
    out.put_byte(b'"');
    write_escaped(out, text);
    out.put_byte(b'"');
}

/// Writes the inside of a JSON string: only what must be escaped is.
pub(crate) fn write_escaped(out: &mut impl Sink, text: &str) {
    let mut rest = text.as_bytes();
    while let Some(at) = find_special(rest) {
        out.put(&rest[..at]);
        put_escape(out, rest[at]);
        rest = &rest[at + 1..];
    }
    out.put(rest);
}

/// Where the first byte stands that must be escaped. Eight are looked at together.
fn find_special(text: &[u8]) -> Option<usize> {
    let (words, tail) = text.as_chunks::<8>();
    let word = words.iter().position(|word| has_special(u64::from_le_bytes(*word)));
    let start = word.map_or(text.len() - tail.len(), |word| word * 8);
    text[start..].iter().position(|byte| is_special(*byte)).map(|at| start + at)
}

fn is_special(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// Whether one of eight bytes must be escaped. ("Determine if a word has a byte less than n", Anderson, "Bit Twiddling Hacks".)
fn has_special(word: u64) -> bool {
    const ONES: u64 = u64::MAX / 255;
    const HIGHS: u64 = ONES << 7;
    let below = |word: u64, byte: u8| word.wrapping_sub(ONES * u64::from(byte)) & !word & HIGHS;
    let equals = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    below(word, 0x20) | equals(b'"') | equals(b'\\') != 0
}

fn put_escape(out: &mut impl Sink, byte: u8) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    match byte {
        b'"' => out.put(b"\\\""),
        b'\\' => out.put(b"\\\\"),
        0x08 => out.put(b"\\b"),
        0x0c => out.put(b"\\f"),
        b'\n' => out.put(b"\\n"),
        b'\r' => out.put(b"\\r"),
        b'\t' => out.put(b"\\t"),
        _ => {
            let digits = [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]];
            out.put(b"\\u00");
            out.put(&digits);
        }
    }
}

struct Canonical<'a, S> {
    out: &'a mut S,
    order: Order,
    /// The value is the direct content of a `Some`: another option must not be mistaken for the outer one.
    in_option: bool,
    /// The value is the whole of a placeholder.
    raw: bool,
}

impl<'a, S: Sink> Canonical<'a, S> {
    fn child(out: &'a mut S) -> Self {
        Self { out, order: Order::AsGiven, in_option: false, raw: false }
    }

    fn float(self, number: impl fmt::LowerExp, finite: bool) -> Result<(), Refused> {
        if !finite {
            return Err(Refused::NonFinite);
        }
        let mut text = FloatText::default();
        // It cannot fail: 32 bytes hold the longest shortest form (24 bytes, `-2.2250738585072014e-308`).
        let _ = write!(text, "{number:e}");
        self.out.put(&text.bytes[..text.len]);
        Ok(())
    }

    fn nothing(self) {
        match (self.in_option, self.raw) {
            (true, _) => self.out.put(b"+null"),
            (false, true) => self.out.put_absent(),
            (false, false) => self.out.put(b"null"),
        }
    }

    fn list(self) -> List<'a, S> {
        List {
            out: self.out,
            order: self.order,
            items: Items::default(),
            started: false,
            close: b"]",
        }
    }

    fn object(self) -> Object<'a, S> {
        Object { out: self.out, entries: Items::default(), close: b"}" }
    }

    /// Opens `{"variant":` and gives what closes it.
    fn variant(&mut self, variant: &str) {
        self.out.put_byte(b'{');
        write_str(self.out, variant);
        self.out.put_byte(b':');
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

macro_rules! integers {
    ($($method:ident: $type:ty),*) => {$(
        fn $method(self, value: $type) -> Result<(), Refused> {
            self.out.put_text(itoa::Buffer::new().format(value));
            Ok(())
        }
    )*};
}

impl<'a, S: Sink> ser::Serializer for Canonical<'a, S> {
    type Ok = ();
    type Error = Refused;
    type SerializeSeq = List<'a, S>;
    type SerializeTuple = List<'a, S>;
    type SerializeTupleStruct = List<'a, S>;
    type SerializeTupleVariant = List<'a, S>;
    type SerializeMap = Object<'a, S>;
    type SerializeStruct = Object<'a, S>;
    type SerializeStructVariant = Object<'a, S>;

    integers! {
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_i128: i128,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_u128: u128
    }

    fn serialize_bool(self, value: bool) -> Result<(), Refused> {
        self.out.put(if value { b"true" } else { b"false" });
        Ok(())
    }

    fn serialize_f32(self, value: f32) -> Result<(), Refused> {
        self.float(value, value.is_finite())
    }

    fn serialize_f64(self, value: f64) -> Result<(), Refused> {
        self.float(value, value.is_finite())
    }

    fn serialize_char(self, value: char) -> Result<(), Refused> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), Refused> {
        if self.raw {
            self.out.put_text(value);
        } else {
            write_str(self.out, value);
        }
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Refused> {
        self.collect_seq(value)
    }

    fn serialize_none(self) -> Result<(), Refused> {
        self.nothing();
        Ok(())
    }

    fn serialize_unit(self) -> Result<(), Refused> {
        self.nothing();
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Refused> {
        self.nothing();
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Refused> {
        let Self { out, order, in_option, raw } = self;
        if !in_option {
            return value.serialize(Canonical { out, order, in_option: true, raw });
        }
        // No value begins with a plus: neither a list nor a `null` inside can be taken for this.
        out.put_byte(b'+');
        value.serialize(Canonical { out, order, in_option: true, raw: false })
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<(), Refused> {
        value.serialize(self)
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<(), Refused> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        mut self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Refused> {
        self.variant(variant);
        value.serialize(Canonical::child(&mut *self.out))?;
        self.out.put_byte(b'}');
        Ok(())
    }

    fn serialize_seq(self, _len: Option<usize>) -> Result<Self::SerializeSeq, Refused> {
        Ok(self.list())
    }

    fn serialize_tuple(self, _len: usize) -> Result<Self::SerializeTuple, Refused> {
        Ok(self.list())
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeTupleStruct, Refused> {
        Ok(self.list())
    }

    fn serialize_tuple_variant(
        mut self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeTupleVariant, Refused> {
        self.variant(variant);
        self.order = Order::AsGiven;
        Ok(List { close: b"]}", ..self.list() })
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<Self::SerializeMap, Refused> {
        Ok(self.object())
    }

    fn serialize_struct(
        self,
        _name: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeStruct, Refused> {
        Ok(self.object())
    }

    fn serialize_struct_variant(
        mut self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeStructVariant, Refused> {
        self.variant(variant);
        Ok(Object { close: b"}}", ..self.object() })
    }
}

/// Encoded pieces that must be sorted before they are written: one buffer, and where each piece ends.
#[derive(Default)]
struct Items {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Items {
    fn close_item(&mut self) {
        self.ends.push(self.bytes.len());
    }

    fn write_sorted(&self, out: &mut impl Sink) {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let mut items: Vec<&[u8]> =
            starts.zip(&self.ends).map(|(start, &end)| &self.bytes[start..end]).collect();
        items.sort_unstable();
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                out.put_byte(b',');
            }
            out.put(item);
        }
    }
}

/// A list, streamed when its order counts and gathered when it must be sorted.
pub(crate) struct List<'a, S> {
    out: &'a mut S,
    order: Order,
    items: Items,
    started: bool,
    close: &'static [u8],
}

impl<S: Sink> List<'_, S> {
    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        if self.order == Order::Unordered {
            value.serialize(Canonical::child(&mut self.items.bytes))?;
            self.items.close_item();
            return Ok(());
        }
        self.out.put_byte(if self.started { b',' } else { b'[' });
        self.started = true;
        value.serialize(Canonical::child(self.out))
    }

    fn finish(self) {
        if !self.started {
            self.out.put_byte(b'[');
        }
        self.items.write_sorted(self.out);
        self.out.put(self.close);
    }
}

/// An object; its entries are gathered, then sorted by their encoded bytes.
pub(crate) struct Object<'a, S> {
    out: &'a mut S,
    entries: Items,
    close: &'static [u8],
}

impl<S: Sink> Object<'_, S> {
    /// A key is written like any other value: as a string, `1` and `"1"` would be one key.
    fn key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Refused> {
        key.serialize(Canonical::child(&mut self.entries.bytes))?;
        self.entries.bytes.push(b':');
        Ok(())
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        value.serialize(Canonical::child(&mut self.entries.bytes))?;
        self.entries.close_item();
        Ok(())
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Refused> {
        write_str(&mut self.entries.bytes, name);
        self.entries.bytes.push(b':');
        self.value(value)
    }

    fn finish(self) {
        self.out.put_byte(b'{');
        self.entries.write_sorted(self.out);
        self.out.put(self.close);
    }
}

macro_rules! lists {
    ($($trait:ident $method:ident),*) => {$(
        impl<S: Sink> ser::$trait for List<'_, S> {
            type Ok = ();
            type Error = Refused;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
                self.item(value)
            }

            fn end(self) -> Result<(), Refused> {
                self.finish();
                Ok(())
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

macro_rules! objects {
    ($($trait:ident),*) => {$(
        impl<S: Sink> ser::$trait for Object<'_, S> {
            type Ok = ();
            type Error = Refused;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Refused> {
                self.field(name, value)
            }

            fn end(self) -> Result<(), Refused> {
                self.finish();
                Ok(())
            }
        }
    )*};
}

objects! { SerializeStruct, SerializeStructVariant }

impl<S: Sink> ser::SerializeMap for Object<'_, S> {
    type Ok = ();
    type Error = Refused;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Refused> {
        self.key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        self.value(value)
    }

    fn end(self) -> Result<(), Refused> {
        self.finish();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, HashMap};

    fn text<T: Serialize>(value: T) -> String {
        let mut out = Vec::new();
        write(&mut out, &value, Order::AsGiven).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[derive(serde::Serialize)]
    struct Point {
        y: i32,
        x: i32,
    }

    #[derive(serde::Serialize)]
    enum Shape {
        Unit,
        Newtype(Option<u8>),
        Tuple(u8, u8),
        Struct { b: bool, a: char },
    }

    #[test]
    fn fields_and_map_entries_are_sorted() {
        assert_eq!(text(Point { y: 1, x: 2 }), r#"{"x":2,"y":1}"#);
        let map: HashMap<_, _> = (0..12).map(|n| (n, None::<u8>)).collect();
        assert_eq!(
            text(map),
            "{0:null,10:null,11:null,1:null,2:null,3:null,4:null,5:null,6:null,7:null,8:null,9:null}"
        );
        assert_eq!(text(BTreeMap::from([((1, 2), 'a')])), r#"{[1,2]:"a"}"#);
        assert_eq!(text(BTreeMap::from([("a", 1), ("a!", 2)])), r#"{"a!":2,"a":1}"#);
    }

    #[test]
    fn integers_are_exact_and_floats_shortest() {
        assert_eq!(text(u128::MAX), "340282366920938463463374607431768211455");
        assert_eq!(text(i128::MIN), "-170141183460469231731687303715884105728");
        assert_eq!(text((0.1f64, 0.1f32, 1e21, -0.0, 1.0)), "[1e-1,1e-1,1e21,-0e0,1e0]");
        assert_eq!(text(-f64::MIN_POSITIVE), "-2.2250738585072014e-308");
    }

    #[test]
    fn map_keys_of_different_kinds_stay_apart() {
        let keys = [None, Some("null"), Some("1")];
        let texts = keys.map(|key| text(BTreeMap::from([(key, 1)])));
        assert_eq!(texts, [r"{null:1}", r#"{"null":1}"#, r#"{"1":1}"#]);
        assert_eq!(text(BTreeMap::from([(1, 1)])), "{1:1}");
    }

    #[test]
    fn options_in_options_stay_apart() {
        assert_eq!(text(None::<Option<u8>>), "null");
        assert_eq!(text(Some(None::<u8>)), "+null");
        assert_eq!(text(Some(Some(5))), "+5");
        assert_eq!(text(Some(Some(None::<u8>))), "++null");
        assert_eq!(text(Some(())), "+null");
        assert_eq!(text(Some(vec![()])), "[null]");
        assert_eq!(text(Some(vec![None, Some(1)])), "[null,1]");
    }

    #[test]
    fn enums_are_externally_tagged() {
        assert_eq!(text(Shape::Unit), r#""Unit""#);
        assert_eq!(text(Shape::Newtype(None)), r#"{"Newtype":null}"#);
        assert_eq!(text(Shape::Tuple(1, 2)), r#"{"Tuple":[1,2]}"#);
        assert_eq!(text(Shape::Struct { b: true, a: 'ß' }), r#"{"Struct":{"a":"ß","b":true}}"#);
    }

    #[test]
    fn what_must_be_escaped_is_found_wherever_it_stands() {
        for byte in 0..=127u8 {
            for (before, after) in [(0, 0), (3, 20), (8, 0), (13, 2), (17, 9)] {
                let text = [&vec![b'a'; before][..], &[byte], &vec![b'b'; after]].concat();
                let expected = is_special(byte).then_some(before);
                assert_eq!(find_special(&text), expected, "{byte} behind {before}");
            }
        }
        assert_eq!(find_special("ünïcödé, ünïcödé".as_bytes()), None);
    }

    #[test]
    fn strings_escape_only_what_they_must() {
        assert_eq!(text("a\"\\\n\u{1f}\u{7f}é/"), "\"a\\\"\\\\\\n\\u001f\u{7f}é/\"");
    }

    #[test]
    fn unordered_sorts_the_list_itself_and_no_list_inside() {
        let mut out = Vec::new();
        write(&mut out, &Some(vec![vec![3, 1], vec![2]]), Order::Unordered).unwrap();
        assert_eq!(out, b"[[2],[3,1]]");
        let mut empty = Vec::new();
        write(&mut empty, &Vec::<u8>::new(), Order::Unordered).unwrap();
        assert_eq!(empty, b"[]");
    }

    #[test]
    fn a_float_that_is_not_finite_is_refused() {
        let mut out = Vec::new();
        assert_eq!(write(&mut out, &[f64::NAN], Order::AsGiven), Err(Refused::NonFinite));
        assert_eq!(write(&mut out, &f32::INFINITY, Order::AsGiven), Err(Refused::NonFinite));
    }
}
