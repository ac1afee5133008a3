//! `#[invalidates]`: patterns, calls, and both attributes on one function.

#![deny(warnings)]
#![warn(clippy::pedantic, clippy::nursery, missing_docs, rust_2018_idioms, unused)]
#![forbid(unsafe_code)]
// `main`, where this file is a module of silence.rs.
#![allow(unreachable_pub)]

use cache_runtime::{Cache, cached, invalidates};
use serde::{Deserialize, Serialize};
use std::error::Error;
use std::fmt::{self, Debug};

/// A user.
#[derive(Serialize, Deserialize)]
struct User {
    id: u64,
    tenant: String,
}

mod users {
    use cache_runtime::cached;

    #[cached(key = "user:<tenant>:<id>", skip(db))]
    pub(super) async fn find(db: &str, tenant: String, id: u64, tags: Vec<String>) -> String {
        format!("{db}{tenant}{id}{tags:?}")
    }

    #[cached]
    pub(super) async fn generic<T: serde::de::DeserializeOwned + serde::Serialize + Default>(
        id: &u64,
    ) -> T {
        println!("{id}");
        T::default()
    }
}

#[cached]
async fn user(id: u64) -> u64 {
    id
}

#[invalidates("users:*", "*", r"user:\*:[^a-c]?:<id>:*")]
async fn patterns(id: u64) -> Result<(), fmt::Error> {
    if id == 0 { Err(fmt::Error) } else { Ok(()) }
}

#[invalidates("user:<tenant>:<result.id>", "tenant:<result.tenant>", "all:<tenant>:*", when = "ok")]
async fn create(tenant: String, id: u64) -> Result<User, fmt::Error> {
    if id == 0 {
        return Err(fmt::Error);
    }
    Ok(User { id, tenant })
}

#[invalidates("user:<result>")]
fn next(id: u64) -> u64 {
    id + 1
}

#[invalidates(user(id), user(&id), user(result.id + 1), users::find(tenant, id, &[String::new()]), users::generic::<u8>(&id))]
async fn calls(tenant: &str, id: u64) -> User {
    User { id, tenant: tenant.to_owned() }
}

#[invalidates("user:<result.id>")]
fn argument_called_result(result: &User) -> u64 {
    result.id
}

#[invalidates("users:*", when = "always", cache = cache)]
fn touched(cache: &Cache, names: &mut Vec<String>) {
    names.push(String::new());
}

#[invalidates("users:*")]
async fn nothing() {}

#[invalidates("users:*")]
async fn handler(name: String) -> impl Debug {
    name.len()
}

/// The value is coerced, as without the attribute.
#[invalidates("users:*")]
async fn boxed(id: u8) -> Result<Box<dyn Debug + Send>, Box<dyn Error + Send + Sync>> {
    if id == 2 {
        return Ok(Box::new(id));
    }
    let one: u8 = "1".parse()?;
    if id == one {
        Err("one")?;
    }
    Ok(Box::new(id))
}

#[invalidates("users:*")]
fn boxed_blocking((id, _): (u8, u8)) -> Result<Box<dyn Debug>, Box<dyn Error>> {
    let one: u8 = "1".parse()?;
    if id == one { Ok(Box::new(id)) } else { Ok(Box::new("other")) }
}

/// The value has no name, and its `Err` is seen all the same.
#[invalidates("users:*")]
async fn opaque_ok(id: u8) -> Result<impl Debug, std::num::ParseIntError> {
    "1".parse::<u8>().map(|one| one + id)
}

#[invalidates("users:<tenant>:<result.id>")]
#[cached(ttl = 5)]
async fn both(tenant: String, #[cached(skip)] (id, _): (u64, u8)) -> Result<User, fmt::Error> {
    Ok(User { id, tenant })
}

#[cached(ttl = 5, skip(id))]
#[invalidates("users:<id>:<result.id>")]
fn both_the_other_way(tenant: String, id: u64) -> Result<User, fmt::Error> {
    Ok(User { id, tenant })
}

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

#[invalidates("users:<result>:*", on_error = "return")]
async fn or_fail(id: u64) -> Outcome<u64> {
    let one: u64 = "1".parse()?;
    Ok(one + id)
}

#[invalidates("users:*", on_error = "return", when = "always")]
fn always_or_fail(id: u64) -> Outcome<Option<u64>> {
    let one: u64 = "1".parse()?;
    Ok(one.checked_sub(id))
}

#[invalidates("users:*", on_error = "return")]
async fn opaque_or_fail(id: u8) -> Result<impl Debug, cache_runtime::Error> {
    Ok(id)
}

/// Runs nothing: that it compiles in silence is the test.
pub fn main() {
    drop((users::find("", String::new(), 1, vec![]), users::generic::<u8>(&1), user(1)));
    drop((patterns(1), create(String::new(), 1), calls("a", 1), nothing(), handler(String::new())));
    drop(opaque_ok(1));
    drop((or_fail(1), always_or_fail(1), opaque_or_fail(1)));
    drop((boxed(1), boxed_blocking((1, 1)), both(String::new(), (1, 1))));
    let one = User { id: 1, tenant: String::new() };
    let _ = (next(1), argument_called_result(&one), both_the_other_way(String::new(), 1));
    let _ = |cache: &Cache| touched(cache, &mut vec![]);
}
