//! A value's type that changed between two versions of a program: what was stored of the one is never read as wrong data of the other.

mod derived;
use crate::support::strategy;
use cache_runtime::{Cache, Shape, Source, cached, invalidate, invalidates, key, observe};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use testkit::RedisServer;

struct Fixture {
    server: RedisServer,
    cache: Cache,
}

impl Fixture {
    async fn new() -> Self {
        let server = RedisServer::start();
        let builder = Cache::builder().redis(server.url()).budget(Duration::from_secs(10));
        let cache = builder.strategy(strategy()).build().await.unwrap();
        Self { server, cache }
    }

    /// The keys of entries, those of epochs left out.
    fn keys(&self) -> Vec<String> {
        let mut keys = self.server.keys("*");
        keys.retain(|key| !key.ends_with("~epoch"));
        keys
    }

    /// What a version of the function makes of what another one has stored.
    async fn carry<A, B>(
        &self,
        old: impl Future<Output = A>,
        new: impl Fn() -> B,
    ) -> (B::Output, Source)
    where
        B: Future,
    {
        self.server.flush();
        self.cache.scope(new()).await;
        let [key] = <[String; 1]>::try_from(self.keys()).unwrap();
        // The epochs stay, so that what was stored by hand belongs to the present.
        self.server.command(&["DEL", &key]);
        self.cache.scope(old).await;
        let [old] = <[String; 1]>::try_from(self.keys()).unwrap();
        let entry = self.server.get_raw(&old).unwrap();
        self.server.command(&["DEL", &old]);
        self.server.set_raw(&key, &entry);
        let (value, observed) = self.cache.scope(observe(new())).await;
        (value, observed.last.unwrap())
    }
}

/// Versions of one type, and a function that returns each, in a codec.
macro_rules! versions {
    ($codec:literal: $($version:ident { $($field:ident: $type:ty = $value:expr),* })*) => {$(
        mod $version {
            use cache_runtime::cached;
            use serde::{Deserialize, Serialize};

            #[derive(Debug, Deserialize, PartialEq, Serialize)]
            pub(super) struct Value {
                $(pub(super) $field: $type,)*
            }

            #[cached(codec = $codec, key = "value")]
            pub(super) async fn load() -> Value {
                Value { $($field: $value),* }
            }
        }
    )*};
}

