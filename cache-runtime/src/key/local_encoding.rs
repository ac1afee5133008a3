//! Writes arguments quickly, as bytes of a [`LocalKey`](super::local_key::LocalKey).
//!
//! Equal bytes mean equal arguments. Each value states its kind and its end, so that no two values
//! of one type are written alike, nor two lists of them. Names of fields and variants are written
//! as their addresses, because they are constants of the program. If equal values are written in
//! two ways, the tier merely misses once more.

use super::buffer::{MAX_LOCAL_KEY, Out, Unfit};
use super::canonical;
use super::sink::Sink;
use super::unordered::Unordered;
use crate::function::set::is_unordered;
use serde::Serialize;
use serde::ser::{self, Error as _};

/// The byte in front of a value, or at the end of several values.
#[derive(Clone, Copy)]
enum Kind {
    End,
    Field,
    None,
    Unit,
    UnitStruct,
    Some,
    Newtype,
    Bool,
    I8,
    I16,
    I32,
    I64,
    I128,
    U8,
    U16,
    U32,
    U64,
    U128,
    Float,
    Double,
    Text,
    Char,
    Bytes,
    List,
    Tuple,
    TupleStruct,
    Struct,
    UnitVariant,
    NewtypeVariant,
    TupleVariant,
    StructVariant,
    Canonical,
}

/// Appends one value.
pub(super) fn write<T: Serialize + ?Sized>(out: &mut Out, value: &T) -> Result<(), Unfit> {
    let written = Plain(&mut *out).value(value);
    out.end(written)
}

/// Appends the canonical text of one value.
pub(super) fn write_canonically<T: Serialize + ?Sized>(
    out: &mut Out,
    value: &T,
    unordered: Unordered<'_>,
) -> Result<(), Unfit> {
    let mut text = Short::default();
    canonical::write(&mut text, value, unordered).map_err(Unfit::custom)?;
    if text.is_cut {
        return Err(Unfit::Refused);
    }
    let written = Plain(out).run(Kind::Canonical, &text.bytes);
    out.end(written)
}

/// Canonical text up to [`MAX_LOCAL_KEY`] bytes.
#[derive(Default)]
struct Short {
    bytes: Vec<u8>,
    is_cut: bool,
}

impl Sink for Short {
    fn put(&mut self, bytes: &[u8]) {
        self.is_cut |= self.bytes.len() + bytes.len() > MAX_LOCAL_KEY;
        if !self.is_cut {
            self.bytes.extend_from_slice(bytes);
        }
    }
}

struct Plain<'a>(&'a mut Out);

impl<'a> Plain<'a> {
    /// Writes a value or a part of one. Collections that are equal in any order are refused: only
    /// the canonical text sorts them.
    fn value<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Unfit> {
        if is_unordered::<T>() {
            return Err(self.0.fail(Unfit::Unordered));
        }
        value.serialize(self)
    }

    fn put(self, bytes: &[u8]) -> Result<(), Unfit> {
        self.0.put(bytes)
    }

    fn kind(self, kind: Kind) -> Result<(), Unfit> {
        self.put(&[kind as u8])
    }

    /// Writes a value of constant length in one piece, which the compiler copies without a call.
    fn fixed<const N: usize, const M: usize>(
        self,
        kind: Kind,
        bytes: [u8; N],
    ) -> Result<(), Unfit> {
        let mut piece = [kind as u8; M];
        piece[1..].copy_from_slice(&bytes);
        self.put(&piece)
    }

    /// Writes a length and a run of bytes.
    fn run(self, kind: Kind, bytes: &[u8]) -> Result<(), Unfit> {
        let length = u32::try_from(bytes.len()).map_err(|_| self.0.fail(Unfit::Refused))?;
        Plain(&mut *self.0).fixed::<4, 5>(kind, length.to_ne_bytes())?;
        self.put(bytes)
    }

    /// Writes the address and length of a name that is a constant of the program.
    fn name(self, kind: Kind, name: &'static str) -> Result<(), Unfit> {
        let mut piece = [kind as u8; 17];
        piece[1..9].copy_from_slice(&(name.as_ptr().addr() as u64).to_ne_bytes());
        piece[9..].copy_from_slice(&(name.len() as u64).to_ne_bytes());
        self.put(&piece)
    }

