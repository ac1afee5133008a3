//! What a client is answered.

use crate::etag;
use crate::object::Object;
use crate::place::NoPlace;
use crate::upstream::UpstreamError;
use axum::body::Body;
use axum::http::header::{
    ACCEPT_RANGES, AGE, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderName, HeaderValue,
};
use axum::http::{HeaderMap, Response, StatusCode};
use axum::response::IntoResponse;
use bytes::Bytes;

/// How a cache tells what it did (RFC 9211).
pub(crate) const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");

/// An object from the cache: its bytes are those of the cached value, not a copy.
pub(crate) fn object(object: &Object, asked: &HeaderMap) -> Response<Body> {
    let mut headers = HeaderMap::new();
    for (name, value) in &object.headers {
        // They were headers before, so that none is left out.
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse()) {
            headers.append(name, value);
        }
    }
    let typed = object.content_type.as_ref().map(|value| (CONTENT_TYPE, value));
    for (name, value) in typed.into_iter().chain([(ETAG, &object.etag)]) {
        headers.extend(value.parse().ok().map(|value: HeaderValue| (name, value)));
    }
    headers.insert(AGE, object.age().into());
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("none"));
    whole(asked, headers, &object.etag, object.data.clone())
}

/// An object as a whole, or that the client has it already. Whoever asks for a range gets all of it, as a server may answer that knows none
/// (RFC 9110, section 14.2); 416 would say that the object has no such part.
pub(crate) fn whole(
    asked: &HeaderMap,
    mut headers: HeaderMap,
    etag: &str,
    data: Bytes,
) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    if etag::client_has(asked, etag) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        for of_the_data in [CONTENT_TYPE, CONTENT_ENCODING] {
            headers.remove(of_the_data);
        }
    } else {
        *response.body_mut() = Body::from(data);
    }
    *response.headers_mut() = headers;
    response
}

pub(crate) fn absent() -> Response<Body> {
    (StatusCode::NOT_FOUND, "there is no such object\n").into_response()
}

/// An expired object that its owner does not want to be served (RFC 9111, section 5.2.2.2).
pub(crate) fn not_stale() -> Response<Body> {
    let reason =
        "the object store does not answer, and what is cached of it must not be served any more\n";
    (StatusCode::GATEWAY_TIMEOUT, reason).into_response()
}

impl IntoResponse for UpstreamError {
    fn into_response(self) -> Response<Body> {
        let status = match self {
            Self::TimedOut => StatusCode::GATEWAY_TIMEOUT,
            Self::NoUri => StatusCode::URI_TOO_LONG,
            Self::Unreachable | Self::BrokeOff | Self::Status(_) => StatusCode::BAD_GATEWAY,
        };
        (status, format!("{self}\n")).into_response()
    }
}

impl IntoResponse for NoPlace {
    fn into_response(self) -> Response<Body> {
        (StatusCode::BAD_REQUEST, format!("{self}\n")).into_response()
    }
}
