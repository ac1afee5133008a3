//! Tests reading a value as another type than it was stored of. The result is an equal value, or
//! nothing.

use super::{Codec, Json, MessagePack, decode, encode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::{CString, OsString};
use std::fmt::Debug;
use std::net::IpAddr;
use std::num::{NonZeroU8, Saturating, Wrapping};
use std::ops::{Bound, Range};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// Stores a value and reads it as another type.
fn read<C: Codec, B: DeserializeOwned>(value: &impl Serialize) -> Option<B> {
    let payload = encode::<C, _>(value, 1 << 20).expect("it can be stored");
    decode::<C, B>(payload.by_ref())
}

fn comes_back<T: Debug + DeserializeOwned + PartialEq + Serialize>(value: &T) {
    assert_eq!(read::<Json, T>(value).as_ref(), Some(value), "as JSON");
    assert_eq!(read::<MessagePack, T>(value).as_ref(), Some(value), "as MessagePack");
    let payload = encode::<MessagePack, _>(value, 1 << 20).expect("it can be stored");
    assert_eq!(decode::<Json, T>(payload.by_ref()).as_ref(), Some(value), "from the other codec");
}

#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct Point {
    x: u64,
    y: u64,
}

#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct Meters(f64);

#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct Nothing;

#[derive(Debug, Deserialize, PartialEq, Serialize)]
enum ByPosition {
    At(u64, u64),
}

#[derive(Debug, Deserialize, PartialEq, Serialize)]
enum ByName {
    At { x: u64, y: u64 },
}

