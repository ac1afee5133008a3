//! One load for each element, whoever else asks for it, and nobody who waits for somebody who waits for him.

use super::stage::*;
use crate::support::in_time;
use cache_runtime::Cache;

use std::sync::Arc;
use std::time::Duration;
use testkit::{Random, RedisServer, eventually};
use tokio::task::JoinSet;

fn begin(node: &Node, ids: &'static [u64]) -> tokio::task::JoinHandle<Vec<(u64, u64)>> {
    let node = node.clone();
    tokio::spawn(async move { node.rows(ids).await })
}

#[tokio::test]
async fn callers_of_one_list_load_it_once() {
    on_both(async |node| {
        let gate = node.table.shut();
        let calls: Vec<_> = (0..50).map(|_| begin(node, &[1, 2, 3])).collect();
        node.table.has_been_asked(1).await;
        gate.close();
        for call in calls {
            assert_eq!(call.await.unwrap(), [(1, 0), (2, 0), (3, 0)]);
        }
        assert_eq!(node.table.asked(), [[1, 2, 3]]);
        let stats = node.cache.stats();
        assert_eq!((stats.misses, stats.hits + stats.waits), (3, 147));
    })
    .await;
}

#[tokio::test]
async fn what_others_load_is_waited_for() {
    on_both(async |node| {
        let gate = node.table.shut();
        let first = begin(node, &[1, 2]);
        node.table.has_been_asked(1).await;
        let second = begin(node, &[2, 3]);
        gate.close();
        assert_eq!(first.await.unwrap(), [(1, 0), (2, 0)]);
        assert_eq!(second.await.unwrap(), [(2, 0), (3, 0)]);
        assert_eq!(node.table.asked(), [vec![1, 2], vec![3]]);
    })
    .await;
}

#[tokio::test]
async fn what_another_process_loads_is_waited_for() {
    let server = RedisServer::start();
    let here = Node::over(&server, &Arc::default()).await;
    let there = Node::over(&server, &here.table).await;
    let gate = here.table.shut();
    let first = begin(&here, &[1, 2]);
    here.table.has_been_asked(1).await;
    let second = begin(&there, &[2, 3]);
    gate.close();
    assert_eq!(first.await.unwrap(), [(1, 0), (2, 0)]);
    assert_eq!(second.await.unwrap(), [(2, 0), (3, 0)]);
    assert_eq!(here.table.asked(), [vec![1, 2], vec![3]]);
}

/// Whatever a call may load it loads at once, and waits with nothing in its hands.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_that_overlap_do_not_wait_for_each_other() {
    let server = RedisServer::start();
    let table = Arc::default();
    let mut nodes = Vec::new();
    for _ in 0..3 {
        nodes.push(Node::over(&server, &table).await);
    }
    let random = Random::new();
    println!("{random:?}");
    let mut random = random;
    for round in 0..60 {
        let mut calls = JoinSet::new();
        for call in 0..12 {
            let ids: Vec<u64> = (0..5).map(|_| round * 8 % 96 + random.below(8) as u64).collect();
            let node = nodes[call % 3].clone();
            calls.spawn(async move {
                let got = node.rows(&ids).await;
                assert!(ids.iter().all(|id| got.iter().any(|(found, _)| found == id)));
            });
        }
        // Each would wait for the default of several seconds.
        let ended = tokio::time::timeout(SOON, calls.join_all());
        ended.await.expect("nobody waits for ever");
        let mut loaded = table.asked().concat();
        let all = loaded.len();
        loaded.sort_unstable();
        loaded.dedup();
        assert_eq!(loaded.len(), all, "each element is loaded once");
        nodes[0].cache.clear().await.unwrap();
    }
    for node in nodes {
        assert_eq!(node.cache.stats().errors, 0);
    }
}

#[tokio::test]
async fn what_may_be_loaded_does_not_wait_for_what_others_load() {
    on_both(async |node| {
        let gate = node.table.shut();
        let first = begin(node, &[1]);
        node.table.has_been_asked(1).await;
        node.table.leave_open();
        let second = begin(node, &[1, 2]);
        node.table.has_been_asked(2).await;
        assert_eq!(node.rows(&[2]).await, [(2, 0)]);
        gate.close();
        assert_eq!(first.await.unwrap(), [(1, 0)]);
        assert_eq!(second.await.unwrap(), [(1, 0), (2, 0)]);
        assert_eq!(node.table.asked(), [[1], [2]]);
    })
    .await;
}

