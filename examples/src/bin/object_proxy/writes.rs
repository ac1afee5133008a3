//! The writes. Each says what it makes stale; that is deleted when it has ended, well or not: a write whose answer was lost may have
//! happened.

use crate::forward::Forward;
use crate::place::Place;
use crate::upstream::{Upstream, UpstreamError};
use axum::body::Body;
use axum::http::Response;
use cache_runtime::invalidates;

/// Stores or deletes an object.
#[invalidates("object:<at.bucket>:<at.name>:*", when = "always")]
pub(crate) async fn write_object(
    upstream: &Upstream,
    at: &Place,
    request: Forward,
) -> Result<Response<Body>, UpstreamError> {
    upstream.send(request).await
}

/// Deletes all objects of a bucket.
#[invalidates("object:<at.bucket>:*", when = "always")]
pub(crate) async fn empty_bucket(
    upstream: &Upstream,
    at: &Place,
    request: Forward,
) -> Result<Response<Body>, UpstreamError> {
    upstream.send(request).await
}
