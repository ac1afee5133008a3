//! A small object store: objects in memory, named by path as in S3.

use crate::answer::{absent, whole};
use crate::etag;
use crate::place::Place;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, ETAG, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Method, Request, Response, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Whatever is sent is held in memory.
const LARGEST: usize = 1 << 30;

/// What belongs to an object and is told with it.
const KEPT: [&str; 5] =
    ["content-type", "content-encoding", "content-disposition", "content-language", "expires"];

#[derive(Clone, Default)]
struct Store(Arc<Mutex<Shelf>>);

#[derive(Default)]
struct Shelf {
    objects: BTreeMap<Place, Stored>,
    /// How often each method was asked for.
    requests: BTreeMap<String, u64>,
}

#[derive(Clone)]
struct Stored {
    data: Bytes,
    etag: String,
    headers: HeaderMap,
}

/// The routes. `/metrics` tells how often the store was asked, which a cache is to make less.
pub(crate) fn router() -> Router {
    Router::new().route("/metrics", get(metrics)).fallback(serve).with_state(Store::default())
}

async fn serve(State(store): State<Store>, request: Request<Body>) -> Response<Body> {
    store.count(request.method());
    let at = match Place::of(request.uri().path()) {
        Ok(at) => at,
        Err(reason) => return reason.into_response(),
    };
    match *request.method() {
        Method::GET | Method::HEAD => store.get(&at, request.headers()),
        Method::PUT if !at.is_bucket() => store.put(at, request).await,
        Method::DELETE if at.is_bucket() => store.empty(&at),
        Method::DELETE => store.delete(&at, request.headers()),
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}

impl Store {
    fn get(&self, at: &Place, asked: &HeaderMap) -> Response<Body> {
        let found = self.shelf().objects.get(at).cloned();
        found.map_or_else(absent, |found| whole(asked, found.headers, &found.etag, found.data))
    }

    async fn put(&self, at: Place, request: Request<Body>) -> Response<Body> {
        let (head, body) = request.into_parts();
        let Ok(data) = to_bytes(body, LARGEST).await else {
            return (StatusCode::BAD_REQUEST, "the object broke off, or is too large\n")
                .into_response();
        };
        let stored = Stored::new(data, &head.headers);
        let etag = stored.etag.clone();
        let mut locked = self.shelf();
        if !locked.allows_write(&at, &head.headers) {
            return StatusCode::PRECONDITION_FAILED.into_response();
        }
        let replaced = locked.objects.insert(at, stored).is_some();
        let status = if replaced { StatusCode::NO_CONTENT } else { StatusCode::CREATED };
        (status, [(ETAG, etag)]).into_response()
    }

    fn delete(&self, at: &Place, asked: &HeaderMap) -> Response<Body> {
        let mut locked = self.shelf();
        if !locked.allows_write(at, asked) {
            return StatusCode::PRECONDITION_FAILED.into_response();
        }
        // As in S3, where an object that is not there is deleted.
        locked.objects.remove(at);
        StatusCode::NO_CONTENT.into_response()
    }

    fn empty(&self, at: &Place) -> Response<Body> {
        self.shelf().objects.retain(|place, _| place.bucket != at.bucket);
        StatusCode::NO_CONTENT.into_response()
    }

    fn count(&self, method: &Method) {
        *self.shelf().requests.entry(method.to_string()).or_default() += 1;
    }

    /// Nothing is done under the lock that could panic and leave something half done.
    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelf {
    fn allows_write(&self, at: &Place, asked: &HeaderMap) -> bool {
        let present = self.objects.get(at).map(|stored| &*stored.etag);
        etag::allows_write(asked, present)
    }
}

impl Stored {
    fn new(data: Bytes, sent: &HeaderMap) -> Self {
        let is_valid = |name: &HeaderName| {
            *name == CACHE_CONTROL
                || KEPT.contains(&name.as_str())
                || name.as_str().starts_with("x-amz-meta-")
        };
        let kept = sent.iter().filter(|(name, _)| is_valid(name));
        let mut headers: HeaderMap =
            kept.map(|(name, value)| (name.clone(), value.clone())).collect();
        let etag = tag(&data);
        headers.extend(HeaderValue::from_str(&etag).ok().map(|etag| (ETAG, etag)));
        Self { data, etag, headers }
    }
}

/// The tag of a content: equal contents have the same.
fn tag(data: &[u8]) -> String {
    let mut tag = String::from("\"");
    for byte in &Sha256::digest(data)[..16] {
        // Writing to a string cannot fail.
        let _ = write!(tag, "{byte:02x}");
    }
    tag + "\""
}

async fn metrics(State(store): State<Store>) -> String {
    let mut text = String::from("# TYPE object_store_requests_total counter\n");
    for (method, count) in &store.shelf().requests {
        let _ = writeln!(text, "object_store_requests_total{{method=\"{method}\"}} {count}");
    }
    text
}
