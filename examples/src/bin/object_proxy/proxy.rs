//! The proxy: which requests are answered from the cache, and which are handed through.

use crate::answer::{self, CACHE_STATUS};
use crate::forward::Forward;
use crate::hops;
use crate::metrics;
use crate::object::{Fetched, Reason};
use crate::place::Place;
use crate::reads::fetch;
use crate::upstream::{Upstream, UpstreamError};
use crate::writes::{empty_bucket, write_object};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{ALLOW, AUTHORIZATION, HeaderValue};
use axum::http::{Method, Request, Response, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;
use cache_runtime::{Cache, Observed, Source, observe};

/// What every request needs.
#[derive(Clone)]
pub(crate) struct Proxy {
    pub(crate) cache: Cache,
    pub(crate) upstream: Upstream,
}

/// The routes. A path with one part is a bucket, so that these two are in no object's way.
pub(crate) fn router(proxy: Proxy) -> Router {
    Router::new()
        .route("/metrics", get(metrics::counts))
        .route("/health", get(metrics::health))
        .fallback(serve)
        .with_state(proxy)
}

async fn serve(State(proxy): State<Proxy>, request: Request<Body>) -> Response<Body> {
    let at = match Place::of(request.uri().path()) {
        Ok(at) => at,
        Err(reason) => return reason.into_response(),
    };
    match *request.method() {
        Method::GET | Method::HEAD if is_for_all(&request) && !at.is_bucket() => {
            read(&proxy.upstream, &at, request).await
        }
        Method::GET | Method::HEAD => hand_through(&proxy.upstream, &at, request, None).await,
        Method::PUT | Method::DELETE => write(proxy.upstream, at, request).await,
        _ => not_allowed(),
    }
}

/// Whether the answer depends on the path alone. What somebody is authorized to read is not for others (RFC 9111, section 3.5), and a
/// query asks for something else of the object.
fn is_for_all(request: &Request<Body>) -> bool {
    !request.headers().contains_key(AUTHORIZATION) && request.uri().query().is_none()
}

/// A `HEAD` loads the object, too: whoever asks for one mostly asks for the other next.
async fn read(upstream: &Upstream, at: &Place, request: Request<Body>) -> Response<Body> {
    let (fetched, seen) = observe(fetch(upstream, at)).await;
    let response = match fetched {
        Ok(Some(Fetched::Uncached(reason))) => {
            return hand_through(upstream, at, request, Some(reason)).await;
        }
        Ok(Some(Fetched::Object(object))) if object.never_stale && is_stale(&seen) => {
            answer::not_stale()
        }
        Ok(Some(Fetched::Object(object))) => answer::object(&object, request.headers()),
        Ok(None) => answer::absent(),
        Err(error) => error.into_response(),
    };
    with_status(response, source(&seen))
}

/// Streams between client and store, both ways, without holding more than a part of it.
async fn hand_through(
    upstream: &Upstream,
    at: &Place,
    request: Request<Body>,
    why: Option<Reason>,
) -> Response<Body> {
    let answered = upstream.send(Forward::from_client(at, request)).await;
    let detail = why.map(|reason| format!("; detail={reason:?}")).unwrap_or_default();
    with_status(for_client(answered), &format!("fwd=bypass{detail}"))
}

/// In a task of its own: a client that goes away must not leave a write behind of which the cache does not know how it ended.
async fn write(upstream: Upstream, at: Place, request: Request<Body>) -> Response<Body> {
    let request = Forward::from_client(&at, request);
    let writing = tokio::spawn(async move {
        if at.is_bucket() {
            empty_bucket(&upstream, &at, request).await
        } else {
            write_object(&upstream, &at, request).await
        }
    });
    for_client(writing.await.unwrap_or(Err(UpstreamError::BrokeOff)))
}

fn for_client(answered: Result<Response<Body>, UpstreamError>) -> Response<Body> {
    match answered {
        Ok(mut response) => {
            *response.headers_mut() = hops::for_client(response.headers());
            response
        }
        Err(error) => error.into_response(),
    }
}

fn not_allowed() -> Response<Body> {
    let methods = "GET, HEAD, PUT, DELETE";
    (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, methods)], "use GET, HEAD, PUT or DELETE\n")
        .into_response()
}

fn is_stale(seen: &Observed) -> bool {
    seen.last == Some(Source::Stale)
}

fn source(seen: &Observed) -> &'static str {
    match seen.last {
        Some(Source::Hit) => "hit",
        Some(Source::Stale) => "hit; detail=stale",
        Some(Source::Wait) => "fwd=miss; collapsed",
        Some(Source::Bypass) => "fwd=bypass",
        _ => "fwd=miss",
    }
}

fn with_status(mut response: Response<Body>, status: &str) -> Response<Body> {
    if let Ok(status) = HeaderValue::from_str(&format!("object_proxy; {status}")) {
        response.headers_mut().insert(CACHE_STATUS, status);
    }
    response
}
