//! Never another caller's data: what tells two calls apart. Each test is a fault seen in some cache of this kind.

#![expect(clippy::option_option, reason = "telling its three cases apart is what is tested")]

use crate::support::memory;
use cache_runtime::{Cache, cached, invalidates};
use serde::{Deserialize, Serialize, Serializer};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

mod macros;
mod order;
mod types;

/// A handle that keeps decoded values in front of its store.
async fn tiered() -> Cache {
    Cache::builder().local(1000).build().await.expect("the embedded store needs nothing")
}

mod one {
    #[cache_runtime::cached(ttl = 60)]
    pub(super) async fn who(id: u8) -> String {
        format!("one {id}")
    }
}

mod two {
    #[cache_runtime::cached(ttl = 60)]
    pub(super) async fn who(id: u8) -> String {
        format!("two {id}")
    }
}

#[tokio::test]
async fn functions_of_one_name_in_two_modules() {
    memory()
        .await
        .scope(async {
            assert_eq!(one::who(1).await, "one 1");
            assert_eq!(two::who(1).await, "two 1");
        })
        .await;
}

/// Two functions whose paths are spelled alike: the compiler gives blocks no name. What they are made of tells them apart.
async fn in_blocks(first: bool) -> &'static str {
    if first {
        #[cached(ttl = 60)]
        async fn inner() -> String {
            "first".into()
        }
        let value = inner().await;
        return if value == "first" { "right" } else { "wrong" };
    }
    #[cached(ttl = 60)]
    async fn inner() -> String {
        "second".into()
    }
    if inner().await == "second" { "right" } else { "wrong" }
}

#[tokio::test]
async fn functions_whose_paths_are_spelled_alike() {
    let cache = memory().await;
    cache
        .scope(async {
            for _ in 0..2 {
                assert_eq!(in_blocks(true).await, "right");
                assert_eq!(in_blocks(false).await, "right");
            }
        })
        .await;
    assert_eq!((cache.stats().loads, cache.stats().hits, cache.stats().uncached), (2, 2, 0));
}

struct Shelf<T>(T);

impl<T> Shelf<T> {
    async fn pages(first: bool) -> String {
        if first {
            #[cached(ttl = 60)]
            async fn inner() -> String {
                "first".into()
            }
            return inner().await;
        }
        #[cached(ttl = 60)]
        async fn inner() -> String {
            "second".into()
        }
        inner().await
    }
}

/// The path of a method's type hides nothing of the blocks behind it.
#[tokio::test]
async fn functions_in_the_blocks_of_a_generic_method() {
    let cache = memory().await;
    let calls = async {
        for _ in 0..2 {
            assert_eq!(Shelf::<u8>::pages(true).await, "first");
            assert_eq!(Shelf::<u8>::pages(false).await, "second");
        }
    };
    cache.scope(calls).await;
    assert_eq!((cache.stats().loads, cache.stats().hits, cache.stats().uncached), (2, 2, 0));
}

#[cached(ttl = 60, id = "shared", key = "shared")]
async fn first_of_id(id: u8) -> String {
    format!("first {id}")
}

#[cached(ttl = 60, id = "shared", key = "shared")]
async fn second_of_id(id: u8) -> String {
    format!("second {id}")
}

#[tokio::test]
async fn functions_that_share_an_id_by_mistake() {
    memory()
        .await
        .scope(async {
            assert_eq!(first_of_id(1).await, "first 1");
            assert_eq!(second_of_id(1).await, "second 1");
        })
        .await;
}

#[cached(ttl = 60, id = "shared by one that is not called", key = "shared")]
async fn called(id: u8) -> String {
    format!("called {id}")
}

#[cached(ttl = 60, id = "shared by one that is not called", key = "shared")]
async fn not_called(id: u8) -> String {
    format!("not called {id}")
}

/// Another process may call the other one, and none of the two can know.
#[tokio::test]
async fn a_function_that_shares_its_id_with_one_that_this_process_does_not_call() {
    let cache = memory().await;
    for _ in 0..2 {
        assert_eq!(cache.scope(called(1)).await, "called 1");
    }
    assert_eq!((cache.stats().uncached, cache.stats().stores), (2, 0));
}

struct Row<T>(T);

impl Row<u8> {
    #[cached(ttl = 60, id = "row.read")]
    async fn read() -> String {
        "u8".into()
    }
}

impl Row<u16> {
    #[cached(ttl = 60, id = "row.read")]
    async fn read() -> String {
        "u16".into()
    }
}

trait Read {
    async fn read_as() -> String;
}

impl<T> Read for Vec<T> {
    #[cached(ttl = 60, id = "read.as", companion = false)]
    async fn read_as() -> String {
        std::any::type_name::<T>().into()
    }
}