macro_rules! changed_types {
    ($module:ident, $codec:literal) => {
        mod $module {
            use super::{Fixture, Source};

            versions! { $codec:
                first { id: u64 = 7, name: String = "Ada".to_owned() }
                reordered { name: String = "?".to_owned(), id: u64 = 0 }
                renamed { number: u64 = 1, name: String = "?".to_owned() }
                retyped { id: String = "?".to_owned(), name: String = "?".to_owned() }
                swapped { id: String = "?".to_owned(), name: u64 = 1 }
                longer { id: u64 = 1, name: String = "?".to_owned(), age: u8 = 1 }
                shorter { id: u64 = 1 }
                narrower { id: u8 = 1, name: String = "?".to_owned() }
                list { id: Vec<u64> = vec![1], name: String = "?".to_owned() }
                float { id: f64 = 1.0, name: String = "?".to_owned() }
                precise { id: f64 = 1.234_567_890_1 }
                rounded { id: f32 = 1.0 }
                short { id: f64 = 1.5 }
                text { id: String = "Ada".to_owned() }
                bytes { id: bytes::Bytes = bytes::Bytes::from_static(b"Grace") }
                signed { id: i64 = -7 }
                wide { id: u128 = 7 }
            }

            #[cache_runtime::cached(codec = $codec, key = "value")]
            async fn by_position() -> (u64, String) {
                (8, "Grace".to_owned())
            }

            /// Whether what the first version stored was not read, and so loaded again.
            macro_rules! is_a_miss {
                ($fixture:ident, $version:ident) => {
                    $fixture.carry(first::load(), $version::load).await
                        == ($version::load().await, Source::Miss)
                };
            }

            #[tokio::test]
            async fn fields_that_moved_are_read_by_their_names() {
                let fixture = Fixture::new().await;
                let (value, source) = fixture.carry(first::load(), reordered::load).await;
                assert_eq!(value, reordered::Value { name: "Ada".to_owned(), id: 7 });
                assert_eq!(source, Source::Hit);
            }

            #[tokio::test]
            async fn fields_of_another_name_or_type_are_a_miss() {
                let fixture = Fixture::new().await;
                assert!(is_a_miss!(fixture, renamed));
                assert!(is_a_miss!(fixture, retyped));
                assert!(is_a_miss!(fixture, swapped));
                assert!(is_a_miss!(fixture, longer));
                assert!(is_a_miss!(fixture, list));
            }

            /// serde would read each of them as another value.
            #[tokio::test]
            async fn what_would_be_another_value_is_a_miss() {
                let fixture = Fixture::new().await;
                assert!(is_a_miss!(fixture, float));
                let read = fixture.carry(by_position(), first::load).await;
                assert_eq!(read, (first::load().await, Source::Miss), "a list as a struct");
                let read = fixture.carry(precise::load(), rounded::load).await;
                assert_eq!(read, (rounded::load().await, Source::Miss), "fewer digits");
                let read = fixture.carry(text::load(), bytes::load).await;
                assert_eq!(read, (bytes::load().await, Source::Miss), "text as bytes");
                let read = fixture.carry(bytes::load(), text::load).await;
                assert_eq!(read, (text::load().await, Source::Miss), "bytes as text");
                let read = fixture.carry(signed::load(), wide::load).await;
                assert_eq!(read, (wide::load().await, Source::Miss), "without its sign");
            }

            #[tokio::test]
            async fn what_fits_is_read_as_it_is() {
                let fixture = Fixture::new().await;
                let (value, source) = fixture.carry(first::load(), shorter::load).await;
                assert_eq!((value.id, source), (7, Source::Hit));
                let (value, source) = fixture.carry(first::load(), narrower::load).await;
                assert_eq!((value.id, source), (7, Source::Hit));
                let (value, source) = fixture.carry(short::load(), rounded::load).await;
                assert_eq!((value, source), (rounded::Value { id: 1.5 }, Source::Hit));
                let (value, source) = fixture.carry(first::load(), wide::load).await;
                assert_eq!((value.id, source), (7, Source::Hit));
            }
        }
    };
}

changed_types!(in_json, "json");
changed_types!(in_message_pack, "msgpack");

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
enum Kind {
    First,
    Second,
}

#[cached(key = "kind", codec = "msgpack")]
async fn as_number() -> Vec<u8> {
    vec![1]
}

#[cached(key = "kind", codec = "msgpack")]
async fn as_variant() -> Vec<Kind> {
    vec![Kind::First, Kind::Second]
}

/// A variant may be read by its number, where a format has numbers there.
#[tokio::test]
async fn a_number_is_not_the_variant_with_that_number() {
    let fixture = Fixture::new().await;
    let read = fixture.carry(as_number(), as_variant).await;
    assert_eq!(read, (vec![Kind::First, Kind::Second], Source::Miss));
}

/// What no codec can tell: names that are not stored, and a field that may be missing.
mod before {
    use super::{Deserialize, Serialize, Shape, cached};

    #[derive(Debug, Deserialize, PartialEq, Serialize, Shape)]
    pub(super) struct Point(pub(super) i64, pub(super) i64);

    #[derive(Debug, Deserialize, PartialEq, Serialize, Shape)]
    pub(super) struct Person {
        pub(super) nickname: Option<String>,
        pub(super) place: Point,
    }

    #[cached(key = "person:<id>", id = "person", shape)]
    pub(super) async fn person(id: u64) -> Result<Person, std::fmt::Error> {
        let nickname = Some(format!("nick {id}"));
        Ok(Person { nickname, place: Point(1, 2) })
    }
}

/// The same function in the next version.
mod after {
    use super::{Deserialize, Serialize, Shape, cached, invalidates};

    #[derive(Debug, Deserialize, PartialEq, Serialize, Shape)]
    pub(super) struct Point(pub(super) i64, pub(super) i64);

