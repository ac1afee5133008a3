//! No lint finds fault with correct code below the attributes.

#![deny(warnings, unused, unused_braces, unused_parens)]
#![allow(dead_code)]

use cache_runtime::{cached, invalidates, key};
use std::future::Future;
use std::pin::Pin;

const DAY: std::time::Duration = std::time::Duration::from_secs(86_400);

#[cached(ttl = { DAY })]
async fn one_expression(id: u64) -> u64 {
    id
}

#[cached]
async fn a_block(id: u64) -> u64 {
    { id }.max(1)
}

#[cached(store_if = |value| { *value > 1 }, ttl = |value| { *value })]
fn blocking(id: u64) -> u64 {
    id
}

#[cached(ttl = { 60 }, key = "a:<id>")]
fn blocking_with_block(id: u64) -> Option<u64> {
    if id > 1 { Some(id) } else { None }
}

#[cached]
fn opaque(id: u64) -> impl Future<Output = u64> {
    async move { id }
}

#[cached]
fn ready(id: u64) -> impl Future<Output = u64> {
    std::future::ready(id)
}

#[cached(stale = "1m")]
fn opaque_stale(id: u64) -> impl Future<Output = u64> {
    async move { id }
}

#[cached]
fn boxed(id: u64) -> Pin<Box<dyn Future<Output = u64>>> {
    Box::pin(async move { id })
}

#[invalidates("a:*")]
fn unit() {}

#[invalidates("a:*")]
fn unit_that_calls(id: u64) {
    assert!(id > 0)
}

#[invalidates("a:<id>")]
fn blocking_write(id: u64) -> Result<u64, ()> {
    Ok(id)
}

#[invalidates("a:<id>", one_expression({ id }), one_expression((id)))]
async fn named(id: u64) -> u64 {
    id
}

#[invalidates("a:<id>", one_expression(id), refresh)]
fn opaque_write(id: u64) -> impl Future<Output = u64> {
    async move { id }
}

#[invalidates("a:*")]
fn unit_opaque() -> impl Future<Output = ()> {
    async {}
}

#[cached(each = ids)]
fn each(ids: Vec<u64>, factor: u64) -> Vec<(u64, u64)> {
    ids.into_iter().map(|id| (id, id * factor)).collect()
}

#[cached(each = ids)]
fn each_boxed(ids: Vec<u64>, factor: u64) -> Pin<Box<dyn Future<Output = Vec<(u64, u64)>>>> {
    Box::pin(async move { ids.into_iter().map(|id| (id, id * factor)).collect() })
}

#[cached]
fn a_match(id: u64) -> u64 {
    match id {
        0 => 1,
        id => id,
    }
}

#[cached]
fn a_loop(_id: u64) -> u64 {
    loop {
        break 1;
    }
}

#[cached]
fn never_returns(id: u64) -> u64 {
    panic!("{id}")
}

macro_rules! body {
    ($name:ident, $body:block) => {
        #[cached]
        fn $name(id: u64) -> u64 {
            let _ = id;
            $body
        }
    };
}

body!(from_a_macro, { 1 });

struct Type;

impl Type {
    #[cached(skip(self))]
    fn method(&self) -> impl Future<Output = u64> {
        async { 1 }
    }

    #[cached(skip(self))]
    fn boxed(&self) -> Pin<Box<dyn Future<Output = u64> + '_>> {
        Box::pin(async move { 1 })
    }

    #[cached(skip(self))]
    #[must_use]
    #[inline]
    fn blocking(&self) -> u64 {
        1
    }
}

fn main() {
    _ = key!(one_expression({ 1 }));
    _ = key!(one_expression(1));
}
