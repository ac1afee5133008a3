//! `codec` and `compress`: what is stored, and that everybody reads it, whatever they write themselves.

use cache_runtime::codec::{Codec, CodecError};
use cache_runtime::{Cache, Source, Stats, Ttl, cached, observe, prime};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;
use testkit::RedisServer;

/// A value that JSON and `MessagePack` have in common.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct User {
    id: u64,
    name: String,
    tags: Vec<Option<String>>,
}

fn ada() -> User {
    User { id: 7, name: "Ada".to_owned(), tags: vec![None, Some("é".to_owned())] }
}

/// Text of which zstd leaves little.
fn long() -> String {
    "seven ".repeat(2000)
}

/// A codec of the application's own: JSON behind a letter.
enum Lettered {}

impl Codec for Lettered {
    const NAME: &'static str = "lettered";

    fn encode<T: Serialize + ?Sized>(value: &T, out: &mut impl Write) -> Result<(), CodecError> {
        out.write_all(b"L")?;
        Ok(serde_json::to_writer(out, value)?)
    }

    fn decode<T: DeserializeOwned>(payload: &[u8]) -> Result<T, CodecError> {
        let json = payload.strip_prefix(b"L").ok_or("no letter")?;
        Ok(serde_json::from_slice(json)?)
    }
}

/// Versions of one function. In one process they have to be several functions, with entries of their own: [`Fixture::hand_to`] carries one from the
/// one to the other.
mod user {
    use super::{Lettered, User, ada, cached};

    #[cached]
    pub(super) async fn in_json() -> User {
        ada()
    }

    #[cached(codec = "msgpack")]
    pub(super) async fn in_message_pack() -> User {
        ada()
    }

    #[cached(codec = Lettered)]
    pub(super) async fn lettered() -> User {
        ada()
    }
}

mod text {
    use super::{cached, long};

    #[cached]
    pub(super) async fn plain() -> String {
        long()
    }

    #[cached(compress = 4096)]
    pub(super) async fn compressed() -> String {
        long()
    }

    #[cached(compress = 4096, codec = "msgpack")]
    pub(super) async fn both() -> String {
        long()
    }

    #[cached(compress = false)]
    pub(super) async fn never() -> String {
        long()
    }
}

struct Fixture {
    server: RedisServer,
    cache: Cache,
}

impl Fixture {
    async fn new() -> Self {
        let server = RedisServer::start();
        let cache = handle(&server).await;
        Self { server, cache }
    }

    /// What the only key holds: the second field of its header, and the payload.
    fn stored(&self) -> (String, Vec<u8>) {
        let keys = self.server.keys("*");
        assert_eq!(keys.len(), 1, "{keys:?}");
        let entry = self.server.get_raw(&keys[0]).expect("something is stored");
        let end = entry.iter().position(|byte| *byte == b'\n').expect("the header is a line");
        let header = std::str::from_utf8(&entry[..end]).unwrap();
        (header.split(' ').nth(1).unwrap().to_owned(), entry[end + 1..].to_vec())
    }

    /// Puts what is stored for one call under the key of another one.
    async fn hand_to<T>(&self, reader: impl Future<Output = T>) {
        let key = self.server.keys("*").remove(0);
        let entry = self.server.get_raw(&key).unwrap();
        self.server.flush();
        // It stores its own, which shows its key.
        self.cache.scope(cache_runtime::refresh(reader)).await;
        let key = self.server.keys("*").remove(0);
        self.server.set_raw(&key, &entry);
    }

    fn form(&self) -> String {
        self.stored().0
    }

    fn stats(&self) -> Stats {
        self.cache.stats()
    }
}

async fn handle(server: &RedisServer) -> Cache {
    let builder = Cache::builder().redis(server.url()).budget(Duration::from_secs(10));
    builder.build().await.unwrap()
}

/// Where a call has its value from.
async fn source<T>(cache: &Cache, call: impl Future<Output = T>) -> Source {
    let (_, observed) = cache.scope(observe(call)).await;
    observed.last.expect("it is a call of a cached function")
}

