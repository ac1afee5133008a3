//! Functions that return futures.

#![deny(warnings)]
#![warn(clippy::pedantic, clippy::nursery, missing_docs, rust_2018_idioms, unused)]
#![forbid(unsafe_code)]
// `main`, where this file is a module of silence.rs.
#![allow(unreachable_pub)]

use cache_runtime::{cached, invalidates};
use std::future::Future;
use std::pin::Pin;

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
type LocalBoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

#[cached(key = "name:<name>")]
fn boxed<'a>(
    name: &'a str,
) -> Pin<Box<dyn Future<Output = Result<String, std::fmt::Error>> + Send + 'a>> {
    Box::pin(async move { Ok(name.to_owned()) })
}

#[cached]
fn boxed_early(name: &str, (empty, _): (bool, u8)) -> BoxFuture<'_, Option<String>> {
    if empty {
        return Box::pin(async { None });
    }
    Box::pin(async move { Some(name.to_owned()) })
}

#[cached]
fn boxed_local(name: &str) -> LocalBoxFuture<'_, String> {
    Box::pin(async move { name.to_owned() })
}

#[cached]
fn opaque(name: String) -> impl Future<Output = Option<String>> + Send {
    async move { Some(name) }
}

#[cached]
fn opaque_borrowing(name: &str) -> impl Future<Output = String> + use<'_> {
    let owned = name.to_owned();
    std::future::ready(owned)
}

#[invalidates("name:<name>", "all:<result>")]
fn renamed(name: String) -> BoxFuture<'static, Result<String, std::fmt::Error>> {
    Box::pin(async move { Ok(name) })
}

#[invalidates("name:<name>")]
fn removed(name: &str) -> impl Future<Output = ()> + Send {
    let found = name.is_empty();
    async move {
        if found {
            println!("removed");
        }
    }
}

/// The methods arrive as boxed futures.
#[async_trait::async_trait]
trait Users {
    #[cached(key = "count:<self>:<of>")]
    async fn count(
        &self,
        of: &str,
        mut limit: usize,
        (a, b): (usize, usize),
    ) -> Result<usize, std::fmt::Error>
    where
        Self: serde::Serialize + Sync,
    {
        limit += a + b;
        if limit == 0 {
            return Err(std::fmt::Error);
        }
        Ok(of.len().min(limit))
    }

    async fn name(&self, id: u64, db: &str) -> Option<String>;

    async fn rename(&mut self, id: u64, name: String) -> Result<u64, std::fmt::Error>;

    async fn total(id: u64) -> u64;
}

/// Users of one tenant.
#[derive(serde::Serialize)]
struct Table {
    tenant: String,
}

#[async_trait::async_trait]
impl Users for Table {
    #[cached(key = "name:<self.tenant>:<id>")]
    async fn name(&self, id: u64, #[cached(skip)] db: &str) -> Option<String> {
        let first = db.chars().next()?;
        Some(format!("{first}{id}{}", self.tenant))
    }

    #[invalidates("name:<self.tenant>:<id>:*", "names:<result>", self.name(id, ""))]
    async fn rename(&mut self, id: u64, name: String) -> Result<u64, std::fmt::Error> {
        self.tenant = name;
        Ok(id)
    }

    #[cached]
    async fn total(id: u64) -> u64 {
        id
    }
}

/// Runs nothing: that it compiles in silence is the test.
pub fn main() {
    drop((boxed("a"), boxed_early("a", (true, 1)), boxed_local("a"), opaque(String::new())));
    drop((opaque_borrowing("a"), renamed(String::new()), removed("a")));
    let mut table = Table { tenant: String::new() };
    drop((table.count("a", 1, (1, 1)), table.name(1, "a"), Table::total(1)));
    drop(table.rename(1, String::new()));
}