macro_rules! in_each_codec {
    ($($name:ident: $codec:ident,)*) => {$(
        mod $name {
            use super::*;

            type Stored = $codec;

            fn is_refused<B: Debug + DeserializeOwned>(value: &impl Serialize) {
                let read = read::<Stored, B>(value);
                assert!(read.is_none(), "read as {read:?}");
            }

            #[test]
            fn an_integer_is_no_float() {
                is_refused::<f64>(&7u64);
                is_refused::<f32>(&7u8);
                is_refused::<f64>(&-7i64);
                is_refused::<f64>(&0);
                is_refused::<Option<Vec<Meters>>>(&[7u64]);
                is_refused::<BTreeMap<String, f64>>(&BTreeMap::from([("a", 1)]));
                is_refused::<HashMap<u8, (u8, f32)>>(&BTreeMap::from([(1, (1, 2))]));
            }

            #[test]
            fn a_float_is_no_integer() {
                is_refused::<u64>(&7.0);
                is_refused::<i8>(&7.0f32);
                is_refused::<u128>(&7.0);
            }

            #[test]
            fn a_float_that_would_lose_digits_is_refused() {
                is_refused::<f32>(&std::f64::consts::PI);
                is_refused::<Vec<Option<f32>>>(&[1.0, 16_777_217.0]);
                is_refused::<f32>(&1e300);
                is_refused::<f32>(&1e-300);
                assert_eq!(read::<Stored, f32>(&1.5), Some(1.5));
                assert_eq!(read::<Stored, f32>(&-0.0).map(f32::to_bits), Some((-0.0f32).to_bits()));
                assert_eq!(read::<Stored, f64>(&1.5f32), Some(1.5));
            }

            #[test]
            fn an_integer_of_another_width_is_the_same_number() {
                assert_eq!(read::<Stored, i64>(&7u64), Some(7));
                assert_eq!(read::<Stored, u8>(&7i64), Some(7));
                assert_eq!(read::<Stored, u128>(&7u64), Some(7));
                assert_eq!(read::<Stored, u128>(&u64::MAX), Some(u64::MAX.into()));
                assert_eq!(read::<Stored, i128>(&-7i8), Some(-7));
                is_refused::<u8>(&256);
                is_refused::<i64>(&u64::MAX);
                is_refused::<u64>(&-1);
                is_refused::<u128>(&-1i64);
                is_refused::<Option<u128>>(&i64::MIN);
            }

            /// serde alone would read such a number as the nearest `Saturating` value.
            #[test]
            fn a_number_that_saturates_is_refused() {
                is_refused::<Saturating<u8>>(&256);
                is_refused::<Saturating<u64>>(&-1);
                is_refused::<Vec<Saturating<i8>>>(&[-129]);
                is_refused::<Saturating<i64>>(&u64::MAX);
                is_refused::<Saturating<u128>>(&-1);
                assert_eq!(read::<Stored, Saturating<u8>>(&255u64), Some(Saturating(255)));
                assert_eq!(read::<Stored, Saturating<i64>>(&-1i8), Some(Saturating(-1)));
            }

            #[test]
            fn a_list_is_no_struct() {
                is_refused::<Point>(&(1, 2));
                is_refused::<Point>(&[1, 2]);
                is_refused::<Option<Vec<Point>>>(&[[1, 2]]);
                is_refused::<ByName>(&ByPosition::At(1, 2));
                is_refused::<ByPosition>(&ByName::At { x: 1, y: 2 });
                is_refused::<Duration>(&(1, 2));
                is_refused::<Range<u64>>(&(1, 2));
                is_refused::<(u64, u64)>(&Point { x: 1, y: 2 });
                is_refused::<Meters>(&(1.5,));
            }

            #[test]
            fn text_is_neither_bytes_nor_a_list_nor_a_number() {
                is_refused::<bytes::Bytes>(&"text");
                is_refused::<Vec<bytes::Bytes>>(&["text"]);
                is_refused::<CString>(&"text");
                is_refused::<Vec<char>>(&"text");
                is_refused::<u64>(&"7");
                is_refused::<f64>(&"7.0");
                is_refused::<bool>(&"true");
                is_refused::<char>(&"text");
                is_refused::<String>(&7);
                is_refused::<String>(&bytes::Bytes::from("text"));
                is_refused::<PathBuf>(&bytes::Bytes::from("text"));
                is_refused::<BTreeMap<String, u8>>(&BTreeMap::from([("a", "1")]));
            }

            #[test]
            fn a_map_is_neither_a_list_nor_nothing() {
                let map = BTreeMap::from([("x", 1)]);
                is_refused::<()>(&map);
                is_refused::<Nothing>(&map);
                is_refused::<Vec<u64>>(&map);
                is_refused::<Vec<(String, u64)>>(&map);
                is_refused::<u64>(&map);
                is_refused::<()>(&[1]);
                is_refused::<Nothing>(&[1]);
                is_refused::<BTreeMap<String, u64>>(&[("x", 1)]);
                is_refused::<bool>(&0);
                is_refused::<u8>(&false);
                is_refused::<u8>(&());
            }

            /// Pairs of types that are written alike, as ENTRIES.md lists them.
            #[test]
            fn what_is_written_alike_is_read_alike() {
                assert_eq!(read::<Stored, Option<u8>>(&7), Some(Some(7)));
                assert_eq!(read::<Stored, u8>(&Some(7)), Some(7));
                assert_eq!(read::<Stored, Option<u8>>(&()), Some(None));
                assert_eq!(read::<Stored, ()>(&None::<u8>), Some(()));
                assert_eq!(read::<Stored, Meters>(&1.5), Some(Meters(1.5)));
                assert_eq!(read::<Stored, f64>(&Meters(1.5)), Some(1.5));
                assert_eq!(read::<Stored, (u8, u8)>(&[1, 2]), Some((1, 2)));
                assert_eq!(read::<Stored, Vec<u8>>(&(1, 2)), Some(vec![1, 2]));
                assert_eq!(read::<Stored, BTreeSet<u8>>(&[2, 1, 1]), Some([1, 2].into()));
                assert_eq!(read::<Stored, Vec<u8>>(&bytes::Bytes::from_static(b"1")), Some(vec![49]));
                assert_eq!(read::<Stored, bytes::Bytes>(&[49]), Some(bytes::Bytes::from_static(b"1")));
                assert_eq!(read::<Stored, String>(&'x'), Some("x".to_owned()));
                assert_eq!(read::<Stored, char>(&"x"), Some('x'));
                let map = BTreeMap::from([("x".to_owned(), 1), ("y".to_owned(), 2)]);
                assert_eq!(read::<Stored, Point>(&map), Some(Point { x: 1, y: 2 }));
                assert_eq!(read::<Stored, BTreeMap<String, u64>>(&Point { x: 1, y: 2 }), Some(map));
                assert_eq!(read::<Stored, String>(&Bound::<u8>::Unbounded), Some("Unbounded".to_owned()));
                assert_eq!(
                    read::<Stored, Tag>(&BTreeMap::from([("A", ())])),
                    Some(Tag::A),
                    "a variant around nothing"
                );
            }

            #[derive(Debug, Deserialize, PartialEq)]
            enum Tag {
                A,
            }
        }
    )*};
}

