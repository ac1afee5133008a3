//! Order that means something, and order that does not: one key for equal arguments, two for different ones.

use super::tiered;
use crate::support::memory;
use cache_runtime::{Cache, cached, invalidate, invalidates};
use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// A map that keeps the order of its entries, as `IndexMap` does.
#[derive(Clone)]
struct SortBy(Vec<(&'static str, i8)>);

impl Serialize for SortBy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

#[derive(Serialize)]
struct Query {
    sort: SortBy,
    #[serde(flatten)]
    more: SortBy,
}

#[cached(ttl = 60)]
async fn sorted(by: SortBy) -> String {
    format!("{:?}", by.0)
}

#[cached(ttl = 60)]
async fn queried(query: Query) -> String {
    format!("{:?} {:?}", query.sort.0, query.more.0)
}

async fn on_both(calls: impl AsyncFn()) {
    for handle in [memory().await, tiered().await] {
        handle.scope(async { calls().await }).await;
        handle.scope(async { calls().await }).await;
    }
}

#[tokio::test]
async fn a_map_whose_order_means_something_has_a_key_for_each() {
    on_both(async || {
        let orders = [SortBy(vec![("a", 1), ("b", -1)]), SortBy(vec![("b", -1), ("a", 1)])];
        for by in &orders {
            assert_eq!(sorted(by.clone()).await, format!("{:?}", by.0));
            for more in &orders {
                let query = Query { sort: by.clone(), more: more.clone() };
                assert_eq!(queried(query).await, format!("{:?} {:?}", by.0, more.0));
            }
        }
        let repeated = SortBy(vec![("a", 2), ("a", 1)]);
        assert_eq!(sorted(repeated.clone()).await, format!("{:?}", repeated.0));
        let repeated = SortBy(vec![("a", 1), ("a", 2)]);
        assert_eq!(sorted(repeated.clone()).await, format!("{:?}", repeated.0));
    })
    .await;
}

#[derive(Clone, Debug, Serialize)]
enum Scope {
    All,
    #[serde(untagged)]
    Of(String),
}

#[derive(Clone, Debug, Serialize)]
struct Name(String);

#[derive(Clone, Debug, Serialize)]
struct Point {
    x: u8,
}

/// Values of many kinds, written as if they were one.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
enum Loose {
    Nothing,
    Optional(Option<u8>),
    Number(u8),
    Float(f32),
    Double(f64),
    Text(String),
    Char(char),
    Name(Name),
    List(Vec<u8>),
    Pair(u8, u8),
    Point(Point),
    Map(BTreeMap<String, u8>),
    Scope(Scope),
}

fn loose() -> Vec<Loose> {
    vec![
        Loose::Nothing,
        Loose::Optional(None),
        Loose::Optional(Some(1)),
        Loose::Number(1),
        Loose::Float(0.1),
        Loose::Double(0.1),
        Loose::Text("All".to_owned()),
        Loose::Text("a".to_owned()),
        Loose::Char('a'),
        Loose::Name(Name("a".to_owned())),
        Loose::List(vec![1, 2]),
        Loose::Pair(1, 2),
        Loose::Point(Point { x: 1 }),
        Loose::Map(BTreeMap::from([("x".to_owned(), 1)])),
        Loose::Scope(Scope::All),
    ]
}

#[cached(ttl = 60)]
async fn scoped(scope: Scope) -> String {
    format!("{scope:?}")
}

#[cached(ttl = 60, key = "loose:<value>")]
async fn shown(value: Loose) -> String {
    format!("{value:?}")
}

#[cached(ttl = 60)]
async fn keyed(map: Vec<(Loose, u8)>) -> String {
    format!("{map:?}")
}

#[tokio::test]
async fn no_value_imitates_a_value_of_another_kind() {
    on_both(async || {
        for scope in [Scope::All, Scope::Of("All".to_owned())] {
            assert_eq!(scoped(scope.clone()).await, format!("{scope:?}"));
        }
        for value in loose() {
            assert_eq!(shown(value.clone()).await, format!("{value:?}"));
            let map = vec![(value, 1)];
            assert_eq!(keyed(map.clone()).await, format!("{map:?}"));
        }
    })
    .await;
}

/// Passes over what it cannot write.
struct Careless(f64);

impl Serialize for Careless {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        _ = list.serialize_element(&self.0);
        list.end()
    }
}

#[cached(ttl = 60)]
async fn careless(number: Careless) -> String {
    number.0.to_string()
}

#[tokio::test]
async fn an_error_that_is_passed_over_yields_no_key() {
    on_both(async || {
        assert_eq!(careless(Careless(f64::NAN)).await, "NaN");
        assert_eq!(careless(Careless(f64::INFINITY)).await, "inf");
    })
    .await;
}

type Tags = HashSet<String>;

fn tags() -> Tags {
    (0..20).map(|number| format!("t{number}")).collect()
}

#[derive(Serialize)]
struct Filter {
    tags: Tags,
    limits: HashMap<String, Option<Box<Tags>>>,
    ids: Vec<u8>,
}

fn filter(ids: Vec<u8>) -> Filter {
    let limits = (0..20).map(|number| (format!("l{number}"), Some(Box::new(tags())))).collect();
    Filter { tags: tags(), limits, ids }
}

#[cached(ttl = 60, key = "tagged:<tags>")]
async fn tagged(tags: &Tags) -> usize {
    tags.len()
}

#[cached(ttl = 60, key = "held:<tags>")]
async fn held(tags: Cow<'_, Tags>) -> usize {
    tags.len()
}

#[cached(ttl = 60, key = "shared:<tags>")]
async fn shared<T: Serialize + Sync>(tags: Arc<T>) -> usize {
    size_of_val(&tags)
}

#[cached(ttl = 60, key = "filtered:<filter>", unordered(filter.ids))]
async fn filtered(filter: &Filter) -> usize {
    filter.tags.len()
}

#[cached(ttl = 60, key = "listed:<ids>", unordered(ids))]
async fn listed(ids: Vec<u8>) -> usize {
    ids.len()
}

struct User {
    roles: Tags,
    groups: Vec<u8>,
}

impl User {
    #[cached(ttl = 60, key = "user:<self.roles>:<self.groups>", unordered(self.groups))]
    async fn pages(&self) -> usize {
        self.roles.len()
    }
}

#[cached(ttl = 60, key = "ctx:<ctx.roles>", skip(ctx))]
async fn pages(ctx: &User) -> usize {
    ctx.roles.len()
}

#[invalidates(tagged(tags), held(Cow::Borrowed(tags)), filtered(filter), listed(ids.clone()))]
async fn by_calls(tags: &Tags, filter: &Filter, ids: Vec<u8>) {}

#[invalidates(
    "tagged:<tags>:*",
    "held:<tags>:*",
    "filtered:<filter>:*",
    "listed:<ids>:*",
    "ctx:<tags>:*"
)]
async fn by_patterns(tags: &Tags, filter: &Filter, ids: Vec<u8>) {}