impl<T> Read for Option<T> {
    #[cached(ttl = 60, id = "read.as", companion = false)]
    async fn read_as() -> String {
        std::any::type_name::<T>().into()
    }
}

/// Their types stand beside the `id`.
#[tokio::test]
async fn methods_of_several_types_that_share_an_id_on_purpose() {
    let cache = memory().await;
    let calls = async {
        assert_eq!((&*Row::<u8>::read().await, &*Row::<u16>::read().await), ("u8", "u16"));
        let (byte, word) = (<Vec<u8>>::read_as().await, <Vec<u16>>::read_as().await);
        assert_eq!((&*byte, &*word), ("u8", "u16"));
        assert_eq!(<Option<u8>>::read_as().await, "u8");
    };
    cache.scope(calls).await;
    assert_eq!((cache.stats().uncached, cache.stats().stores), (0, 5));
}

trait Named {
    #[cached(ttl = 60, id = "title", companion = false)]
    async fn name() -> String {
        "a name".into()
    }
}

trait Titled {
    #[cached(ttl = 60, id = "title", companion = false)]
    async fn title() -> String {
        "a title".into()
    }
}

impl Named for u8 {}
impl Titled for u8 {}

/// Their traits stand beside the `id`, too, which their own source does not say.
#[tokio::test]
async fn default_methods_of_two_traits_that_share_an_id() {
    let cache = memory().await;
    let (name, title) = cache.scope(async { (u8::name().await, u8::title().await) }).await;
    assert_eq!((&*name, &*title), ("a name", "a title"));
    assert_eq!((cache.stats().uncached, cache.stats().stores), (0, 2));
}

struct Accounts;
struct Orders;

impl Accounts {
    #[cached(ttl = 60)]
    async fn find(id: u8) -> String {
        format!("account {id}")
    }
}

impl Orders {
    #[cached(ttl = 60)]
    async fn find(id: u8) -> String {
        format!("order {id}")
    }
}

#[tokio::test]
async fn functions_of_one_name_on_two_types() {
    memory()
        .await
        .scope(async {
            assert_eq!(Accounts::find(1).await, "account 1");
            assert_eq!(Orders::find(1).await, "order 1");
        })
        .await;
}

trait Kind {
    const NAME: &'static str;
}

impl Kind for Accounts {
    const NAME: &'static str = "accounts";
}

impl Kind for Orders {
    const NAME: &'static str = "orders";
}

#[cached(ttl = 60)]
async fn count<K: Kind>() -> String {
    K::NAME.to_owned()
}

#[cached(ttl = 60, id = "page")]
async fn page<const SIZE: usize>(number: u8) -> String {
    format!("{SIZE} {number}")
}

struct Repo<K>(std::marker::PhantomData<K>);

impl<K: Kind> Repo<K> {
    #[cached(ttl = 60, id = "repo.name", skip(self))]
    async fn name(&self) -> String {
        K::NAME.to_owned()
    }
}

#[tokio::test]
async fn type_parameters() {
    memory()
        .await
        .scope(async {
            assert_eq!(count::<Accounts>().await, "accounts");
            assert_eq!(count::<Orders>().await, "orders");
            assert_eq!(page::<1>(1).await, "1 1");
            assert_eq!(page::<2>(1).await, "2 1");
            assert_eq!(Repo::<Accounts>(std::marker::PhantomData).name().await, "accounts");
            assert_eq!(Repo::<Orders>(std::marker::PhantomData).name().await, "orders");
        })
        .await;
}

