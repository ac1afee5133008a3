//! The read.

use crate::forward::Forward;
use crate::object::Fetched;
use crate::place::Place;
use crate::upstream::{Upstream, UpstreamError};
use axum::http::StatusCode;
use cache_runtime::cached;
use std::time::Duration;

/// What the store has at a place; `None` if there is nothing.
///
/// It is compressed whatever its type says: the fast level of zstd gives up early on what is compressed already, and what gets no
/// smaller is stored, and read, as it is.
#[cached(
    key = "object:<at.bucket>:<at.name>",
    ttl = |fetched: &Option<Fetched>| fetched.as_ref().map_or(Duration::ZERO, Fetched::ttl),
    store_if = |fetched: &Option<Fetched>| fetched.as_ref().is_none_or(Fetched::may_be_stored),
    none_ttl = "10s",
    stale_if_error = "1h",
    codec = "msgpack",
    compress = 1024,
    shape
)]
pub(crate) async fn fetch(
    upstream: &Upstream,
    at: &Place,
) -> Result<Option<Fetched>, UpstreamError> {
    let response = upstream.send(Forward::get(at)).await?;
    match response.status() {
        StatusCode::NOT_FOUND => Ok(None),
        status if status.is_server_error() => Err(UpstreamError::Status(status.as_u16())),
        _ => upstream.read(response).await.map(Some),
    }
}