/// A body that cannot run twice waits first, and keeps nothing from others meanwhile.
#[tokio::test]
async fn a_body_that_runs_once_keeps_nothing_while_it_waits() {
    let node = Node::embedded().await;
    let gate = node.table.shut();
    let of = |ids: &'static [u64]| {
        let node = node.clone();
        tokio::spawn(async move { sorted(lent(&node, &mut Connection, ids).await) })
    };
    let first = of(&[1]);
    node.table.has_been_asked(1).await;
    let second = of(&[1, 2, 3]);
    // On the embedded store a call comes as far as it can in one turn.
    tokio::task::yield_now().await;
    node.table.leave_open();
    assert_eq!(sorted(lent(&node, &mut Connection, &[2]).await), [(2, 0)]);
    gate.close();
    assert_eq!(first.await.unwrap(), [(1, 0)]);
    assert_eq!(second.await.unwrap(), [(1, 0), (2, 0), (3, 0)]);
    assert_eq!(node.table.asked(), [[1], [2], [3]]);
}

#[tokio::test]
async fn a_body_that_runs_once_loads_what_others_do_not() {
    let node = Node::embedded().await;
    let gate = node.table.shut();
    let of = |ids: &'static [u64]| {
        let node = node.clone();
        tokio::spawn(async move { sorted(lent(&node, &mut Connection, ids).await) })
    };
    let first = of(&[1, 2]);
    node.table.has_been_asked(1).await;
    let second = of(&[2, 3]);
    tokio::task::yield_now().await;
    node.table.leave_open();
    first.abort();
    assert_eq!(second.await.unwrap(), [(2, 0), (3, 0)]);
    assert_eq!(node.table.asked(), [[1, 2], [2, 3]]);
    drop(gate);
}

#[tokio::test]
async fn a_call_that_is_dropped_leaves_its_elements_to_others() {
    on_both(async |node| {
        let _gate = node.table.shut();
        let first = begin(node, &[1, 2, 3]);
        node.table.has_been_asked(1).await;
        let second = begin(node, &[3, 2]);
        node.table.leave_open();
        first.abort();
        assert_eq!(second.await.unwrap(), [(2, 0), (3, 0)]);
        assert_eq!(node.rows(&[1, 2, 3]).await, [(1, 0), (2, 0), (3, 0)]);
    })
    .await;
}

#[tokio::test]
async fn an_error_is_that_of_those_who_asked_for_all_that_failed() {
    let node = Node::embedded().await;
    let gate = node.table.shut();
    let of = |ids: &'static [u64]| {
        let node = node.clone();
        tokio::spawn(async move { unlucky(&node, ids).await.map(sorted) })
    };
    let first = of(&[12, 13]);
    node.table.has_been_asked(1).await;
    let (same, other) = (of(&[13, 12]), of(&[12, 14]));
    tokio::task::yield_now().await;
    node.table.leave_open();
    gate.close();
    assert_eq!(first.await.unwrap(), Err(Failed));
    assert_eq!(same.await.unwrap(), Err(Failed));
    assert_eq!(other.await.unwrap(), Ok(vec![(12, 0), (14, 0)]), "13 is none of its concern");
    let asked = node.table.asked();
    assert_eq!(asked.iter().filter(|ids| ids.contains(&13)).count(), 1, "{asked:?}");
}

#[tokio::test]
async fn what_is_not_stored_is_shared_all_the_same() {
    on_both(async |node| {
        let gate = node.table.shut();
        let mut calls = JoinSet::new();
        for _ in 0..20 {
            let node = node.clone();
            calls.spawn(async move { sorted(unstored(&node, &[1, 2, 3]).await) });
        }
        node.table.has_been_asked(1).await;
        let waits = async || node.cache.stats().misses + node.cache.stats().waits >= 3;
        eventually(SOON, waits, "they have looked").await;
        tokio::task::yield_now().await;
        gate.close();
        assert_eq!(calls.join_all().await, vec![[(1, 0), (2, 0), (3, 0)]; 20]);
        assert!(node.table.asked().len() < 20);
    })
    .await;
}

/// A thousand elements could not share one budget.
#[tokio::test]
async fn a_long_list_is_stored_whole() {
    let server = RedisServer::start();
    let node = Node::over(&server, &Arc::default()).await;
    let ids: Vec<u64> = (0..3000).collect();
    for _ in 0..2 {
        assert_eq!(rows(&node, &ids).await.len(), 100);
    }
    let stats = node.cache.stats();
    assert_eq!((stats.stores, stats.hits, stats.errors, stats.loads), (3000, 3000, 0, 1));
}

