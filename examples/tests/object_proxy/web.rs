//! A client.

use axum::body::{Body, to_bytes};
use axum::http::header::HeaderName;
use axum::http::{HeaderMap, Request};
use bytes::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use std::time::Duration;
use tokio::time::timeout;

/// What an answer may take. A server that hangs fails the test instead of hanging it.
pub(crate) const AMPLE: Duration = Duration::from_secs(60);

#[derive(Clone, Debug)]
pub(crate) struct Web(Client<HttpConnector, Body>);

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Web {
    pub(crate) fn new() -> Self {
        Self(Client::builder(TokioExecutor::new()).build_http())
    }

    pub(crate) async fn get(&self, url: &str) -> Answer {
        self.ask("GET", url, &[], "").await
    }

    pub(crate) async fn put(&self, url: &str, body: impl Into<Body>) -> Answer {
        self.ask("PUT", url, &[], body).await
    }

    pub(crate) async fn ask(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let answer = self.try_ask(method, url, headers, body).await;
        answer.unwrap_or_else(|error| panic!("{method} {url}: {error}"))
    }

    /// Asks, and says what has become of it where that need not be an answer.
    pub(crate) async fn try_ask(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Result<Answer, String> {
        let mut request = Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.into()).expect("a request");
        let asking = async {
            let response = self.0.request(request).await.map_err(|error| format!("{error:?}"))?;
            let (head, body) = response.into_parts();
            let body = to_bytes(Body::new(body), usize::MAX).await;
            let body = body.map_err(|error| format!("{error:?}"))?;
            Ok(Answer { status: head.status.as_u16(), headers: head.headers, body })
        };
        timeout(AMPLE, asking).await.map_err(|_| "no answer".to_owned())?
    }
}

impl Answer {
    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        let name: HeaderName = name.parse().expect("a name");
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    #[track_caller]
    pub(crate) fn text(&self) -> &str {
        str::from_utf8(&self.body).expect("it is UTF-8")
    }

    /// What the proxy has said of its cache.
    #[track_caller]
    pub(crate) fn cache(&self) -> &str {
        self.header("cache-status").strip_prefix("object_proxy; ").unwrap_or_default()
    }

    /// Status, text and where it is from.
    #[track_caller]
    pub(crate) fn is(&self, status: u16, text: &str, cache: &str) {
        assert_eq!((self.status, self.text(), self.cache()), (status, text, cache));
    }
}
