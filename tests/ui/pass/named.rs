//! Calls that are named and not made.

#![deny(warnings)]
#![warn(clippy::pedantic, clippy::nursery, missing_docs, rust_2018_idioms, unused)]
#![forbid(unsafe_code)]
// `main`, where this file is a module of silence.rs.
#![allow(unreachable_pub)]

use cache_runtime::{Cache, Invalidated, Key, Result, cached, invalidate, invalidates, key, prime};
use std::borrow::Cow;
use std::sync::OnceLock;
use std::time::Duration;

static CACHE: OnceLock<Cache> = OnceLock::new();

fn global() -> &'static Cache {
    CACHE.get().expect("it is set at start")
}

/// Reads in many ways.
struct Users {
    names: Vec<String>,
}

type Found<T> = std::result::Result<Option<T>, std::fmt::Error>;

impl Users {
    #[cached(skip(self))]
    async fn name(&self, id: usize) -> Found<String> {
        Ok(self.names.get(id).cloned())
    }

    #[cached(skip(users), key = "<users.names>")]
    async fn oldest(users: &Self) -> Result<String, &str> {
        users.names.first().cloned().ok_or("none")
    }
}

/// The body of a module has its own names.
mod other {
    use cache_runtime::cached;

    #[cached(cache = super::global(), ttl = super::DAY)]
    pub(super) fn name(id: &str, _limit: u8) -> Option<String> {
        Some(id.to_owned())
    }
}

const DAY: Duration = Duration::from_hours(24);

#[cached(ttl = |name| Duration::from_secs(name.len() as u64))]
async fn by_value(id: u64) -> String {
    id.to_string()
}

#[cached]
async fn today() -> u64 {
    7
}

#[invalidates(today(), users.name(7), Users::oldest(users))]
async fn write(users: &Users) {
    drop((today().await, users.name(7).await, Users::oldest(users).await));
}

#[cached]
async fn borrowing(name: &str) -> Cow<'_, str> {
    name.into()
}

#[cached]
#[allow(elided_lifetimes_in_paths, mismatched_lifetime_syntaxes)]
async fn hiding(name: &str, id: u64) -> Cow<str> {
    format!("{name}{id}").into()
}

#[cached]
async fn opaque(id: u64) -> std::result::Result<u64, impl std::fmt::Display> {
    if id == 0 { Err("zero") } else { Ok(id) }
}

#[cached(ttl = id.parse::<u64>().map(Duration::from_secs)?)]
async fn by_argument(id: String) -> std::result::Result<u64, std::num::ParseIntError> {
    id.parse()
}

#[cached(ttl = "1".parse::<u64>()?, skip(count))]
async fn generic<T: serde::Serialize + Sync, const N: usize>(
    count: [u8; N],
    id: &T,
) -> std::result::Result<usize, std::num::ParseIntError> {
    Ok(count.len() + usize::from(serde_json::to_string(id).is_ok()))
}

macro_rules! key_of {
    ($call:expr) => {
        key!($call)
    };
}

fn keys(users: &Users) -> [Option<Key>; 9] {
    [
        key!(users.name(7)),
        key!(Users::oldest(users)),
        key!(by_value(7)),
        key!(borrowing("a")),
        key!(hiding("a", 7)),
        key!(opaque(7)),
        key!(by_argument("7")),
        key!(generic(&7)),
        key_of!(opaque(8)),
    ]
}

async fn delete(users: &Users, name: &str) -> Result<Invalidated> {
    invalidate!(users.name(name.len())).await?;
    invalidate!(today()).await?;
    invalidate!(other::name(name, 1)).await
}

async fn store(users: &Users, name: String) -> Result<()> {
    prime!(opaque(7), &7).await?;
    prime!(Users::oldest(users), &name).await?;
    prime!(by_argument(name.clone()), &7).await?;
    prime!(generic(&7), &name.len()).await?;
    prime!(users.name(7), &Some(name)).await?;
    prime!(other::name("a", 1), &None,).await
}

/// Runs nothing: that it compiles in silence is the test.
pub fn main() {
    let users = Users { names: Vec::new() };
    assert!(keys(&users).iter().all(Option::is_some));
    drop((delete(&users, ""), store(&users, String::new())));
    drop((by_value(1), borrowing(""), hiding("", 1), write(&users)));
    drop((opaque(1), by_argument(String::new()), generic([1], &1)));
    let _ = (Users::oldest(&users), other::name);
}