#[tokio::test]
async fn an_invalidation_refuses_the_fills_that_it_concerns() {
    on_both(async |node| {
        let gate = node.table.shut();
        let call = begin(node, &[1, 2, 3]);
        node.table.has_been_asked(1).await;
        node.table.leave_open();
        write(node, 2, 7).await;
        gate.close();
        assert_eq!(call.await.unwrap(), [(1, 0), (2, 0), (3, 0)]);
        assert_eq!(node.rows(&[1, 2, 3]).await, [(1, 0), (2, 7), (3, 0)]);
        assert_eq!(node.table.asked(), [vec![1, 2, 3], vec![2]]);
        assert_eq!(node.cache.stats().rejected_fills, 1);
    })
    .await;
}

#[tokio::test]
async fn nobody_waits_longer_than_he_wants() {
    let server = RedisServer::start();
    let here = Node::over(&server, &Arc::default()).await;
    let there = Node::over(&server, &here.table).await;
    let _gate = here.table.shut();
    let ids: Vec<u64> = (0..20).collect();
    let (node, asked) = (here.clone(), ids.clone());
    let held = tokio::spawn(async move { impatient(&node, asked).await });
    here.table.has_been_asked(1).await;
    here.table.leave_open();
    for node in [&here, &there] {
        let got = impatient(node, ids.clone()).await;
        assert_eq!(got.len(), 20);
    }
    let stores = [&here, &there].map(|node| node.cache.stats().stores);
    assert_eq!(stores, [20, 0], "who waited first has loaded beside, for all");
    held.abort();
}

#[tokio::test]
async fn a_node_without_waits_or_flights_works_too() {
    let node = Node::built(Cache::builder().memory().wait(Duration::ZERO), &Arc::default()).await;
    let gate = node.table.shut();
    let first = begin(&node, &[1, 2]);
    node.table.has_been_asked(1).await;
    node.table.leave_open();
    assert_eq!(node.rows(&[2, 3]).await, [(2, 0), (3, 0)]);
    gate.close();
    assert_eq!(first.await.unwrap(), [(1, 0), (2, 0)]);
    assert_eq!(node.table.asked(), [vec![1, 2], vec![3], vec![2]]);
}

fn wait_for(node: &Node, ids: &'static [u64]) -> tokio::task::JoinHandle<Vec<(u64, u64)>> {
    let node = node.clone();
    tokio::spawn(async move { sorted(waiting(&node, ids).await) })
}

/// Returns when the store has answered everybody who asked before.
async fn has_gone_as_far_as_it_can(node: &Node) {
    for _ in 0..3 {
        tokio::task::yield_now().await;
        node.cache.health().await;
    }
}

/// A call that had waited for two elements, and loads one of them, is not polled where it waits for the other.
#[tokio::test]
async fn a_turn_that_comes_during_a_load_is_left_to_others() {
    on_both(async |node| {
        let gate = node.table.shut();
        let holders = [wait_for(node, &[1]), wait_for(node, &[2])];
        node.table.has_been_asked(2).await;
        let both = wait_for(node, &[1, 2]);
        has_gone_as_far_as_it_can(node).await;
        holders[0].abort();
        node.table.has_been_asked(3).await;
        let other = wait_for(node, &[2]);
        has_gone_as_far_as_it_can(node).await;
        node.table.leave_open();
        holders[1].abort();
        assert_eq!(in_time(other).await.unwrap(), [(2, 0)]);
        gate.close();
        assert_eq!(in_time(both).await.unwrap(), [(1, 0), (2, 0)]);
        assert_eq!(node.table.asked(), [[1], [2], [1], [2]]);
    })
    .await;
}

/// The one that is to ask the store for another process' value is loading something else.
#[tokio::test]
async fn a_place_in_a_queue_is_left_to_others_during_a_load() {
    let server = RedisServer::start();
    let here = Node::over(&server, &Arc::default()).await;
    let there = Node::over(&server, &here.table).await;
    let held = here.table.shut();
    let first = wait_for(&there, &[2]);
    here.table.has_been_asked(1).await;
    let gate = here.table.shut();
    let both = wait_for(&here, &[1, 2]);
    here.table.has_been_asked(2).await;
    let other = wait_for(&here, &[2]);
    held.close();
    assert_eq!(in_time(first).await.unwrap(), [(2, 0)]);
    assert_eq!(in_time(other).await.unwrap(), [(2, 0)]);
    gate.close();
    assert_eq!(in_time(both).await.unwrap(), [(1, 0), (2, 0)]);
    assert_eq!(here.table.asked(), [[2], [1]]);
}

#[tokio::test]
async fn a_list_does_not_wait_for_itself() {
    on_both(async |node| {
        let rows = in_time(nested(node, &[1, 2], &[2, 3])).await;
        assert_eq!(sorted(rows), [(1, 0), (2, 0)]);
        assert_eq!(node.table.asked(), [vec![1, 2], vec![3], vec![2]]);
        assert_eq!(node.cache.stats().stores, 3);
    })
    .await;
}