    #[derive(Debug, Deserialize, PartialEq, Serialize, Shape)]
    pub(super) struct Person {
        pub(super) called: Option<String>,
        pub(super) place: Point,
    }

    #[cached(key = "person:<id>", id = "person", shape)]
    pub(super) async fn person(id: u64) -> Result<Person, std::fmt::Error> {
        Ok(Person { called: Some(format!("nick {id}")), place: Point(1, 2) })
    }

    /// Of two functions with one `id` neither is stored: this one has none.
    #[cached(key = "person:<id>", shape)]
    pub(super) async fn stored(id: u64) -> Result<Person, std::fmt::Error> {
        person(id).await
    }

    #[invalidates(stored(id))]
    pub(super) async fn rename(id: u64) -> u64 {
        id
    }
}

#[test]
fn versions_with_other_shapes_have_other_keys() {
    let (before, after) = (key!(before::person(7)).unwrap(), key!(after::person(7)).unwrap());
    let (call, shape) = before.as_str().rsplit_once(':').unwrap();
    assert_eq!(after.as_str().rsplit_once(':').unwrap().0, call, "the call is the same");
    assert_eq!(shape.len(), 16);
    assert_ne!(before, after);
    assert_eq!(before::Point::SHAPE, after::Point::SHAPE, "it did not change");
}

/// Puts an entry of another version beside the one of the present.
fn put_of_another_version(fixture: &Fixture) -> String {
    let keys = fixture.keys();
    let mine = keys.first().expect("something is stored");
    let (call, _) = mine.rsplit_once(':').unwrap();
    let other = format!("{call}:0123456789abcdef");
    fixture.server.set_raw(&other, &fixture.server.get_raw(mine).unwrap());
    other
}

/// Whether a reader of the other version would still be served: it looks at the key, and with scopes at the epochs, too.
async fn is_served(fixture: &Fixture, key: &str) -> bool {
    let key = key.strip_prefix("cache:").unwrap();
    fixture.cache.contains(key).await.unwrap()
}

#[tokio::test]
async fn a_call_is_invalidated_for_all_versions() {
    let fixture = Fixture::new().await;
    for by_hand in [false, true] {
        fixture.cache.scope(after::stored(7)).await.unwrap();
        let other = put_of_another_version(&fixture);
        let before_shapes = other.rsplit_once(':').unwrap().0.to_owned();
        fixture.server.set_raw(&before_shapes, &fixture.server.get_raw(&other).unwrap());
        assert!(is_served(&fixture, &other).await);
        if by_hand {
            fixture.cache.scope(invalidate!(after::stored(7))).await.unwrap();
        } else {
            fixture.cache.scope(after::rename(7)).await;
        }
        assert!(!is_served(&fixture, &other).await);
        assert_eq!(fixture.server.get_raw(&before_shapes), None, "of when there was no `shape`");
        let (_, observed) = fixture.cache.scope(observe(after::stored(7))).await;
        assert_eq!(observed.last, Some(Source::Miss));
        fixture.server.flush();
    }
}

#[tokio::test]
async fn a_pattern_reaches_all_versions() {
    let fixture = Fixture::new().await;
    fixture.cache.scope(after::stored(7)).await.unwrap();
    let other = put_of_another_version(&fixture);
    fixture.cache.invalidate("person:7:*").await.unwrap();
    assert!(!is_served(&fixture, &other).await);
}

#[tokio::test]
async fn elements_have_the_shape_of_their_value() {
    #[cached(each = ids, key = "each", shape)]
    async fn people(ids: &[u64]) -> Vec<(u64, before::Point)> {
        ids.iter().map(|id| (*id, before::Point(1, 2))).collect()
    }

    let fixture = Fixture::new().await;
    fixture.cache.scope(people(&[1, 2])).await;
    let suffix = format!(":{:016x}", before::Point::SHAPE);
    let keys = fixture.keys();
    assert_eq!(keys.len(), 2);
    assert!(keys.iter().all(|key| key.ends_with(&suffix)), "{keys:?}: {suffix}");
    let (_, observed) = fixture.cache.scope(observe(people(&[1, 2]))).await;
    assert_eq!((observed.hits, observed.misses), (2, 0));
}