in_each_codec! {
    in_json: Json,
    in_message_pack: MessagePack,
}

/// In JSON, a float is its shortest text, whatever its width.
#[test]
fn a_short_float_is_one_text_in_json() {
    assert_eq!(read::<Json, f32>(&0.1f64), Some(0.1));
    assert_eq!(read::<Json, f64>(&0.1f32), Some(0.1));
    assert_eq!(read::<MessagePack, f32>(&0.1f64), None);
    assert_eq!(read::<MessagePack, f64>(&0.1f32), Some(0.1f32.into()));
}

#[test]
fn each_codec_writes_some_types_alike() {
    assert_eq!(read::<Json, f64>(&(1u128 << 100)), Some(2f64.powi(100)));
    assert_eq!(read::<MessagePack, f64>(&(1u128 << 100)), None);
    let numbers = BTreeMap::from([(7, true)]);
    let names = BTreeMap::from([("7".to_owned(), true)]);
    assert_eq!(read::<Json, BTreeMap<String, bool>>(&numbers), Some(names.clone()));
    assert_eq!(read::<Json, BTreeMap<u64, bool>>(&names), Some(numbers.clone()));
    assert_eq!(read::<MessagePack, BTreeMap<String, bool>>(&numbers), None);
    assert_eq!(read::<MessagePack, BTreeMap<u64, bool>>(&names), None);
    assert_eq!(read::<Json, Nothing>(&None::<u8>), Some(Nothing));
    assert_eq!(read::<MessagePack, Nothing>(&[0u8; 0]), Some(Nothing));
    assert_eq!(read::<MessagePack, u128>(&-1i128), Some(u128::MAX));
    assert_eq!(read::<MessagePack, Vec<u8>>(&7u128).map(|bytes| bytes.len()), Some(16));
}

/// Types that are read through serde's buffer, which does not ask for a kind.
#[test]
fn what_serde_buffers_is_not_read_strictly() {
    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(untagged)]
    enum Loose {
        Number(f64),
        Point(Point),
        Bytes(bytes::Bytes),
    }

    assert_eq!(read::<Json, Loose>(&7), Some(Loose::Number(7.0)));
    assert_eq!(read::<Json, Loose>(&[1, 2]), Some(Loose::Point(Point { x: 1, y: 2 })));
    assert_eq!(read::<Json, Loose>(&"x"), Some(Loose::Bytes("x".into())));
}

#[test]
fn every_float_comes_back_in_its_own_width() {
    let singles = [0.1, -0.0, f32::MIN_POSITIVE, f32::MAX, 1e-45, 1e10, 0.3, 7.038_531e-26];
    comes_back(&singles.to_vec());
    comes_back(&BTreeMap::from(singles.map(|single| (Height(single), single))));
    comes_back(&vec![0.1f64, -0.0, f64::MIN_POSITIVE, f64::MAX, 5e-324, 1e16, 1e300, 0.3]);
    let mut random = fastrand::Rng::with_seed(7);
    let numbers = std::iter::repeat_with(|| f32::from_bits(random.u32(..)));
    comes_back(&numbers.filter(|number| number.is_finite()).take(10_000).collect::<Vec<_>>());
}

/// A float as a key, which is text in JSON.
#[derive(Debug, Deserialize, Serialize)]
struct Height(f32);