#[tokio::test]
async fn a_fleet_that_changes_its_codec_reads_both() {
    let fixture = Fixture::new().await;
    let cache = &fixture.cache;
    cache.scope(user::in_message_pack()).await;
    assert_eq!(fixture.form(), "msgpack");
    fixture.hand_to(user::in_json()).await;
    assert_eq!(cache.scope(user::in_json()).await, ada());
    assert_eq!(source(cache, user::in_json()).await, Source::Hit);

    fixture.server.flush();
    cache.scope(user::in_json()).await;
    assert_eq!(fixture.form(), "json");
    fixture.hand_to(user::in_message_pack()).await;
    assert_eq!(cache.scope(user::in_message_pack()).await, ada());
    assert_eq!(source(cache, user::in_message_pack()).await, Source::Hit);
    assert_eq!(fixture.stats().corrupt, 0);
}

#[tokio::test]
async fn fields_have_their_names_in_message_pack() {
    let fixture = Fixture::new().await;
    fixture.cache.scope(user::in_message_pack()).await;
    let expected = b"\x83\xa2id\x07\xa4name\xa3Ada\xa4tags\x92\xc0\xa2\xc3\xa9";
    assert_eq!(fixture.stored().1, expected);
}

#[tokio::test]
async fn a_codec_of_ones_own_is_read_by_those_who_name_it() {
    let fixture = Fixture::new().await;
    let cache = &fixture.cache;
    assert_eq!(cache.scope(user::lettered()).await, ada());
    let (form, payload) = fixture.stored();
    assert_eq!((form.as_str(), &payload[..3]), ("lettered", &b"L{\""[..]));
    assert_eq!(source(cache, user::lettered()).await, Source::Hit);

    // For others it is broken.
    fixture.hand_to(user::in_json()).await;
    assert_eq!(source(cache, user::in_json()).await, Source::Miss);
    assert_eq!((fixture.stats().corrupt, fixture.form().as_str()), (1, "json"));
    // What they store is read by all.
    fixture.hand_to(user::lettered()).await;
    assert_eq!(source(cache, user::lettered()).await, Source::Hit);
    fixture.server.flush();
    cache.scope(user::in_message_pack()).await;
    fixture.hand_to(user::lettered()).await;
    assert_eq!(source(cache, user::lettered()).await, Source::Hit);
}

