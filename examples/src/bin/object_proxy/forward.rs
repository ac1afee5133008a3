//! A request on its way to the store.

use crate::hops;
use crate::place::Place;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request};

#[derive(Debug)]
pub(crate) struct Forward {
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
}

impl Forward {
    /// Asks for an object with nothing of a client's in the request, so that the answer is for all of them.
    pub(crate) fn get(at: &Place) -> Self {
        let headers = hops::for_store(&HeaderMap::new());
        Self { method: Method::GET, target: at.path(), headers, body: Body::empty() }
    }

    /// What a client has asked, with the place written in the one way that all requests have.
    pub(crate) fn from_client(at: &Place, request: Request<Body>) -> Self {
        let (head, body) = request.into_parts();
        let query = head.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        let target = at.path() + &query;
        Self { method: head.method, target, headers: hops::for_store(&head.headers), body }
    }
}
