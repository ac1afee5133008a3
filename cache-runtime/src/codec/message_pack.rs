//! `MessagePack` with named fields.

use super::{Codec, CodecError, Lossy, lossless};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;

/// As many levels are read as JSON has.
const DEEPEST: usize = 128;

/// `MessagePack` with named fields, as `rmp-serde` writes it: `codec = "msgpack"`. It is smaller than JSON, brings floats back that are not
/// finite, and keeps bytes as bytes (`serde_bytes`, `bytes::Bytes`).
///
/// Structs are maps by field name and variants go by name, so that a field or variant that was moved is read as it was. Types that have a form for people,
/// such as addresses and UUIDs, are written in it, as in JSON.
#[derive(Debug)]
pub enum MessagePack {}

impl Codec for MessagePack {
    const NAME: &'static str = "msgpack";

    fn encode<T: Serialize + ?Sized>(
        value: &T,
        out: &mut impl io::Write,
    ) -> Result<(), CodecError> {
        if !lossless::in_message_pack(value) {
            return Err(Lossy.into());
        }
        let serializer = rmp_serde::Serializer::new(out);
        value.serialize(&mut serializer.with_struct_map().with_human_readable())?;
        Ok(())
    }

    fn decode<T: DeserializeOwned>(payload: &[u8]) -> Result<T, CodecError> {
        let mut reader = rmp_serde::Deserializer::from_read_ref(payload).with_human_readable();
        reader.set_max_depth(DEEPEST);
        Ok(T::deserialize(&mut reader)?)
    }
}

/// The same value in JSON, for a function that writes JSON: its type need not be known. `None`: JSON has no such value.
pub(super) fn in_json(payload: &[u8]) -> Option<Vec<u8>> {
    let mut rest = payload;
    let value = rmpv::decode::read_value_with_max_depth(&mut rest, DEEPEST).ok()?;
    if !rest.is_empty() || !lossless::in_json(&value) {
        return None;
    }
    serde_json::to_vec(&value).ok()
}

#[cfg(test)]
mod tests {
    use super::super::{decode, encode};
    use super::*;
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
        let payload = encode::<MessagePack, _>(value, 1000).unwrap();
        assert_eq!(decode::<MessagePack, T>(&payload).as_ref(), Some(value));
    }

    #[test]
    fn values_come_back() {
        comes_back(&everything());
        comes_back(&(u128::MAX, i128::MIN));
        comes_back(&vec![f64::INFINITY, -0.0]);
        let payload = encode::<MessagePack, _>(&f64::NAN, 1000).unwrap();
        assert!(decode::<MessagePack, f64>(&payload).unwrap().is_nan());
    }

    #[test]
    fn who_writes_json_reads_them_too() {
        let payload = encode::<MessagePack, _>(&everything(), 1000).unwrap();
        assert_eq!(decode::<super::super::Json, _>(&payload), Some(everything()));
        let payload = encode::<super::super::Json, _>(&everything(), 1000).unwrap();
        assert_eq!(decode::<MessagePack, _>(&payload), Some(everything()));
    }

    #[test]
    fn what_json_has_not_is_a_miss_for_who_writes_json() {
        let payload = encode::<MessagePack, _>(&Some(f64::NAN), 1000).unwrap();
        assert_eq!(decode::<super::super::Json, Option<f64>>(&payload), None);
    }

    #[test]
    fn fields_are_named() {
        let payload = encode::<MessagePack, _>(&Kind::Named { text: "x".to_owned() }, 100).unwrap();
        assert_eq!(&payload.bytes[..], b"\x81\xa5Named\x81\xa4text\xa1x");
    }

    #[test]
    fn what_would_come_back_changed_is_refused() {
        let lossy = |result: Result<_, _>| result.err() == Some(super::super::Unstorable::Lossy);
        assert!(lossy(encode::<MessagePack, _>(&Some(None::<u8>), 100)));
        assert!(lossy(encode::<MessagePack, _>(&Some(()), 100)));
        let deep = (0..70).fold(serde_json::Value::Null, |inner, _| serde_json::json!([inner]));
        assert!(lossy(encode::<MessagePack, _>(&deep, 1000)));
    }

    #[test]
    fn no_bytes_are_a_reason_to_panic_or_to_take_memory() {
        let long_list = b"\xdd\xff\xff\xff\xff";
        let deep = vec![0x91; 100_000];
        for bytes in [&long_list[..], &deep, b"", b"\xa5four", b"\xdb\xff\xff\xff\xff"] {
            assert!(MessagePack::decode::<serde_json::Value>(bytes).is_err());
            assert!(MessagePack::decode::<Vec<u64>>(bytes).is_err());
            assert_eq!(in_json(bytes), None);
        }
    }

    #[test]
    fn what_has_more_parts_is_another_value() {
        assert_eq!(in_json(b"\x01\x02"), None);
        assert!(MessagePack::decode::<(u8, u8)>(b"\x93\x01\x02\x03").is_err());
    }
}
