//! What is looked up, what is loaded, what is stored.

use super::stage::*;
use crate::support::strategy;
use cache_runtime::stats::Counts;
use cache_runtime::{Cache, bypass, cached, observe, refresh};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use testkit::RedisServer;

#[tokio::test]
async fn the_load_is_asked_once_and_for_what_is_missing() {
    on_both(async |node| {
        assert_eq!(node.rows(&[1, 2, 3]).await, [(1, 0), (2, 0), (3, 0)]);
        node.table.write(1);
        assert_eq!(node.rows(&[4, 2, 5, 3]).await, [(2, 0), (3, 0), (4, 1), (5, 1)]);
        assert_eq!(node.rows(&[5, 1]).await, [(1, 0), (5, 1)]);
        assert_eq!(node.table.asked(), [vec![1, 2, 3], vec![4, 5]]);
        let Counts { hits, misses, loads, stores, errors, .. } = node.cache.stats().total();
        assert_eq!((hits, misses, loads, stores, errors), (4, 5, 2, 5, 0));
    })
    .await;
}

#[tokio::test]
async fn an_id_that_comes_twice_is_asked_for_once() {
    on_both(async |node| {
        assert_eq!(node.rows(&[7, 7, 8, 7]).await, [(7, 0), (8, 0)]);
        assert_eq!(node.rows(&[8, 9, 8, 9]).await, [(8, 0), (9, 0)]);
        assert_eq!(node.table.asked(), [vec![7, 8], vec![9]]);
    })
    .await;
}

#[cached(wait = "300ms", each = sets, skip(node), cache = node.cache)]
async fn sums(node: &Node, sets: &[BTreeSet<u64>]) -> Vec<(BTreeSet<u64>, u64)> {
    node.table.note(&[sets.len() as u64]);
    sets.iter().map(|set| (set.clone(), set.iter().sum())).collect()
}

/// A set, as a key of a result.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Listed(Vec<u64>);

impl From<HashSet<u64>> for Listed {
    fn from(set: HashSet<u64>) -> Self {
        Self(set.into_iter().collect())
    }
}

/// Sets are equal in any order of their elements, and have one key.
#[cached(wait = "300ms", each = sets, skip(node), cache = node.cache)]
async fn sizes(node: &Node, sets: Vec<HashSet<u64>>) -> Vec<(Listed, usize)> {
    node.table.note(&[sets.len() as u64]);
    sets.into_iter().map(|set| (Listed::from(set.clone()), set.len())).collect()
}

#[tokio::test]
async fn equal_sets_are_one_element() {
    let node = Node::embedded().await;
    let set = BTreeSet::from([1, 2]);
    assert_eq!(sums(&node, &[set.clone(), set.clone()]).await, [(set, 3)]);
    // Two of them are seldom listed in the same order.
    let sets = vec![(0..20).collect(), (0..20).collect()];
    assert_eq!(sizes(&node, sets).await.len(), 1);
    assert_eq!(node.table.asked(), [[1], [1]]);
}

#[tokio::test]
async fn many_elements_cost_one_round_trip() {
    let server = RedisServer::start();
    let node = Node::over(&server, &Arc::default()).await;
    let ids: Vec<u64> = (0..90).collect();
    node.rows(&ids).await;
    let requests = |server: &RedisServer| {
        let stats = server.info("commandstats");
        let calls = |command: &str| stats.get(&format!("cmdstat_{command}")).cloned();
        (calls("mget"), calls("get"))
    };
    server.command(&["CONFIG", "RESETSTAT"]);
    assert_eq!(node.rows(&ids).await.len(), 90);
    let (together, alone) = requests(&server);
    assert!(together.is_some_and(|mget| mget.starts_with("calls=1,")), "one request for all");
    assert_eq!(alone, None);
}

#[tokio::test]
async fn what_is_absent_is_remembered() {
    on_both(async |node| {
        assert_eq!(node.rows(&[1, 100]).await, [(1, 0)]);
        assert_eq!(node.rows(&[1, 100, 200]).await, [(1, 0)]);
        assert_eq!(node.rows(&[100, 200]).await, []);
        assert_eq!(node.table.asked(), [vec![1, 100], vec![200]]);
    })
    .await;
}

