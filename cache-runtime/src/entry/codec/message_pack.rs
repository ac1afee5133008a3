//! Writes and reads `MessagePack` with named fields.

use super::{Codec, CodecError, Lossy, lossless, strict};
use rmp_serde::Deserializer;
use rmp_serde::config::{DefaultConfig, HumanReadableConfig};
use rmp_serde::decode::ReadRefReader;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_transcode::Transcoder;
use std::io;

/// The deepest nesting that is read, which is that of JSON.
const DEEPEST: usize = 128;

/// `MessagePack` with named fields, as `rmp-serde` writes it: `codec = "msgpack"`. The payload is
/// smaller than JSON. Floats that are not finite come back, and bytes stay bytes (`serde_bytes`,
/// `bytes::Bytes`).
///
/// Structs are written as maps by field name, and variants by their names. Reordered fields and
/// variants are therefore read correctly. Types with a form for people, such as addresses and
/// UUIDs, are written in it, as in JSON.
#[derive(Debug)]
pub enum MessagePack {}

impl Codec for MessagePack {
    const NAME: &'static str = "msgpack";

    fn encode<T: Serialize + ?Sized>(
        value: &T,
        out: &mut impl io::Write,
    ) -> Result<(), CodecError> {
        // mutant: what MessagePack would change is stored
        if !lossless::in_message_pack(value) {
            return Err(Lossy.into());
        }
        let serializer = rmp_serde::Serializer::new(out);
        value.serialize(&mut serializer.with_struct_map().with_human_readable())?;
        Ok(())
    }

    fn decode<T: DeserializeOwned>(payload: &[u8]) -> Result<T, CodecError> {
        walk(payload).ok_or(Lossy)?;
        // mutant: MessagePack reads what is of another type
        Ok(T::deserialize(strict::in_message_pack(&mut reader(payload)))?)
    }
}

type Reader<'a> = Deserializer<ReadRefReader<'a, [u8]>, HumanReadableConfig<DefaultConfig>>;

/// Returns a deserializer of one value, which was checked by [`walk`].
fn reader(payload: &[u8]) -> Reader<'_> {
    Deserializer::from_read_ref(payload).with_human_readable()
}

/// Converts a value to JSON part by part, for a function that writes JSON. The value's type need
/// not be known. Returns `None` if JSON has no such value.
pub(super) fn in_json(payload: &[u8]) -> Option<Vec<u8>> {
    walk(payload)?;
    if !lossless::wholly_in_json(&Transcoder::new(&mut reader(payload))) {
        return None;
    }
    serde_json::to_vec(&Transcoder::new(&mut reader(payload))).ok()
}

/// Walks over one value. Returns `None` for bytes that are no value, for trailing bytes, and for
/// deep nesting, which could exhaust the stack. The depth is checked here, because `rmp-serde`
/// counts lists and maps alone (<https://github.com/msgpack/msgpack/blob/master/spec.md>).
fn walk(mut rest: &[u8]) -> Option<()> {
    // The number of values that are still expected at each level.
    let mut open = vec![1u64];
    while let Some(left) = open.last_mut() {
        if *left == 0 {
            open.pop();
            continue;
        }
        *left -= 1;
        let (bytes, values) = step(&mut rest)?;
        rest = rest.get(usize::try_from(bytes).ok()?..)?;
        if open.len() > DEEPEST {
            return None;
        }
        open.push(values);
    }
    rest.is_empty().then_some(())
}

/// Takes the head of a value. Returns the number of bytes and the number of values that follow.
fn step(rest: &mut &[u8]) -> Option<(u64, u64)> {
    let (first, behind) = rest.split_first()?;
    *rest = behind;
    Some(match *first {
        0xc1 => return None,
        0x00..=0x7f | 0xc0..=0xc3 | 0xe0..=0xff => (0, 0),
        0x80..=0x8f => (0, u64::from(first & 0x0f) * 2),
        0x90..=0x9f => (0, u64::from(first & 0x0f)),
        0xa0..=0xbf => (u64::from(first & 0x1f), 0),
        0xc4 | 0xd9 => (length::<1>(rest)?, 0),
        0xc5 | 0xda => (length::<2>(rest)?, 0),
        0xc6 | 0xdb => (length::<4>(rest)?, 0),
        0xc7 => (length::<1>(rest)? + 1, 0),
        0xc8 => (length::<2>(rest)? + 1, 0),
        0xc9 => (length::<4>(rest)? + 1, 0),
        0xca | 0xce | 0xd2 => (4, 0),
        0xcb | 0xcf | 0xd3 => (8, 0),
        0xcc | 0xd0 => (1, 0),
        0xcd | 0xd1 => (2, 0),
        0xd4..=0xd8 => ((1 << (first - 0xd4)) + 1, 0),
        0xdc => (0, length::<2>(rest)?),
        0xdd => (0, length::<4>(rest)?),
        0xde => (0, length::<2>(rest)? * 2),
        0xdf => (0, length::<4>(rest)? * 2),
    })
}