impl PartialEq for Height {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Height {}

impl PartialOrd for Height {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Height {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

#[derive(Debug, Deserialize, PartialEq, Serialize)]
#[serde(untagged)]
enum Untagged {
    Single { single: f32 },
    Double(f64),
    Text(String),
    Many(Vec<Untagged>),
}

#[derive(Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "kind")]
enum Internal {
    Unit,
    Point(Point),
    Floats { single: f32, double: f64, duration: Duration },
}

#[derive(Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "kind", content = "content")]
enum Adjacent {
    Unit,
    Pair(f32, u64),
    Named { point: Point },
}

#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct Flat {
    name: String,
    #[serde(flatten)]
    point: Point,
    #[serde(flatten)]
    rest: BTreeMap<String, serde_json::Value>,
}

#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct Everything {
    untagged: Vec<Untagged>,
    internal: Vec<Internal>,
    adjacent: Vec<Adjacent>,
    flat: Flat,
    by_position: ByPosition,
    by_name: ByName,
    keys: BTreeMap<char, BTreeMap<i8, bool>>,
    sets: BTreeSet<(u8, Option<String>)>,
    bytes: (bytes::Bytes, CString),
    paths: (PathBuf, OsString),
    times: (Duration, SystemTime),
    ranges: (Range<u8>, Bound<i16>),
    numbers: (NonZeroU8, Wrapping<i32>, Saturating<i128>, u128, i128, Option<u128>),
    addresses: Vec<IpAddr>,
    results: Vec<Result<u8, Meters>>,
    nothing: (Option<Meters>, ()),
    boxed: Box<[std::sync::Arc<str>]>,
    array: [f32; 3],
    value: serde_json::Value,
}

fn everything() -> Everything {
    let double = vec![Untagged::Double(0.1), Untagged::Text("é".to_owned())];
    Everything {
        untagged: vec![Untagged::Single { single: 0.1 }, Untagged::Many(double)],
        internal: vec![
            Internal::Unit,
            Internal::Point(Point { x: 1, y: 2 }),
            Internal::Floats { single: 0.1, double: 0.1, duration: Duration::from_millis(7) },
        ],
        adjacent: vec![
            Adjacent::Unit,
            Adjacent::Pair(0.1, 7),
            Adjacent::Named { point: Point { x: 1, y: 2 } },
        ],
        flat: Flat {
            name: String::new(),
            point: Point { x: 1, y: 2 },
            rest: [("z".to_owned(), serde_json::json!([1, 1.5, "x", null]))].into(),
        },
        by_position: ByPosition::At(1, 2),
        by_name: ByName::At { x: 1, y: 2 },
        keys: [('x', [(-1, true)].into())].into(),
        sets: [(1, None), (2, Some("x".to_owned()))].into(),
        bytes: (bytes::Bytes::from_static(b"\xff\x00"), c"text".to_owned()),
        paths: ("/tmp".into(), "x".into()),
        times: (Duration::from_nanos(7), SystemTime::UNIX_EPOCH + Duration::from_secs(7)),
        ranges: (1..2, Bound::Included(7)),
        numbers: (NonZeroU8::MIN, Wrapping(-7), Saturating(-7), u128::MAX, i128::MIN, Some(7)),
        addresses: vec!["::1".parse().unwrap(), "127.0.0.1".parse().unwrap()],
        results: vec![Ok(1), Err(Meters(0.1))],
        nothing: (None, ()),
        boxed: ["x".into()].into(),
        array: [0.1, 0.2, 0.3],
        value: serde_json::json!({"a": [1, -1, 0.5, {"b": null}]}),
    }
}

#[test]
fn what_a_type_writes_is_never_refused() {
    comes_back(&everything().untagged);
    comes_back(&everything().internal);
    comes_back(&everything().adjacent);
    comes_back(&everything().flat);
    let stored = everything();
    assert_eq!(read::<Json, Everything>(&stored).as_ref(), Some(&stored));
    assert_eq!(read::<MessagePack, Everything>(&stored).as_ref(), Some(&stored));
}
