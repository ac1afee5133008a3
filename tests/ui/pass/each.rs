//! Every shape of a function whose elements are cached one by one.

#![deny(warnings)]

use async_trait::async_trait;
use cache_runtime::{cached, invalidates, key, prime};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt::Display;
use std::future::Future;
use std::hash::Hash;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct User {
    id: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
struct UserId(u64);

#[derive(Debug)]
struct Failed;

type Outcome<T> = Result<T, Failed>;
type Ids = Vec<UserId>;

struct Db;

#[cached(ttl = 60, key = "users:<ids>", each = ids, skip(db))]
async fn slice(db: &Db, ids: &[UserId]) -> Result<HashMap<UserId, User>, Failed> {
    let _ = db;
    Ok(ids.iter().map(|id| (*id, User { id: id.0 })).collect())
}

#[cached(each = ids)]
async fn vec(mut ids: Vec<u64>) -> BTreeMap<u64, User> {
    ids.sort_unstable();
    ids.into_iter().map(|id| (id, User { id })).collect()
}

#[cached(each = names, none_ttl = 5, store_if = |user| user.id > 0, ttl = |user| user.id)]
async fn text(names: &[&str], tenant: String) -> Outcome<Vec<(String, User)>> {
    let _ = tenant;
    if names.is_empty() {
        return Err(Failed);
    }
    Ok(names.iter().map(|name| ((*name).to_owned(), User { id: 1 })).collect())
}

#[cached(each = ids)]
fn blocking(ids: &HashSet<u64>) -> Outcome<HashMap<u64, User>> {
    Ok(ids.iter().map(|id| (*id, User { id: *id })).collect())
}

#[cached(each = ids, local = false)]
fn ordered(ids: BTreeSet<u64>) -> Vec<(u64, User)> {
    ids.into_iter().map(|id| (id, User { id })).collect()
}

#[cached(each = ids)]
async fn alias(ids: Ids) -> HashMap<UserId, User> {
    ids.into_iter().map(|id| (id, User { id: id.0 })).collect()
}

#[cached(each = ids)]
async fn borrowed_alias(ids: &Ids) -> HashMap<UserId, User> {
    ids.iter().map(|id| (*id, User { id: id.0 })).collect()
}

#[cached(each = ids)]
async fn generic<K, const N: usize>(ids: &[K]) -> HashMap<K, String>
where
    K: Serialize + Clone + Eq + Hash + Display + Send + Sync,
{
    ids.iter().map(|id| (id.clone(), format!("{id} of {N}"))).collect()
}

#[cached(each = ids, skip(_unused))]
async fn named_lifetime<'a>(_unused: &'a str, ids: &'a [String]) -> HashMap<String, usize> {
    ids.iter().map(|id| (id.clone(), id.len())).collect()
}

#[cached(each = ids)]
fn future(ids: Vec<u64>) -> impl Future<Output = HashMap<u64, u64>> {
    async move { ids.into_iter().map(|id| (id, id)).collect() }
}

/// A connection, as a transaction lends it.
struct Connection(u64);

#[cached(each = ids, skip(connection))]
async fn lent(connection: &mut Connection, ids: &[u64]) -> Outcome<HashMap<u64, u64>> {
    connection.0 += 1;
    Ok(ids.iter().map(|id| (*id, connection.0)).collect())
}

#[cached(each = ids, skip(connection))]
fn lent_blocking(connection: &mut Connection, ids: Vec<u64>) -> Outcome<HashMap<u64, u64>> {
    connection.0 += 1;
    Ok(ids.into_iter().map(|id| (id, connection.0)).collect())
}

struct Repo {
    tenant: String,
}

impl Repo {
    #[cached(each = ids, key = "<self.tenant>:users:<ids>")]
    async fn users(&self, (low, high): (u64, u64), ids: &[u64]) -> Outcome<HashMap<u64, u64>> {
        Ok(ids.iter().map(|id| (*id, *id.clamp(&low, &high))).collect())
    }

    #[invalidates(self.users((0, 9), &[id]), vec(id), text("ada", String::new()))]
    async fn rename(&self, id: u64) {
        let _ = (&self.tenant, id);
    }
}

#[async_trait]
trait Users {
    async fn users(&self, ids: Vec<u64>) -> Outcome<HashMap<u64, u64>>;
}

#[async_trait]
impl Users for Repo {
    #[cached(each = ids, skip(self))]
    async fn users(&self, ids: Vec<u64>) -> Outcome<HashMap<u64, u64>> {
        Ok(ids.into_iter().map(|id| (id, id)).collect())
    }
}

fn is_send<T: Send>(future: T) -> T {
    future
}

#[tokio::main]
async fn main() {
    let user = |id| User { id };
    assert_eq!(is_send(slice(&Db, &[UserId(1)])).await.unwrap()[&UserId(1)], user(1));
    assert_eq!(is_send(vec(vec![2, 1])).await[&1], user(1));
    assert_eq!(is_send(text(&["ada"], String::new())).await.unwrap()[0].1, user(1));
    assert_eq!(blocking(&HashSet::from([1])).unwrap()[&1], user(1));
    assert_eq!(ordered(BTreeSet::from([1]))[0].1, user(1));
    assert_eq!(alias(vec![UserId(1)]).await[&UserId(1)], user(1));
    assert_eq!(borrowed_alias(&vec![UserId(1)]).await[&UserId(1)], user(1));
    assert_eq!(is_send(generic::<_, 3>(&[7])).await[&7], "7 of 3");
    assert_eq!(named_lifetime("", &["ada".to_owned()]).await["ada"], 3);
    assert_eq!(future(vec![1]).await[&1], 1);
    let mut connection = Connection(0);
    assert_eq!(is_send(lent(&mut connection, &[1])).await.unwrap()[&1], 1);
    assert_eq!(lent_blocking(&mut connection, vec![1]).unwrap()[&1], 2);
    let repo = Repo { tenant: "t".to_owned() };
    assert_eq!(is_send(repo.users((0, 9), &[10])).await.unwrap()[&10], 9);
    assert_eq!(Users::users(&repo, vec![1]).await.unwrap()[&1], 1);
    repo.rename(1).await;
    assert!(key!(slice(UserId(7))).unwrap().as_str().starts_with("users:7:"));
    prime!(slice(UserId(7)), &Some(user(7))).await.unwrap();
    prime!(slice(UserId(8)), &None).await.unwrap();
}