async fn call_all() {
    tagged(&tags()).await;
    held(Cow::Owned(tags())).await;
    filtered(&filter(vec![2, 10, 1])).await;
    listed(vec![2, 10, 1]).await;
}

/// Every new set has an order of its own; the key, its text, and what invalidates it have not.
#[tokio::test]
async fn equal_arguments_have_one_key_one_text_and_one_pattern() {
    for handle in [memory().await, tiered().await] {
        let calls = async {
            for round in 1..20 {
                call_all().await;
                assert_eq!(stored(&handle).await, 4, "round {round}");
                by_calls(&tags(), &filter(vec![1, 10, 2]), vec![1, 10, 2]).await;
                assert_eq!(stored(&handle).await, 0, "round {round}");
                call_all().await;
                by_patterns(&tags(), &filter(vec![10, 2, 1]), vec![10, 2, 1]).await;
                assert_eq!(stored(&handle).await, 0, "round {round}");
            }
        };
        handle.scope(calls).await;
    }
}

async fn stored(handle: &Cache) -> usize {
    let mut keys = handle.keys("*").expect("a pattern");
    let mut count = 0;
    while let Some(key) = keys.next().await {
        key.expect("memory does not fail");
        count += 1;
    }
    count
}

#[tokio::test]
async fn equal_arguments_hit_whatever_holds_their_sets() {
    for handle in [memory().await, tiered().await] {
        let calls = async {
            for round in 0..10 {
                shared(Arc::new(tags())).await;
                let groups = if round % 2 == 0 { vec![1, 2] } else { vec![2, 1] };
                filtered(&filter(groups.clone())).await;
                let user = User { roles: tags(), groups };
                user.pages().await;
                pages(&user).await;
            }
            assert_eq!(handle.stats().loads, 4, "{:?}", handle.stats());
            assert_eq!(invalidate!(shared(Arc::new(tags()))).await.unwrap().deleted, 1);
        };
        handle.scope(calls).await;
    }
}

/// A field that serde writes by another name.
#[derive(Serialize)]
struct Renamed {
    #[serde(rename = "t")]
    tags: Vec<u8>,
}

#[cached(ttl = 60, unordered(filter.tags))]
async fn renamed(filter: Renamed) -> u8 {
    filter.tags[0]
}

#[cached(ttl = 60, unordered(filter.t))]
async fn named_as_serde_does(filter: Renamed) -> u8 {
    filter.tags[0]
}

#[tokio::test]
async fn a_field_that_serde_does_not_write_is_no_field_of_unordered() {
    let cache = memory().await;
    let calls = async {
        for tags in [vec![1, 2], vec![2, 1]] {
            assert_eq!(renamed(Renamed { tags: tags.clone() }).await, tags[0]);
            assert_eq!(named_as_serde_does(Renamed { tags }).await, 1);
        }
    };
    cache.scope(calls).await;
    assert_eq!((cache.stats().uncached, cache.stats().loads, cache.stats().hits), (2, 1, 1));
}