#[tokio::test]
async fn large_values_are_compressed_and_everybody_reads_them() {
    let fixture = Fixture::new().await;
    let cache = &fixture.cache;
    for (writer, expected) in [(Form::Compressed, "json+zstd"), (Form::Both, "msgpack+zstd")] {
        for reader in [Form::Plain, Form::Compressed, Form::Both, Form::Never] {
            fixture.server.flush();
            assert_eq!(cache.scope(writer.text()).await, long());
            let (form, payload) = fixture.stored();
            assert_eq!(form, expected);
            assert!(payload.len() < long().len() / 10, "{} bytes", payload.len());
            fixture.hand_to(reader.text()).await;
            assert_eq!(source(cache, reader.text()).await, Source::Hit, "{reader:?}");
            assert_eq!(cache.scope(reader.text()).await, long());
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Form {
    Plain,
    Compressed,
    Both,
    Never,
}

impl Form {
    async fn text(self) -> String {
        match self {
            Self::Plain => text::plain().await,
            Self::Compressed => text::compressed().await,
            Self::Both => text::both().await,
            Self::Never => text::never().await,
        }
    }
}

#[tokio::test]
async fn the_handle_says_what_is_compressed_and_the_function_has_the_last_word() {
    let server = RedisServer::start();
    let builder = Cache::builder().redis(server.url()).budget(Duration::from_secs(10));
    let cache = builder.compress(1000).build().await.unwrap();
    let fixture = Fixture { server, cache };
    fixture.cache.scope(text::plain()).await;
    assert_eq!(fixture.form(), "json+zstd");
    fixture.server.flush();
    fixture.cache.scope(text::never()).await;
    assert_eq!(fixture.form(), "json");

    fixture.server.flush();
    fixture.cache.set("text", long(), 60).await.unwrap();
    assert_eq!(fixture.form(), "json+zstd");
    fixture.cache.set_many([("text", long())], 60).await.unwrap();
    assert_eq!(fixture.form(), "json+zstd");
    // A handle that compresses nothing reads it.
    let other = handle(&fixture.server).await;
    assert_eq!(other.get("text").await.unwrap(), Some(long()));
    assert_eq!(other.get_many::<String>(["text"]).await.unwrap(), [Some(long())]);
    fixture.cache.set("text", "short", 60).await.unwrap();
    assert_eq!(fixture.form(), "json");
}

/// A compressed entry of megabytes is no reason for a handle with a lower limit to take that much memory, or to delete it.
#[tokio::test]
async fn what_would_be_too_large_is_neither_decompressed_nor_deleted() {
    let fixture = Fixture::new().await;
    fixture.cache.scope(text::compressed()).await;
    let builder = Cache::builder().redis(fixture.server.url()).budget(Duration::from_secs(10));
    let small = builder.max_entry_size(1000).build().await.unwrap();
    assert!(fixture.stored().1.len() < 1000, "stored, it is within the limit");
    assert_eq!(source(&small, text::compressed()).await, Source::Miss);
    assert_eq!(small.stats().corrupt, 0);
    assert_eq!(fixture.form(), "json+zstd");
    assert_eq!(source(&fixture.cache, text::compressed()).await, Source::Hit);
}

#[tokio::test]
async fn a_broken_frame_is_a_miss_and_is_replaced() {
    let fixture = Fixture::new().await;
    fixture.cache.scope(user::in_json()).await;
    let key = fixture.server.keys("*").remove(0);
    let entry = String::from_utf8(fixture.server.get_raw(&key).unwrap()).unwrap();
    // The checksum is right, and JSON is no frame.
    let broken = entry.replacen(" json ", " json+zstd ", 1);
    fixture.server.set_raw(&key, broken.as_bytes());
    assert_eq!(source(&fixture.cache, user::in_json()).await, Source::Miss);
    assert_eq!(fixture.stats().corrupt, 1);
    assert_eq!(source(&fixture.cache, user::in_json()).await, Source::Hit);
}

#[tokio::test]
async fn message_pack_has_floats_that_are_not_finite() {
    #[cached(codec = "msgpack")]
    async fn limit() -> Vec<f64> {
        vec![f64::INFINITY, f64::NAN]
    }

    #[cached(codec = "msgpack")]
    async fn lossy() -> Option<Option<u8>> {
        Some(None)
    }

    let fixture = Fixture::new().await;
    fixture.cache.scope(limit()).await;
    let (limits, observed) = fixture.cache.scope(observe(limit())).await;
    assert_eq!(observed.last, Some(Source::Hit));
    assert!(limits[0].is_infinite() && limits[1].is_nan(), "{limits:?}");
    fixture.cache.scope(lossy()).await;
    assert_eq!(fixture.cache.scope(lossy()).await, Some(None));
    assert_eq!(fixture.stats().skipped, 2);
}

#[tokio::test]
async fn a_value_given_by_hand_has_the_functions_form() {
    #[cached(codec = "msgpack", compress = 100, key = "primed")]
    async fn primed() -> String {
        unreachable!("it was given")
    }

    let fixture = Fixture::new().await;
    fixture.cache.scope(async { prime!(primed(), &long()).await }).await.unwrap();
    assert_eq!(fixture.form(), "msgpack+zstd");
    assert_eq!(fixture.cache.scope(primed()).await, long());
}

#[tokio::test]
async fn elements_have_the_functions_form() {
    #[cached(each = ids, codec = "msgpack", compress = 100, key = "each", store_if = |text| !text.is_empty())]
    async fn texts(ids: &[u64]) -> Vec<(u64, String)> {
        ids.iter().map(|id| (*id, long())).collect()
    }

    let fixture = Fixture::new().await;
    fixture.cache.scope(texts(&[7])).await;
    assert_eq!(fixture.form(), "msgpack+zstd");
    let (texts, observed) = fixture.cache.scope(observe(texts(&[7]))).await;
    assert_eq!((texts, observed.last), (vec![(7, long())], Some(Source::Hit)));
}

/// Followers and the in-process tier get what the store has, in whichever form.
#[tokio::test]
async fn what_is_kept_in_process_is_read_in_its_form() {
    /// It cannot be copied, so that it is kept as it was stored.
    #[derive(Debug, Deserialize, PartialEq, Serialize)]
    struct Single(f64);

    #[cached(codec = "msgpack", compress = 0)]
    async fn single() -> Single {
        Single(f64::INFINITY)
    }

    let server = RedisServer::start();
    let builder = Cache::builder().redis(server.url()).budget(Duration::from_secs(10)).local(100);
    let cache = builder.build().await.unwrap();
    for _ in 0..4 {
        assert_eq!(cache.scope(single()).await, Single(f64::INFINITY));
    }
    assert!(cache.stats().local_hits > 0, "{:?}", cache.stats());
    let both = cache.scope(async { tokio::join!(single(), single()) }).await;
    assert_eq!(both, (Single(f64::INFINITY), Single(f64::INFINITY)));
}

#[tokio::test]
async fn who_waits_reads_what_was_loaded_in_its_form() {
    #[cached(codec = "msgpack", compress = 0)]
    async fn slow() -> Vec<f64> {
        tokio::task::yield_now().await;
        vec![f64::INFINITY; 100]
    }

    let fixture = Fixture::new().await;
    let both = fixture.cache.scope(async { tokio::join!(slow(), slow()) }).await;
    assert_eq!(both, (vec![f64::INFINITY; 100], vec![f64::INFINITY; 100]));
    let stats = fixture.stats();
    assert_eq!((stats.loads, stats.waits), (1, 1));
}

#[tokio::test]
async fn times_from_the_value_hold_in_every_form() {
    #[cached(codec = "msgpack", compress = 0, ttl = |value: &Option<u64>| value.unwrap_or(1), none_ttl = 30)]
    async fn times(value: Option<u64>) -> Option<u64> {
        value
    }

    let fixture = Fixture::new().await;
    for (value, expected) in [(Some(900), 900), (None, 30)] {
        fixture.server.flush();
        fixture.cache.scope(times(value)).await;
        let keys = fixture.cache_keys();
        let left = fixture.cache.ttl(&keys).await.unwrap().expect("it expires");
        let expected = Duration::from_secs(expected);
        assert!(left <= expected && left + Duration::from_secs(20) > expected, "{left:?}");
    }
    assert_ne!(Ttl::Never, Ttl::from(30));
}

impl Fixture {
    /// The only key, without the prefix.
    fn cache_keys(&self) -> String {
        let key = self.server.keys("*").remove(0);
        key.strip_prefix("cache:").unwrap().to_owned()
    }
}

/// A type whose keys are numbers or text.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(untagged)]
enum Name {
    Number(i64),
    Text(String),
}

#[tokio::test]
async fn keys_that_json_writes_alike_are_not_stored() {
    type Names = BTreeMap<Name, u8>;

    fn names() -> Names {
        BTreeMap::from([(Name::Number(5), 1), (Name::Text("5".to_owned()), 2)])
    }

    #[cached]
    async fn in_json() -> Names {
        names()
    }

    #[cached(codec = "msgpack")]
    async fn in_message_pack() -> Names {
        names()
    }

    let fixture = Fixture::new().await;
    for _ in 0..2 {
        assert_eq!(fixture.cache.scope(in_json()).await, names());
        assert_eq!(fixture.cache.scope(in_message_pack()).await, names());
    }
    let stats = fixture.stats();
    assert_eq!((stats.skipped, stats.hits), (2, 1));
    // Who writes JSON does not take them from MessagePack either.
    fixture.hand_to(async { fixture.cache.scope(plain_names()).await }).await;
    assert_eq!(source(&fixture.cache, plain_names()).await, Source::Miss);
}

#[cached]
async fn plain_names() -> BTreeMap<Name, u8> {
    BTreeMap::from([(Name::Number(5), 1)])
}

/// A codec of ones own may encrypt: nothing is stored for its function in another form.
#[tokio::test]
async fn a_function_with_a_codec_of_its_own_is_not_primed() {
    #[cached(codec = Lettered)]
    async fn secret() -> String {
        String::new()
    }

    let fixture = Fixture::new().await;
    let primed = fixture.cache.scope(async { prime!(secret(), &"hunter2".to_owned()).await }).await;
    assert!(primed.is_err_and(|error| error.is_config()));
    assert_eq!(fixture.server.keys("*"), [""; 0]);
}