/// A type that hides its content from logs, but not from serde.
#[derive(Serialize)]
struct Token(&'static str);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cached(ttl = 60)]
async fn profile(token: Token) -> String {
    token.0.to_owned()
}

#[tokio::test]
async fn a_type_whose_debug_redacts() {
    memory()
        .await
        .scope(async {
            assert_eq!(profile(Token("ada")).await, "ada");
            assert_eq!(profile(Token("bob")).await, "bob");
        })
        .await;
}

#[cached(ttl = 60)]
async fn total(prices: HashMap<String, u32>, wanted: HashSet<String>) -> u32 {
    prices.iter().filter(|(name, _)| wanted.contains(*name)).map(|(_, price)| price).sum()
}

#[tokio::test]
async fn maps_and_sets_hit_whatever_their_order() {
    let cache = memory().await;
    cache
        .scope(async {
            for _ in 0..20 {
                // Every new map and set has an order of its own.
                let prices = (0..20).map(|n| (format!("p{n}"), n)).collect();
                let wanted = (5..15).map(|n| format!("p{n}")).collect();
                assert_eq!(total(prices, wanted).await, 95);
            }
        })
        .await;
    assert_eq!((cache.stats().loads, cache.stats().hits), (1, 19));
}

#[cached(ttl = 60)]
async fn swapped(first: &str, second: &str) -> String {
    format!("{first}-{second}")
}

#[cached(ttl = 60, key = "<a>:<b>")]
async fn split(a: &str, b: &str) -> String {
    format!("{a}|{b}")
}

#[cached(ttl = 60)]
async fn nested(value: Option<Option<u8>>) -> String {
    format!("{value:?}")
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
enum Name {
    Number(u8),
    Text(&'static str),
}

#[cached(ttl = 60)]
async fn keyed(names: BTreeMap<Name, u8>) -> String {
    format!("{names:?}")
}

#[tokio::test]
async fn arguments_that_look_alike() {
    memory()
        .await
        .scope(async {
            assert_eq!(swapped("a", "b").await, "a-b");
            assert_eq!(swapped("b", "a").await, "b-a");
            assert_eq!(split("x:y", "z").await, "x:y|z");
            assert_eq!(split("x", "y:z").await, "x|y:z");
            for value in [None, Some(None), Some(Some(0))] {
                assert_eq!(nested(value).await, format!("{value:?}"));
            }
            for name in [Name::Number(1), Name::Text("1")] {
                let names = BTreeMap::from([(name, 1)]);
                let expected = format!("{names:?}");
                assert_eq!(keyed(names).await, expected);
            }
        })
        .await;
}

mod versions {
    #[cache_runtime::cached(ttl = 60, id = "v", key = "v", version = 1)]
    pub(super) async fn old() -> u8 {
        1
    }

    #[cache_runtime::cached(ttl = 60, id = "v", key = "v", version = 2)]
    pub(super) async fn new() -> u8 {
        2
    }
}

#[tokio::test]
async fn versions_of_one_id_do_not_share_entries() {
    let cache = memory().await;
    cache
        .scope(async {
            for _ in 0..2 {
                assert_eq!(versions::old().await, 1);
                assert_eq!(versions::new().await, 2);
            }
        })
        .await;
    assert_eq!(cache.stats().hits, 2);
}

/// An argument that fails to serialize, and whose error would tell what it holds.
struct Secret(&'static str);

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, _serializer: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom(self.0))
    }
}

#[cached(ttl = 60)]
async fn by_secret(secret: Secret) -> String {
    secret.0.to_owned()
}

#[cached(ttl = 60)]
async fn by_float(number: f64) -> String {
    number.to_string()
}

#[tokio::test]
async fn arguments_that_have_no_place_in_a_key_run_uncached() {
    let cache = memory().await;
    cache
        .scope(async {
            assert_eq!(by_secret(Secret("a")).await, "a");
            assert_eq!(by_secret(Secret("b")).await, "b");
            assert_eq!(by_float(f64::NAN).await, "NaN");
            assert_eq!(by_float(f64::INFINITY).await, "inf");
        })
        .await;
    let stats = cache.stats();
    assert_eq!((stats.uncached, stats.stores, stats.hits), (4, 0, 0));
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Reading {
    value: Option<f64>,
    nested: Option<Option<u8>>,
}

#[cached(ttl = 60)]
async fn reading(value: Option<u8>, nested: bool) -> Reading {
    let value = value.map_or(Some(f64::NAN), |value| Some(f64::from(value) / 3.0));
    Reading { value, nested: nested.then_some(None) }
}

#[tokio::test]
async fn a_hit_returns_what_the_function_returned_or_is_no_hit() {
    let cache = memory().await;
    cache
        .scope(async {
            for _ in 0..2 {
                assert!(reading(None, false).await.value.is_some_and(f64::is_nan));
                assert_eq!(reading(Some(1), true).await.nested, Some(None));
                assert_eq!(reading(Some(1), false).await.value, Some(1.0 / 3.0));
            }
        })
        .await;
    assert_eq!((cache.stats().hits, cache.stats().skipped), (1, 4));
}

#[cached(ttl = 60, key = "u:<name>")]
async fn by_name(name: &str) -> String {
    name.to_owned()
}

#[invalidates("u:<name>:*")]
async fn change(name: &str) {}

#[tokio::test]
async fn a_value_cannot_forge_a_pattern() {
    let cache = memory().await;
    cache
        .scope(async {
            for name in ["a", "b", "*", "a:b", "[ab]", "?"] {
                by_name(name).await;
            }
            for (name, gone) in [("*", 1), ("[ab]", 2), ("?", 3), ("a", 4), ("a:*", 4)] {
                change(name).await;
                assert_eq!(cache.stats().deleted, gone, "{name}");
            }
        })
        .await;
}
