//! Options of `#[cached]`, in all their forms.

#![deny(warnings)]
#![warn(clippy::pedantic, clippy::nursery, missing_docs, rust_2018_idioms, unused)]
#![forbid(unsafe_code)]
// `main`, where this file is a module of silence.rs.
#![allow(unreachable_pub)]

use cache_runtime::codec::{Codec, CodecError, Json};
use cache_runtime::{Cache, Shape, cached, invalidates};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);

/// Says how long it is valid.
#[derive(Serialize, Deserialize)]
struct Token {
    expires_in: u64,
}

/// Says how long things are fresh.
struct Settings {
    ttl: Duration,
    smallest: usize,
}

#[cached(
    ttl = 60,
    key = "users:<id>:{<id>}:é",
    id = "users",
    version = 2,
    none_ttl = 30,
    companion = true
)]
async fn literals(id: u64) -> Option<u64> {
    Some(id)
}

#[cached(ttl = "1w2d3h4m5s6ms", none_ttl = 0)]
async fn text(id: u64) -> Option<u64> {
    Some(id)
}

#[cached(ttl = DAY)]
async fn constant(id: u64) -> u64 {
    id
}

#[cached(ttl = settings.ttl, skip(settings))]
async fn from_argument(settings: Settings, id: u64) -> u64 {
    id + settings.smallest as u64
}

#[cached(ttl = |token| Duration::from_secs(token.expires_in), store_if = |token| token.expires_in > 0)]
async fn from_value(scope: String) -> Result<Token, std::fmt::Error> {
    Ok(Token { expires_in: scope.len() as u64 })
}

#[cached(store_if = |names| names.len() > settings.smallest, skip(settings))]
async fn by_argument(settings: &Settings, id: u64) -> Vec<String> {
    vec![format!("{id}{:?}", settings.ttl)]
}

#[cached(store_if = Vec::is_empty)]
fn by_path(id: usize) -> Vec<u8> {
    vec![0; id]
}

#[cached(cache = cache, skip(cache))]
async fn by_handle(cache: &Cache, id: u64) -> u64 {
    id
}

#[cached(lease = "100ms", wait = 0)]
async fn patient(id: u64) -> u64 {
    id
}

#[cached(single_flight = false, lease = "1h")]
fn alone(id: u64) -> u64 {
    id
}

#[cached(single_flight = true, wait = "2s", skip(names))]
async fn borrowing<'a>(names: &'a [String], id: usize) -> Result<u64, &'a str> {
    names.get(id).map_or(Ok(0), |name| Err(name))
}

#[cached(skip(names))]
async fn elided(names: &str, id: u64) -> Result<u64, &str> {
    if id == 0 { Err(names) } else { Ok(id) }
}

#[invalidates("users:*", again_after = 2)]
async fn write(id: u64) -> u64 {
    id
}

/// JSON behind a name of its own.
pub enum Own {}

impl Codec for Own {
    const NAME: &'static str = "own";

    fn encode<T: Serialize + ?Sized>(
        value: &T,
        out: &mut impl std::io::Write,
    ) -> Result<(), CodecError> {
        Json::encode(value, out)
    }

    fn decode<T: DeserializeOwned>(payload: &[u8]) -> Result<T, CodecError> {
        Json::decode(payload)
    }
}

#[cached(codec = "msgpack", compress = 4096)]
async fn packed(id: u64) -> Option<u64> {
    Some(id)
}

#[cached(codec = Own, compress = false, store_if = |value| *value > 0)]
fn own(id: u64) -> u64 {
    id
}

#[cached(codec = "json", shape)]
async fn shaped<T: Shape + Serialize + DeserializeOwned + Clone>(
    value: T,
) -> Result<Vec<T>, String> {
    Ok(vec![value])
}

/// A tree, whose shape ends where it names itself.
#[derive(Serialize, Deserialize, Shape)]
pub struct Tree<T> {
    value: T,
    children: Vec<Self>,
}

#[cached(shape)]
async fn tree(depth: u64) -> Tree<u64> {
    Tree { value: depth, children: Vec::new() }
}

/// Runs nothing: that it compiles in silence is the test.
pub fn main() {
    let settings = || Settings { ttl: DAY, smallest: 1 };
    drop((literals(1), text(1), constant(1), from_argument(settings(), 1)));
    drop((from_value(String::new()), by_argument(&settings(), 1)));
    drop((patient(1), borrowing(&[], 1), elided("", 1), write(1)));
    drop((packed(1), shaped(1), tree(1)));
    let _ = (own(1), alone(1), by_path(1), |cache: &Cache| drop(by_handle(cache, 1)));
}
