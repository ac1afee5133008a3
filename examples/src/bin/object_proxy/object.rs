//! What is cached: an object of the store with what was said of it, or that it is not to be cached.

use crate::freshness::Freshness;
use crate::hops;
use axum::http::header::{
    ACCEPT_RANGES, AGE, CONTENT_LENGTH, CONTENT_TYPE, DATE, ETAG, HeaderName, VARY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode, response};
use bytes::Bytes;
use cache_runtime::Shape;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// An object in whole.
#[derive(Debug, PartialEq, Serialize, Deserialize, Shape)]
pub(crate) struct Object {
    pub(crate) data: Bytes,
    pub(crate) etag: String,
    pub(crate) content_type: Option<String>,
    /// Everything else that was said of it: `Last-Modified`, `Content-Encoding`, its owner's own headers.
    pub(crate) headers: Vec<(String, String)>,
    /// When the store said it, in seconds since 1970.
    pub(crate) said_at: u64,
    /// How old it may become, in seconds.
    pub(crate) lifetime: u64,
    pub(crate) never_stale: bool,
}

/// What the store has at a place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Shape)]
pub(crate) enum Fetched {
    /// In an `Arc`, so that all who are served from this process share one.
    Object(Arc<Object>),
    /// Something that each client has to be handed through from the store.
    Uncached(Reason),
}

/// Why something is not cached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Shape)]
pub(crate) enum Reason {
    TooLarge,
    Empty,
    /// Without an `ETag` nobody could tell one version from another.
    NoEtag,
    /// `Cache-Control` forbids it, or there is no time left.
    NotForCaches,
    /// It depends on more of the request than its path.
    Varies,
    /// It is an answer of another kind, such as a redirect.
    Status,
    /// A header is not text.
    Header,
}

/// How large an object may be, and how long it is cached if nothing is said of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) largest: usize,
    pub(crate) default_ttl: Duration,
}

impl Object {
    /// Everything of an object but its data, or why it is not cached. What is too large or private is told by its head, so
    /// that the rest need not be read.
    pub(crate) fn announced(head: &response::Parts, limits: &Limits) -> Result<Self, Reason> {
        check(head, limits)?;
        let headers = &head.headers;
        let freshness = Freshness::of(headers, limits.default_ttl).ok_or(Reason::NotForCaches)?;
        let etag = text(headers, &ETAG)?.filter(|etag| is_etag(etag)).ok_or(Reason::NoEtag)?;
        Ok(Self {
            data: Bytes::new(),
            etag,
            content_type: text(headers, &CONTENT_TYPE)?,
            headers: others(headers)?,
            said_at: now().saturating_sub(freshness.age),
            lifetime: freshness.lifetime,
            never_stale: freshness.never_stale,
        })
    }

    /// How long ago the store said it, in seconds. Clocks of a fleet differ a little; nothing is younger than new.
    pub(crate) fn age(&self) -> u64 {
        now().saturating_sub(self.said_at)
    }

    pub(crate) fn time_left(&self) -> Duration {
        Duration::from_secs(self.lifetime.saturating_sub(self.age()))
    }
}

impl Fetched {
    /// That something is too large may be remembered: whatever is there later, handing it through is right. That something is not for
    /// caches is not a cache's to remember.
    pub(crate) fn may_be_stored(&self) -> bool {
        matches!(self, Self::Object(_) | Self::Uncached(Reason::TooLarge))
    }

    pub(crate) fn ttl(&self) -> Duration {
        match self {
            Self::Object(object) => object.time_left(),
            Self::Uncached(_) => Duration::from_secs(60),
        }
    }
}

fn check(head: &response::Parts, limits: &Limits) -> Result<(), Reason> {
    let length = head.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    match length.and_then(|length| length.parse::<usize>().ok()) {
        _ if head.status != StatusCode::OK => Err(Reason::Status),
        _ if head.headers.contains_key(VARY) => Err(Reason::Varies),
        Some(length) if length > limits.largest => Err(Reason::TooLarge),
        _ => Ok(()),
    }
}

/// Something in quotes, and not nothing in them.
fn is_etag(etag: &str) -> bool {
    let opaque = etag.strip_prefix("W/").unwrap_or(etag);
    opaque.len() > 2 && opaque.starts_with('"') && opaque.ends_with('"')
}

/// The headers that have no field of their own. `Content-Length`, `Date` and `Age` are told anew each time.
fn others(headers: &HeaderMap) -> Result<Vec<(String, String)>, Reason> {
    let told = [ETAG, CONTENT_TYPE, CONTENT_LENGTH, DATE, AGE, ACCEPT_RANGES];
    let headers = hops::for_client(headers);
    let others = headers.iter().filter(|(name, _)| !told.contains(name));
    others.map(|(name, value)| Ok((name.to_string(), readable(value)?))).collect()
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Result<Option<String>, Reason> {
    headers.get(name).map(readable).transpose()
}

fn readable(value: &HeaderValue) -> Result<String, Reason> {
    value.to_str().map(str::to_owned).map_err(|_| Reason::Header)
}

fn now() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().map_or(0, |time| time.as_secs())
}