    fn parts(self, kind: Kind) -> Result<Parts<'a>, Unfit> {
        Plain(&mut *self.0).kind(kind)?;
        Ok(Parts(self.0))
    }

    fn named(self, kind: Kind, name: &'static str) -> Result<Parts<'a>, Unfit> {
        Plain(&mut *self.0).name(kind, name)?;
        Ok(Parts(self.0))
    }
}

macro_rules! numbers {
    ($($method:ident($type:ty) as $wide:ty: $kind:ident $n:literal $m:literal;)*) => {$(
        fn $method(self, value: $type) -> Result<(), Unfit> {
            self.fixed::<$n, $m>(Kind::$kind, <$wide>::from(value).to_ne_bytes())
        }
    )*};
}

impl<'a> ser::Serializer for Plain<'a> {
    type Ok = ();
    type Error = Unfit;
    type SerializeSeq = Parts<'a>;
    type SerializeTuple = Parts<'a>;
    type SerializeTupleStruct = Parts<'a>;
    type SerializeTupleVariant = Parts<'a>;
    type SerializeMap = ser::Impossible<(), Unfit>;
    type SerializeStruct = Parts<'a>;
    type SerializeStructVariant = Parts<'a>;

    numbers! {
        serialize_i8(i8) as i64: I8 8 9;
        serialize_i16(i16) as i64: I16 8 9;
        serialize_i32(i32) as i64: I32 8 9;
        serialize_i64(i64) as i64: I64 8 9;
        serialize_i128(i128) as i128: I128 16 17;
        // mutant: the fuzz: in process integers of all widths look alike
        serialize_u8(u8) as u64: U8 8 9;
        serialize_u16(u16) as u64: U16 8 9;
        serialize_u32(u32) as u64: U32 8 9;
        serialize_u64(u64) as u64: U64 8 9;
        serialize_u128(u128) as u128: U128 16 17;
    }

    fn serialize_bool(self, value: bool) -> Result<(), Unfit> {
        self.put(&[Kind::Bool as u8, u8::from(value)])
    }

    fn serialize_f32(self, value: f32) -> Result<(), Unfit> {
        if value.is_finite() {
            return self.fixed::<4, 5>(Kind::Float, value.to_bits().to_ne_bytes());
        }
        Err(self.0.fail(Unfit::Refused))
    }

    fn serialize_f64(self, value: f64) -> Result<(), Unfit> {
        if value.is_finite() {
            return self.fixed::<8, 9>(Kind::Double, value.to_bits().to_ne_bytes());
        }
        Err(self.0.fail(Unfit::Refused))
    }

    fn serialize_char(self, value: char) -> Result<(), Unfit> {
        self.fixed::<4, 5>(Kind::Char, u32::from(value).to_ne_bytes())
    }