#[cached(ttl = 60, none_ttl = 5, key = "brief:<ids>", each = ids)]
async fn brief(ids: &[u64]) -> BTreeMap<u64, String> {
    ids.iter().filter(|id| **id < 100).map(|id| (*id, id.to_string())).collect()
}

#[cached(ttl = 60, none_ttl = 0, key = "never:<ids>", each = ids)]
async fn never(ids: &[u64]) -> BTreeMap<u64, String> {
    ids.iter().filter(|id| **id < 100).map(|id| (*id, id.to_string())).collect()
}

#[tokio::test]
async fn what_is_absent_has_a_time_of_its_own() {
    let server = RedisServer::start();
    let cache = Cache::builder().redis(server.url()).build().await.unwrap();
    let scene = async {
        brief(&[1, 100]).await;
        let left = |id: u64| {
            let key = server.keys(&format!("*brief:{id}:*")).pop().expect("it is stored");
            match server.command(&["TTL", &key]) {
                testkit::redis::Value::Int(seconds) => seconds,
                other => panic!("{other:?}"),
            }
        };
        assert!((6..=60).contains(&left(1)));
        assert!((1..=5).contains(&left(100)));
        never(&[1, 100]).await;
        assert_eq!(server.keys("*never:1:*").len(), 1);
        assert_eq!(server.keys("*never:100:*").len(), 0);
    };
    cache.scope(scene).await;
}

#[tokio::test]
async fn nothing_is_stored_of_a_load_that_failed() {
    on_both(async |node| {
        assert_eq!(unlucky(node, &[12, 13]).await, Err(Failed));
        assert_eq!(unlucky(node, &[12]).await.map(sorted), Ok(vec![(12, 0)]));
        assert_eq!(node.table.asked(), [vec![12, 13], vec![12]]);
        assert_eq!(node.cache.stats().stores, 1);
        // The error is that of the whole call.
        assert_eq!(unlucky(node, &[12, 13]).await, Err(Failed));
    })
    .await;
}

#[tokio::test]
async fn an_empty_list_is_left_to_the_function() {
    on_both(async |node| {
        assert_eq!(node.rows(&[]).await, []);
        assert_eq!(node.table.asked(), [Vec::<u64>::new()]);
    })
    .await;
}

/// Returns rows of other ids than those it was asked for, and several of one.
#[cached(ttl = 60, each = ids)]
async fn wayward(ids: Vec<u64>) -> Vec<(u64, String)> {
    let mut rows: Vec<_> = ids.iter().map(|id| (*id, format!("row of {id}"))).collect();
    match ids.first() {
        Some(1) => rows.insert(0, (999, "of nobody".to_owned())),
        Some(2) => rows[0].0 = 888,
        Some(3) => rows.push((3, "another row of 3".to_owned())),
        _ => {}
    }
    rows
}

#[tokio::test]
async fn what_was_not_asked_for_is_returned_and_not_stored() {
    let cache = Cache::builder().memory().build().await.unwrap();
    let scene = async {
        let row = |id: u64, text: &str| (id, text.to_owned());
        assert_eq!(wayward(vec![1]).await, [row(1, "row of 1"), row(999, "of nobody")]);
        assert_eq!(wayward(vec![999]).await, [row(999, "row of 999")]);
        // An id that came back under another name is not absent.
        assert_eq!(wayward(vec![2]).await, [row(888, "row of 2")]);
        assert_eq!(wayward(vec![2]).await, [row(888, "row of 2")]);
        // Of several rows of one id none is lost.
        let both = [row(3, "row of 3"), row(3, "another row of 3")];
        assert_eq!(wayward(vec![3]).await, both);
        assert_eq!(wayward(vec![3]).await, both);
        assert_eq!(cache.stats().skipped, 4);
    };
    cache.scope(scene).await;
}

