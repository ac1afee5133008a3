//! Functions whose earlier values may be served.

#![deny(warnings)]
#![warn(clippy::pedantic, clippy::nursery, missing_docs, rust_2018_idioms, unused)]
#![forbid(unsafe_code)]
// `main`, where this file is a module of silence.rs.
#![allow(unreachable_pub)]

use cache_runtime::cached;
use std::rc::Rc;

/// An error that cannot be copied.
#[derive(Debug)]
pub struct Failed;

#[cached(ttl = 60, stale = "1m", stale_if_error = "1h", early = 1, jitter = 0.1)]
async fn all(id: u64, name: &str) -> Result<String, Failed> {
    if id == 0 {
        return Err(Failed);
    }
    let name = find(name).await?;
    Ok(name)
}

async fn find(name: &str) -> Result<String, Failed> {
    std::future::ready(Ok(name.to_owned())).await
}

/// With an error that stays on its thread, so does the future.
#[allow(clippy::future_not_send)]
#[cached(ttl = 60, stale_if_error = 3600)]
async fn local_error(id: u64) -> Result<u64, Rc<str>> {
    std::future::ready(Ok(id)).await
}

#[cached(ttl = 60, stale = 60, wait = "1s", single_flight = false)]
async fn alone(id: u64) -> Option<u64> {
    std::future::ready(Some(id)).await
}

#[cached(ttl = 60, stale_if_error = 3600)]
fn blocking(id: u64) -> Result<u64, Failed> {
    if id == 0 { Err(Failed) } else { Ok(id) }
}

fn is_send<T: Send>(_: T) {}

/// Calls all of it.
pub fn main() {
    is_send(all(1, "a"));
    is_send(alone(1));
    drop(local_error(1));
    drop(blocking(1));
}