    fn serialize_str(self, value: &str) -> Result<(), Unfit> {
        self.run(Kind::Text, value.as_bytes())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Unfit> {
        self.run(Kind::Bytes, value)
    }

    fn serialize_none(self) -> Result<(), Unfit> {
        self.kind(Kind::None)
    }

    fn serialize_unit(self) -> Result<(), Unfit> {
        self.kind(Kind::Unit)
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<(), Unfit> {
        self.name(Kind::UnitStruct, name)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Unfit> {
        // mutant: the fuzz: in process a `Some` looks like what is in it
        Plain(&mut *self.0).kind(Kind::Some)?;
        self.value(value)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Unfit> {
        Plain(&mut *self.0).name(Kind::Newtype, name)?;
        self.value(value)
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<(), Unfit> {
        // mutant: a question takes a variant for another one of the same name
        self.name(Kind::UnitVariant, variant)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Unfit> {
        Plain(&mut *self.0).name(Kind::NewtypeVariant, variant)?;
        self.value(value)
    }

    fn serialize_seq(self, _len: Option<usize>) -> Result<Parts<'a>, Unfit> {
        self.parts(Kind::List)
    }

    fn serialize_tuple(self, _len: usize) -> Result<Parts<'a>, Unfit> {
        self.parts(Kind::Tuple)
    }

    fn serialize_tuple_struct(self, name: &'static str, _len: usize) -> Result<Parts<'a>, Unfit> {
        self.named(Kind::TupleStruct, name)
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Parts<'a>, Unfit> {
        self.named(Kind::TupleVariant, variant)
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<Self::SerializeMap, Unfit> {
        Err(self.0.fail(Unfit::Unordered))
    }

    fn serialize_struct(self, name: &'static str, _len: usize) -> Result<Parts<'a>, Unfit> {
        self.named(Kind::Struct, name)
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Parts<'a>, Unfit> {
        self.named(Kind::StructVariant, variant)
    }
}

/// The parts of a value, up to its end.
struct Parts<'a>(&'a mut Out);

impl Parts<'_> {
    fn part<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unfit> {
        Plain(self.0).value(value)
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Unfit> {
        // mutant: a question does not say which field a value is of
        Plain(self.0).name(Kind::Field, name)?;
        self.part(value)
    }

    fn close(self) -> Result<(), Unfit> {
        // mutant: a question does not say where a list ends
        // mutant: the fuzz: in process nothing ends a list
        Plain(self.0).kind(Kind::End)
    }
}

macro_rules! parts {
    ($($trait:ident $method:ident($($name:ident: $type:ty)?) by $by:ident;)*) => {$(
        impl ser::$trait for Parts<'_> {
            type Ok = ();
            type Error = Unfit;

            fn $method<T: Serialize + ?Sized>(&mut self, $($name: $type,)? value: &T) -> Result<(), Unfit> {
                self.$by($($name,)? value)
            }

            fn end(self) -> Result<(), Unfit> {
                self.close()
            }
        }
    )*};
}

parts! {
    SerializeSeq serialize_element() by part;
    SerializeTuple serialize_element() by part;
    SerializeTupleStruct serialize_field() by part;
    SerializeTupleVariant serialize_field() by part;
    SerializeStruct serialize_field(name: &'static str) by field;
    SerializeStructVariant serialize_field(name: &'static str) by field;
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Serializer;
    use serde::ser::SerializeSeq;
    use std::collections::HashMap;

    fn plain<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
        let mut out = Out::within(None);
        write(&mut out, value).expect("it is written");
        out.bytes().to_vec()
    }

    #[derive(Serialize)]
    struct Sparse {
        #[serde(skip_serializing_if = "Option::is_none")]
        a: Option<u8>,
        #[serde(skip_serializing_if = "Option::is_none")]
        b: Option<u8>,
    }

    #[derive(Serialize)]
    #[serde(untagged)]
    enum Number {
        Signed(i64),
        Unsigned(u64),
        Double(f64),
        Text(String),
        List(Vec<u8>),
    }

    #[derive(Serialize)]
    enum Word {
        All,
    }

    #[derive(Serialize)]
    enum WordOf {
        All(Option<()>),
    }

    #[derive(Serialize)]
    #[serde(untagged)]
    enum Filter {
        Word(Word),
        WordOf(WordOf),
    }

    #[derive(Serialize)]
    enum Shape {
        Unit,
        Other,
        Newtype(Option<u8>),
        Tuple(u8, u8),
        Struct { a: u8, b: u8 },
    }

    /// Values that are different in the hash are different in a local key.
    #[test]
    fn different_values_of_one_type_are_written_differently() {
        let numbers = [
            Number::Signed(-1),
            Number::Unsigned(u64::MAX),
            Number::Double(f64::from_bits(u64::MAX >> 12)),
            Number::Text("-1".into()),
            Number::Text(String::new()),
            Number::List(vec![1]),
            Number::List(vec![1, 0]),
            Number::List(vec![]),
        ];
        all_differ(&numbers.iter().map(plain).collect::<Vec<_>>());
        let sparse = [(None, None), (Some(1), None), (None, Some(1)), (Some(1), Some(1))];
        all_differ(&sparse.map(|(a, b)| plain(&Sparse { a, b })));
        let shapes = [
            Shape::Unit,
            Shape::Other,
            Shape::Newtype(None),
            Shape::Newtype(Some(0)),
            Shape::Tuple(0, 1),
            Shape::Tuple(1, 0),
            Shape::Struct { a: 0, b: 1 },
            Shape::Struct { a: 1, b: 0 },
        ];
        all_differ(&shapes.iter().map(plain).collect::<Vec<_>>());
        let filters = [
            Filter::Word(Word::All),
            Filter::WordOf(WordOf::All(None)),
            Filter::WordOf(WordOf::All(Some(()))),
        ];
        all_differ(&filters.iter().map(plain).collect::<Vec<_>>());
        let options: [Option<Option<()>>; 3] = [None, Some(None), Some(Some(()))];
        all_differ(&options.iter().map(plain).collect::<Vec<_>>());
    }

    /// The end of a value is known, so that the next value is not taken for a part of it.
    #[test]
    fn lists_of_values_are_written_differently() {
        let lists: [&[&[&str]]; 7] =
            [&[], &[&[]], &[&[], &[]], &[&[""]], &[&["a"], &["b"]], &[&["a", "b"]], &[&["ab"]]];
        all_differ(&lists.map(plain));
        let nested: [Vec<Vec<Vec<u8>>>; 2] =
            [vec![vec![vec![]], vec![]], vec![vec![vec![], vec![]]]];
        all_differ(&nested.map(|list| plain(&list)));
        let followed = |first: &str, second: &str| [plain(first), plain(second)].concat();
        assert_ne!(followed("a", "bc"), followed("ab", "c"));
        assert_ne!(followed("", "\u{b}"), followed("\u{b}", ""));
    }

    fn all_differ(written: &[Vec<u8>]) {
        for (index, one) in written.iter().enumerate() {
            assert!(!written[..index].contains(one), "{index} of {written:?}");
        }
    }

    #[test]
    fn what_has_no_order_of_its_own_is_not_written() {
        let map = HashMap::from([(1, 2)]);
        assert!(matches!(write(&mut Out::within(None), &map), Err(Unfit::Unordered)));
        assert!(matches!(write(&mut Out::within(None), &[Some(&map)]), Err(Unfit::Unordered)));
    }

    struct Failing;

    impl Serialize for Failing {
        fn serialize<S: Serializer>(&self, _serializer: S) -> Result<S::Ok, S::Error> {
            Err(S::Error::custom("a secret"))
        }
    }

    /// Ignores the error of a value that cannot be written.
    struct Careless<T>(T);

    impl<T: Serialize> Serialize for Careless<T> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut list = serializer.serialize_seq(None)?;
            _ = list.serialize_element(&self.0);
            list.end()
        }
    }

    #[test]
    fn an_error_that_was_passed_over_counts() {
        let map = HashMap::from([(1, 2)]);
        let written = write(&mut Out::within(None), &Careless(&map));
        assert!(matches!(written, Err(Unfit::Unordered)));
        let written = write(&mut Out::within(None), &Careless("x".repeat(MAX_LOCAL_KEY)));
        assert!(matches!(written, Err(Unfit::Refused)));
        let mut out = Out::within(None);
        write(&mut out, &Careless(1)).expect("it is written");
    }

    #[test]
    fn what_has_no_place_in_a_key_is_not_written() {
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(matches!(write(&mut Out::within(None), &number), Err(Unfit::Refused)));
        }
        assert!(matches!(write(&mut Out::within(None), &f32::NAN), Err(Unfit::Refused)));
        assert!(matches!(write(&mut Out::within(None), &Failing), Err(Unfit::Refused)));
    }

    #[test]
    fn long_values_are_not_written() {
        let mut out = Out::within(None);
        assert!(write(&mut out, &*"x".repeat(MAX_LOCAL_KEY)).is_err());
        assert!(write(&mut out, &vec![0u8; MAX_LOCAL_KEY]).is_err());
        assert!(out.len() <= MAX_LOCAL_KEY, "{}", out.len());
        let long = "x".repeat(MAX_LOCAL_KEY);
        assert!(write_canonically(&mut out, &long, &[]).is_err());
    }
}
