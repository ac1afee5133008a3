use cache_runtime::{cached, invalidates};
use std::future::Future;

#[cached]
#[track_caller]
fn blocking(id: u64) -> u64 {
    id
}

#[track_caller]
#[cached]
fn above(id: u64) -> u64 {
    id
}

#[cached]
#[cfg_attr(all(), track_caller)]
fn by_a_condition(id: u64) -> u64 {
    id
}

#[cached]
#[track_caller]
fn opaque(id: u64) -> impl Future<Output = u64> {
    async move { id }
}

#[track_caller]
#[invalidates("a:*")]
fn write(id: u64) -> u64 {
    id
}

fn main() {}