#[tokio::test]
async fn pairs_come_in_the_order_of_the_ids() {
    let cache = Cache::builder().memory().build().await.unwrap();
    let scene = async {
        wayward(vec![7, 5]).await;
        let ids = |rows: Vec<(u64, String)>| rows.into_iter().map(|(id, _)| id).collect::<Vec<_>>();
        assert_eq!(ids(wayward(vec![4, 5, 6, 7, 8]).await), [4, 5, 6, 7, 8]);
    };
    cache.scope(scene).await;
}

#[cached(each = ids, store_if = |row| !row.is_empty(), ttl = |row| Duration::from_secs(row.len() as u64))]
async fn judged(ids: Vec<u64>) -> HashMap<u64, String> {
    ids.into_iter()
        .filter(|id| *id < 100)
        .map(|id| (id, "x".repeat(usize::try_from(id).unwrap())))
        .collect()
}

#[tokio::test]
async fn the_attributes_closures_see_values() {
    let server = RedisServer::start();
    let cache = Cache::builder().redis(server.url()).default_ttl(Duration::from_secs(90));
    let cache = cache.build().await.unwrap();
    cache.scope(judged(vec![0, 10, 100])).await;
    let keys = server.keys("*judged:*");
    let mut left: Vec<_> = keys.iter().map(|key| server.command(&["TTL", key])).collect();
    left.sort_by_key(|value| format!("{value:?}"));
    let (tens, rest): (Vec<_>, Vec<_>) =
        left.into_iter().partition(|value| matches!(value, testkit::redis::Value::Int(1..=10)));
    assert_eq!((tens.len(), rest.len()), (1, 1), "an empty row is not stored, an absent one is");
}

#[cached(each = ids)]
async fn of_floats(ids: Vec<f64>) -> Vec<(f64, String)> {
    ids.into_iter().map(|id| (id, id.to_string())).collect()
}

#[tokio::test]
async fn an_id_without_a_key_is_loaded_each_time() {
    let cache = Cache::builder().memory().build().await.unwrap();
    let scene = async {
        for _ in 0..2 {
            let rows = of_floats(vec![1.5, f64::NAN]).await;
            let rows: Vec<_> = rows.iter().map(|(_, text)| &**text).collect();
            assert_eq!(rows, ["1.5", "NaN"]);
        }
        let Counts { hits, uncached, .. } = cache.stats().total();
        assert_eq!((hits, uncached), (1, 2));
    };
    cache.scope(scene).await;
}

#[tokio::test]
async fn a_result_in_a_value_is_not_stored() {
    /// Written out, it would not compile.
    type Row = Result<u64, String>;

    #[cached(each = ids)]
    async fn fallible(ids: Vec<u64>) -> HashMap<u64, Row> {
        ids.into_iter().map(|id| (id, Err("no".to_owned()))).collect()
    }
    let cache = Cache::builder().memory().build().await.unwrap();
    cache.scope(fallible(vec![1])).await;
    cache.scope(fallible(vec![1])).await;
    assert_eq!((cache.stats().loads, cache.stats().stores), (2, 0));
}

#[tokio::test]
async fn without_a_cache_the_function_runs_as_it_is() {
    #[cached(each = ids)]
    async fn plain(ids: Vec<u64>) -> Vec<(u64, usize)> {
        let asked = ids.len();
        ids.into_iter().map(|id| (id, asked)).collect()
    }
    assert_eq!(plain(vec![1, 1]).await, [(1, 2), (1, 2)]);
    let cache = Cache::builder().memory().build().await.unwrap();
    cache.scope(plain(vec![1])).await;
    assert_eq!(cache.scope(bypass(plain(vec![1, 1]))).await, [(1, 2), (1, 2)]);
    assert_eq!(cache.scope(plain(vec![1, 2])).await, [(1, 1), (2, 1)]);
}

