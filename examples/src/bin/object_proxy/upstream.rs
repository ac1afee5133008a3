//! The object store behind the proxy, as a client sees it.

use crate::arguments::Options;
use crate::forward::Forward;
use crate::object::{Fetched, Limits, Object, Reason};
use crate::patience::{Watched, in_time, overdue, watched};
use axum::body::Body;
use axum::http::uri::Authority;
use axum::http::{Request, Response, Uri};
use bytes::{Bytes, BytesMut};
use examples::command_line::Failure;
use futures_util::StreamExt;
use hyper_util::client::legacy::connect::{HttpConnector, capture_connection};
use hyper_util::client::legacy::{self, Client};
use hyper_util::rt::TokioExecutor;
use serde::Serialize;
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::error::Elapsed;

/// A store, as an argument of functions.
///
/// Serialized it is its address: as an argument that is not skipped it is part of the hash in every key, so that the objects of two
/// stores behind one Redis are never taken for each other.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Upstream {
    address: String,
    #[serde(skip)]
    client: Client<HttpConnector, Body>,
    #[serde(skip)]
    timeout: Duration,
    #[serde(skip)]
    limits: Limits,
}

/// Why the store has not answered. Nothing in it tells where the store is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UpstreamError {
    Unreachable,
    TimedOut,
    BrokeOff,
    Status(u16),
    /// The place is too long to be asked for.
    NoUri,
}

impl Upstream {
    pub(crate) fn new(url: &str, options: &Options) -> Result<Self, Failure> {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(options.connect_timeout));
        connector.set_nodelay(true);
        Ok(Self {
            address: address(url)
                .map_err(|reason| Failure::input(format!("--upstream: {reason}")))?,
            client: Client::builder(TokioExecutor::new()).build(connector),
            timeout: options.operation_timeout,
            limits: Limits { largest: options.max_cached, default_ttl: options.default_ttl },
        })
    }

    /// Sends a request on. The answer has come when its head has; its body is bounded by how long it stands still.
    pub(crate) async fn send(&self, forward: Forward) -> Result<Response<Body>, UpstreamError> {
        let Watched { body, progress } = watched(forward.body);
        let mut request = Request::new(body);
        *request.method_mut() = forward.method;
        *request.headers_mut() = forward.headers;
        let uri = format!("{}{}", self.address, forward.target).parse();
        *request.uri_mut() = uri.map_err(|_| UpstreamError::NoUri)?;
        let connection = capture_connection(&mut request);
        let response = tokio::select! {
            response = self.client.request(request) => response.map_err(|error| failed(&error))?,
            () = overdue(connection, progress, self.timeout) => return Err(UpstreamError::TimedOut),
        };
        Ok(response.map(|body| in_time(Body::new(body), self.timeout)))
    }

    /// Reads an answer into memory, if it is one to be cached: into one piece, and no more of it than may be cached.
    pub(crate) async fn read(&self, response: Response<Body>) -> Result<Fetched, UpstreamError> {
        let (head, body) = response.into_parts();
        let object = match Object::announced(&head, &self.limits) {
            Ok(object) => object,
            Err(reason) => return Ok(Fetched::Uncached(reason)),
        };
        Ok(match collect(body, self.limits.largest).await? {
            None => Fetched::Uncached(Reason::TooLarge),
            Some(data) if data.is_empty() => Fetched::Uncached(Reason::Empty),
            Some(data) => Fetched::Object(Arc::new(Object { data, ..object })),
        })
    }
}

/// The whole body, or `None` when it is larger than that.
async fn collect(body: Body, largest: usize) -> Result<Option<Bytes>, UpstreamError> {
    let expected = axum::body::HttpBody::size_hint(&body).lower();
    let expected = usize::try_from(expected).unwrap_or(largest).min(largest);
    let mut data = BytesMut::with_capacity(expected);
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| broke_off(&error))?;
        if data.len() + chunk.len() > largest {
            return Ok(None);
        }
        data.extend_from_slice(&chunk);
    }
    Ok(Some(data.freeze()))
}

/// A URL as all keys and requests begin with it. A bad one is not shown: it may hold a password.
fn address(url: &str) -> Result<String, &'static str> {
    let uri: Uri = url.parse().map_err(|_| "write a URL, such as http://127.0.0.1:9000")?;
    let authority = uri.authority().map(Authority::as_str);
    match (uri.scheme_str(), authority) {
        (Some("http"), Some(authority)) if !authority.contains('@') && uri.query().is_none() => {
            Ok(format!("http://{authority}{}", uri.path().trim_end_matches('/')))
        }
        (Some("http"), Some(authority)) if authority.contains('@') => {
            Err("clients bring their own credentials; leave them out of the URL")
        }
        (Some("http"), Some(_)) => Err("leave the query out of the URL"),
        _ => Err("only http:// is spoken; write a URL, such as http://127.0.0.1:9000"),
    }
}

fn failed(error: &legacy::Error) -> UpstreamError {
    if error.is_connect() { UpstreamError::Unreachable } else { UpstreamError::BrokeOff }
}

fn broke_off(error: &axum::Error) -> UpstreamError {
    let timed_out = error.source().is_some_and(<dyn Error>::is::<Elapsed>);
    if timed_out { UpstreamError::TimedOut } else { UpstreamError::BrokeOff }
}

impl fmt::Display for UpstreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable => f.write_str("the object store cannot be reached"),
            Self::TimedOut => f.write_str("the object store took too long"),
            Self::BrokeOff => f.write_str("the object store broke off"),
            Self::NoUri => f.write_str("the name is too long"),
            Self::Status(status) => write!(f, "the object store answered with {status}"),
        }
    }
}

impl Error for UpstreamError {}