/// Takes a number of `BYTES` bytes, the most significant byte first.
fn length<const BYTES: usize>(rest: &mut &[u8]) -> Option<u64> {
    let (bytes, behind) = rest.split_first_chunk::<BYTES>()?;
    *rest = behind;
    Some(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::codec::{Payload, decode, encode};
    use serde::Deserialize;
    use std::collections::BTreeMap;
    use std::fmt::Debug;
    use std::net::IpAddr;

    #[derive(Debug, Deserialize, PartialEq, Serialize)]
    enum Kind {
        Unit,
        One(u8),
        Pair(i64, f64),
        Named { text: String },
    }

    #[derive(Debug, Deserialize, PartialEq, Serialize)]
    struct Everything {
        kinds: Vec<Kind>,
        map: BTreeMap<i32, Option<char>>,
        address: IpAddr,
        pair: (u64, i8),
        unit: (),
        nothing: Option<String>,
        large: i64,
        float: f32,
    }

    fn everything() -> Everything {
        Everything {
            kinds: vec![
                Kind::Unit,
                Kind::One(7),
                Kind::Pair(-1, 0.1),
                Kind::Named { text: "é\n".to_owned() },
            ],
            map: BTreeMap::from([(-5, Some('x')), (5, None)]),
            address: "2001:db8::1".parse().unwrap(),
            pair: (u64::MAX, -128),
            unit: (),
            nothing: None,
            large: i64::MIN,
            float: 0.1,
        }
    }

    fn comes_back<T: Debug + DeserializeOwned + PartialEq + Serialize>(value: &T) {
        let payload = encode::<MessagePack, _>(value, 1 << 24).unwrap();
        assert_eq!(decode::<MessagePack, T>(payload.by_ref()).as_ref(), Some(value));
    }

    #[test]
    fn values_come_back() {
        comes_back(&everything());
        comes_back(&(u128::MAX, i128::MIN));
        comes_back(&vec![f64::INFINITY, -0.0]);
        let payload = encode::<MessagePack, _>(&f64::NAN, 1000).unwrap();
        assert!(decode::<MessagePack, f64>(payload.by_ref()).unwrap().is_nan());
    }

    #[test]
    fn who_writes_json_reads_them_too() {
        let payload = encode::<MessagePack, _>(&everything(), 1000).unwrap();
        assert_eq!(decode::<crate::entry::codec::Json, _>(payload.by_ref()), Some(everything()));
        let payload = encode::<crate::entry::codec::Json, _>(&everything(), 1000).unwrap();
        assert_eq!(decode::<MessagePack, _>(payload.by_ref()), Some(everything()));
    }

    #[test]
    fn what_json_has_not_is_a_miss_for_who_writes_json() {
        let payload = encode::<MessagePack, _>(&Some(f64::NAN), 1000).unwrap();
        assert_eq!(decode::<crate::entry::codec::Json, Option<f64>>(payload.by_ref()), None);
    }

    #[test]
    fn fields_are_named() {
        let payload = encode::<MessagePack, _>(&Kind::Named { text: "x".to_owned() }, 100).unwrap();
        assert_eq!(&payload.bytes[..], b"\x81\xa5Named\x81\xa4text\xa1x");
    }

    #[test]
    fn what_would_come_back_changed_is_refused() {
        let lossy =
            |result: Result<_, _>| result.err() == Some(crate::entry::codec::Unstorable::Lossy);
        assert!(lossy(encode::<MessagePack, _>(&Some(None::<u8>), 100)));
        assert!(lossy(encode::<MessagePack, _>(&Some(()), 100)));
        let deep = (0..70).fold(serde_json::Value::Null, |inner, _| serde_json::json!([inner]));
        assert!(lossy(encode::<MessagePack, _>(&deep, 1000)));
    }

    #[test]
    fn no_bytes_are_a_reason_to_panic_or_to_take_memory() {
        let long_list = b"\xdd\xff\xff\xff\xff";
        let deep = vec![0x91; 100_000];
        for bytes in [&long_list[..], &deep, b"", b"\xc1", b"\xa5four", b"\xdb\xff\xff\xff\xff"] {
            assert!(MessagePack::decode::<serde_json::Value>(bytes).is_err());
            assert!(MessagePack::decode::<Vec<u64>>(bytes).is_err());
            assert_eq!(in_json(bytes), None);
        }
    }

    /// A type of nested variants, which are neither lists nor maps, so that `rmp-serde` does not
    /// count them.
    #[derive(Debug, Deserialize, Serialize)]
    enum Chain {
        End,
        Link(Box<Chain>),
    }

    #[test]
    fn a_chain_that_would_take_the_stack_is_refused() {
        let mut bytes = b"\x81\xa4Link".repeat(1_000_000);
        bytes.extend_from_slice(b"\xa3End");
        assert!(MessagePack::decode::<Chain>(&bytes).is_err());
        let short = encode::<MessagePack, _>(&Chain::Link(Box::new(Chain::End)), 100).unwrap();
        assert!(matches!(decode::<MessagePack, Chain>(short.by_ref()), Some(Chain::Link(_))));
    }

    #[test]
    fn every_kind_of_part_is_walked_over() {
        for length in [0, 15, 16, 31, 32, 255, 256, 65_535, 65_536] {
            comes_back(&"x".repeat(length));
            comes_back(&vec![7u8; length]);
            comes_back(&(0..u32::try_from(length).unwrap()).collect::<Vec<_>>());
            comes_back(&(0..length).map(|key| (key, -1)).collect::<BTreeMap<_, i64>>());
            let bytes = [&[0xc6][..], &u32::try_from(length).unwrap().to_be_bytes()].concat();
            let bytes = [bytes, vec![1; length]].concat();
            assert_eq!(walk(&bytes), Some(()));
            assert_eq!(walk(&bytes[..bytes.len() - 1]), None);
        }
        for number in [0, 127, 128, 255, 256, 65_535, 65_536, u64::from(u32::MAX), u64::MAX] {
            comes_back(&(number, f32::MAX, f64::MIN, true));
            comes_back(&i64::try_from(number).map_or(i64::MIN, |number| -number));
        }
        assert_eq!(walk(b"\xd4\x01x"), Some(()));
        assert_eq!(walk(b"\xd8\x01xxxxxxxxxxxxxxxx"), Some(()));
        assert_eq!(walk(b"\xc7\x02\x01xx"), Some(()));
    }

    #[derive(Debug, Deserialize, PartialEq, Serialize)]
    enum Color {
        Red,
        Green(u8),
    }

    #[derive(Debug, Deserialize, PartialEq, Serialize)]
    struct Pair {
        first: String,
        second: Option<Color>,
    }

    /// A stored number is not the variant or field with that number, as in JSON. Another version
    /// may have stored the number.
    #[test]
    fn a_number_is_no_name() {
        let read =
            |value: &dyn Fn() -> Payload| decode::<MessagePack, Vec<Color>>(value().by_ref());
        assert_eq!(read(&|| encode::<MessagePack, _>(&vec![0u8, 0], 100).unwrap()), None);
        let numbered = BTreeMap::from([(1u8, 7u8)]);
        assert_eq!(read(&|| encode::<MessagePack, _>(&vec![&numbered], 100).unwrap()), None);
        let fields = BTreeMap::from([(0u8, "zero"), (1, "one")]);
        let fields = encode::<MessagePack, _>(&fields, 100).unwrap();
        assert_eq!(decode::<MessagePack, Pair>(fields.by_ref()), None);
        comes_back(&Pair { first: "x".to_owned(), second: Some(Color::Green(7)) });
        comes_back(&vec![Color::Red, Color::Green(1)]);
    }

    #[test]
    fn keys_that_come_back_alike_are_refused() {
        let map = BTreeMap::from([(None, 1), (Some(None), 2), (Some(Some(3)), 3)]);
        let refused = encode::<MessagePack, BTreeMap<Option<Option<u8>>, u8>>(&map, 100);
        assert_eq!(refused.err(), Some(crate::entry::codec::Unstorable::Lossy));
        comes_back(&BTreeMap::from([(None, 1), (Some(3), 3)]));
    }

    #[test]
    fn what_has_more_parts_is_another_value() {
        assert_eq!(in_json(b"\x01\x02"), None);
        assert!(MessagePack::decode::<u8>(b"\x01\x02").is_err());
        assert!(MessagePack::decode::<(u8, u8)>(b"\x93\x01\x02\x03").is_err());
    }
}
