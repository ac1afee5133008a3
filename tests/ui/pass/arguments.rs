//! Arguments: borrowed, destructured, generic, of unnamed types, skipped, with names that are keywords.

#![deny(warnings)]
#![warn(clippy::pedantic, clippy::nursery, missing_docs, rust_2018_idioms, unused)]
#![forbid(unsafe_code)]
// `main`, where this file is a module of silence.rs.
#![allow(unreachable_pub)]

use cache_runtime::cached;
use serde::Serialize;
use std::collections::HashSet;

/// Not serializable.
struct Db {
    pool: u8,
}

/// Partly part of a key.
struct Context {
    tenant: (String, u8),
}

#[cached(key = "rows:<table>", skip(db))]
async fn rows(db: &Db, table: &str, columns: &[&str]) -> usize {
    usize::from(db.pool) + table.len() + columns.len()
}

#[cached(key = "<context.tenant.0>:<context.tenant.1>:<id>", skip(context))]
async fn of_part(context: &Context, id: u64) -> u64 {
    id + u64::from(context.tenant.1)
}

#[cached]
async fn marked(#[cached(skip)] db: Db, id: u64) -> u64 {
    id + u64::from(db.pool)
}

#[cached]
async fn destructured(
    (a, b): (u8, u8),
    [c, d]: &[u8; 2],
    _: u8,
    #[cached(skip)] Db { pool }: Db,
) -> u8 {
    a + b + c + d + pool
}

#[cached]
fn destructured_blocking((a, ref b): (u8, String), whole @ (_, _): (u8, u8)) -> usize {
    usize::from(a) + b.len() + usize::from(whole.0)
}

#[cached]
async fn changed(mut names: Vec<String>, mut limit: usize) -> Vec<String> {
    names.push(String::new());
    limit += 1;
    names.truncate(limit);
    names
}

#[cached]
fn changed_blocking(mut limit: usize) -> usize {
    limit += 1;
    limit
}

#[cached(key = "<r#type>:<r#fn>")]
async fn r#match(r#type: u8, r#fn: String) -> usize {
    r#fn.len() + usize::from(r#type)
}

#[cached(unordered(ids))]
async fn any_order(ids: Vec<u64>, names: HashSet<String>, limit: Option<u8>) -> usize {
    ids.len() + names.len() + usize::from(limit.unwrap_or_default())
}

#[cached(skip(_db))]
async fn with_lifetimes<'a, 'b: 'a>(_db: &'b Db, name: &'a str, other: &'b str) -> String
where
    str: AsRef<str>,
{
    format!("{name}{other}")
}

/// Limits the number of results.
#[derive(Serialize)]
struct Limit<const N: usize>;

#[cached(skip(loader))]
async fn generic<T, L, const N: usize>(loader: L, keys: &[T], _limit: Limit<N>) -> Vec<String>
where
    T: Serialize + ToString + Sync,
    L: Fn(&T) -> String + Send,
{
    keys.iter().take(N).map(loader).collect()
}

#[cached]
async fn returned<T: serde::de::DeserializeOwned + Serialize + Default>(id: u64) -> Option<T> {
    (id > 0).then(T::default)
}

#[cached]
async fn unnamed(
    name: impl AsRef<str> + Serialize,
    other: &(impl ToString + Serialize + Sync),
) -> usize {
    name.as_ref().len() + other.to_string().len()
}

#[cached(skip(load))]
fn callback(id: u64, load: &mut dyn FnMut(u64) -> u64) -> u64 {
    load(id)
}

/// Runs nothing: that it compiles in silence is the test.
pub fn main() {
    let db = Db { pool: 1 };
    let context = Context { tenant: (String::new(), 1) };
    drop((rows(&db, "a", &["b"]), of_part(&context, 1), marked(Db { pool: 1 }, 1)));
    drop(destructured((1, 2), &[1, 2], 1, Db { pool: 1 }));
    drop((changed(vec![], 1), r#match(1, String::new())));
    drop(any_order(vec![1], HashSet::default(), None));
    drop((with_lifetimes(&db, "a", "b"), generic(ToString::to_string, &[1, 2], Limit::<1>)));
    drop((returned::<u8>(1), unnamed("a", &1)));
    let _ = (
        destructured_blocking((1, String::new()), (1, 1)),
        changed_blocking(1),
        callback(1, &mut |id| id),
    );
}