#[tokio::test]
async fn a_refresh_loads_every_element() {
    on_both(async |node| {
        node.rows(&[1, 2]).await;
        node.table.write(5);
        assert_eq!(refresh(node.rows(&[1, 2])).await, [(1, 5), (2, 5)]);
        assert_eq!(node.rows(&[1, 2]).await, [(1, 5), (2, 5)]);
        assert_eq!(node.table.asked(), [[1, 2], [1, 2]]);
    })
    .await;
}

#[tokio::test]
async fn elements_are_observed_one_by_one() {
    let node = Node::embedded().await;
    node.rows(&[1, 2]).await;
    let (_, observed) = observe(node.rows(&[1, 2, 3])).await;
    assert_eq!((observed.hits, observed.misses, observed.is_hit()), (2, 1, false));
}

#[tokio::test]
async fn elements_are_kept_in_process() {
    let server = RedisServer::start();
    let builder = Cache::builder().redis(server.url()).strategy(strategy()).local(100);
    let node = Node::built(builder, &Arc::default()).await;
    for _ in 0..3 {
        assert_eq!(node.rows(&[1, 2, 100]).await, [(1, 0), (2, 0)]);
    }
    assert_eq!(node.cache.stats().local_hits, 3);
    write(&node, 2, 9).await;
    assert_eq!(node.rows(&[1, 2]).await, [(1, 0), (2, 9)]);
}

#[tokio::test]
async fn a_store_that_is_away_costs_no_element() {
    let server = RedisServer::start();
    let node = Node::over(&server, &Arc::default()).await;
    node.rows(&[1]).await;
    server.kill();
    assert_eq!(node.rows(&[1, 2]).await, [(1, 0), (2, 0)]);
    assert_eq!(node.table.asked().last(), Some(&vec![1, 2]));
}

/// A user who may not read several keys at once gets the elements one by one.
#[tokio::test]
async fn elements_are_read_one_by_one_where_they_must() {
    let server = RedisServer::builder().user("single", "single-secret").start();
    server.command(&["ACL", "SETUSER", "single", "-mget"]);
    let url = format!("redis://single:single-secret@127.0.0.1:{}", server.port());
    let node = Node::built(Cache::builder().redis(url), &Arc::default()).await;
    node.rows(&[1, 2, 3]).await;
    assert_eq!(node.rows(&[1, 2, 3]).await.len(), 3);
    assert_eq!(node.table.asked(), [[1, 2, 3]]);
}

#[tokio::test]
async fn broken_entries_are_repaired() {
    let server = RedisServer::start();
    let node = Node::over(&server, &Arc::default()).await;
    node.rows(&[1, 2, 3]).await;
    let key = |id: u64| {
        server
            .keys(&format!("each:rows:{id}:*"))
            .into_iter()
            .find(|key| !key.ends_with("~epoch"))
            .unwrap()
    };
    server.set_raw(&key(1), b"garbage");
    let list = key(2);
    server.command(&["DEL", &list]);
    server.command(&["RPUSH", &list, "x"]);
    node.table.write(4);
    assert_eq!(node.rows(&[1, 2, 3]).await, [(1, 4), (2, 4), (3, 0)]);
    node.rows(&[1, 2, 3]).await;
    assert_eq!(node.rows(&[1, 2, 3]).await, [(1, 4), (2, 4), (3, 0)]);
    assert_eq!(node.cache.stats().corrupt, 2);
}

#[cached(each = ids, skip(node), cache = node.cache)]
fn blocking(node: &Node, ids: &[u64]) -> Result<Vec<(u64, u64)>, Failed> {
    node.table.note(ids);
    Ok(ids.iter().map(|id| (*id, *id)).collect())
}

#[test]
fn blocking_functions_do_the_same() {
    let server = RedisServer::start();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for builder in [Cache::builder().memory(), Cache::builder().redis(server.url())] {
        let node = runtime.block_on(Node::built(builder, &Arc::default()));
        blocking(&node, &[1, 2]).unwrap();
        assert_eq!(blocking(&node, &[2, 3]), Ok(vec![(2, 2), (3, 3)]));
        assert_eq!(node.table.asked(), [vec![1, 2], vec![3]]);
    }
}
