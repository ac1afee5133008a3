//! Invalidating, naming and priming single elements.

use super::stage::*;
use crate::support::assert_deleted;
use cache_runtime::{Cache, cached, invalidate, invalidates, key, prime};
use std::collections::HashMap;
use std::sync::Arc;
use testkit::RedisServer;

#[invalidates(rows(id), cache = node.cache)]
async fn forget(node: &Node, id: u64) {
    let _ = node;
}

#[tokio::test]
async fn a_call_clears_one_element() {
    on_both(async |node| {
        node.rows(&[1, 2, 3]).await;
        node.table.write(1);
        forget(node, 2).await;
        assert_eq!(node.rows(&[1, 2, 3]).await, [(1, 0), (2, 1), (3, 0)]);
        assert_eq!(node.table.asked(), [vec![1, 2, 3], vec![2]]);
    })
    .await;
}

#[tokio::test]
async fn a_pattern_clears_one_element_or_all() {
    on_both(async |node| {
        node.rows(&[1, 2, 11]).await;
        node.table.write(1);
        node.cache.invalidate("rows:1:*").await.unwrap();
        assert_eq!(node.rows(&[1, 2, 11]).await, [(1, 1), (2, 0), (11, 0)]);
        node.table.write(2);
        node.cache.invalidate("rows:*").await.unwrap();
        assert_eq!(node.rows(&[1, 2, 11]).await, [(1, 2), (2, 2), (11, 2)]);
    })
    .await;
}

struct Repo {
    node: Node,
}

impl Repo {
    #[cached(ttl = 60, key = "repo:<ids>", each = ids, skip(self), cache = self.node.cache)]
    async fn rows(&self, ids: &[u64]) -> HashMap<u64, u64> {
        rows(&self.node, ids).await
    }

    #[invalidates(self.rows(&[one, other]), cache = self.node.cache)]
    async fn forget(&self, one: u64, other: u64) {
        let _ = self;
    }
}

#[tokio::test]
async fn a_method_is_named_with_its_elements() {
    on_both(async |node| {
        let repo = Repo { node: node.clone() };
        repo.rows(&[1, 2, 3]).await;
        repo.forget(1, 3).await;
        node.table.write(1);
        node.cache.invalidate("rows:*").await.unwrap();
        assert_eq!(sorted(repo.rows(&[1, 2, 3]).await), [(1, 1), (2, 0), (3, 1)]);
        let gone = invalidate!(repo.rows(&[1, 2])).await.unwrap();
        assert_deleted(gone.deleted, 2);
        assert_eq!(invalidate!(repo.rows(&[])).await.unwrap().deleted, 0);
        assert!(key!(repo.rows(&[1])).is_some());
        assert_eq!(key!(repo.rows(&[1, 2])), None, "these are two");
    })
    .await;
}

#[tokio::test]
async fn an_element_can_be_primed() {
    #[cached(ttl = 60, each = ids)]
    async fn texts(ids: Vec<u64>) -> HashMap<u64, String> {
        ids.into_iter().map(|id| (id, "loaded".to_owned())).collect()
    }
    let cache = Cache::builder().memory().build().await.unwrap();
    let scene = async {
        prime!(texts(7), &Some("primed".to_owned())).await.unwrap();
        prime!(texts(8), &None).await.unwrap();
        let got = texts(vec![7, 8, 9]).await;
        assert_eq!((&*got[&7], got.get(&8), &*got[&9]), ("primed", None, "loaded"));
    };
    cache.scope(scene).await;
}

/// The key of an element is that of a call with the element in place of the list.
#[tokio::test]
async fn an_element_has_the_key_of_a_call_with_it_alone() {
    mod listed {
        use std::collections::HashMap;

        #[cache_runtime::cached(id = "user", key = "user:<id>", each = id)]
        pub async fn user(tenant: &str, id: &[u64]) -> HashMap<u64, String> {
            id.iter().map(|id| (*id, tenant.to_owned())).collect()
        }
    }
    #[cached(id = "user", key = "user:<id>")]
    async fn user(tenant: &str, id: u64) -> String {
        format!("{tenant} {id}")
    }
    assert_eq!(key!(listed::user("shop", 7)), key!(user("shop", 7)));
    assert!(key!(user("shop", 7)).is_some());
}

#[tokio::test]
async fn elements_have_readable_keys() {
    let server = RedisServer::start();
    let node = Node::over(&server, &Arc::default()).await;
    node.rows(&[5]).await;
    let keys = server.keys("each:rows:5:*");
    let key = format!("each:{}", key!(rows(5)).unwrap().as_str());
    assert!(keys.contains(&key), "{keys:?}");
}
