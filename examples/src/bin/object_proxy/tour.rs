//! A store, a proxy before it, and a client that shows what the proxy does.

use crate::answer::CACHE_STATUS;
use crate::arguments::Options;
use crate::proxy::Proxy;
use crate::upstream::Upstream;
use crate::{cache, listen, proxy, store};
use axum::body::{Body, to_bytes};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::request::Builder;
use axum::http::{Request, Response};
use examples::command_line::Failure;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use std::net::SocketAddr;

const PAGE: &str = "/site/a page.html";

pub(crate) async fn take(options: &Options) -> Result<(), Failure> {
    let store = listen::serve_behind(store::router()).await?;
    let upstream = Upstream::new(&format!("http://{store}"), options)?;
    let cache = cache::build(options).await?;
    cache.install().map_err(Failure::fault)?;
    println!("store: {store}; cache: {}", cache.store_name());
    let proxy = listen::serve_behind(proxy::router(Proxy { cache, upstream })).await?;
    let visitor = Visitor { client: Client::builder(TokioExecutor::new()).build_http(), proxy };
    objects(&visitor).await?;
    visitor.show_metrics().await
}

async fn objects(visitor: &Visitor) -> Result<(), Failure> {
    println!("\na write through the proxy, and reads");
    visitor.put(PAGE, "<h1>one</h1>", "max-age=300").await?;
    visitor.get(PAGE).await?;
    let response = visitor.get(PAGE).await?;

    println!("\na client that has it already, and one that asks for its head");
    let etag = response.headers().get(ETAG).cloned();
    let asked = etag
        .into_iter()
        .fold(visitor.ask("GET", PAGE), |ask, etag| ask.header(IF_NONE_MATCH, etag));
    visitor.send(asked, Body::empty()).await?;
    visitor.send(visitor.ask("HEAD", PAGE), Body::empty()).await?;

    println!("\nanother write, and what is read after it");
    visitor.put(PAGE, "<h1>two</h1>", "max-age=300").await?;
    visitor.get(PAGE).await?;
    visitor.get(PAGE).await?;

    println!("\nwhat is not there, and what is not for caches");
    visitor.get("/site/nothing").await?;
    visitor.get("/site/nothing").await?;
    visitor.put("/site/mine", "mine", "private").await?;
    visitor.get("/site/mine").await?;
    visitor.get("/site/mine").await.map(drop)
}

/// A client of the proxy.
struct Visitor {
    client: Client<HttpConnector, Body>,
    proxy: SocketAddr,
}

impl Visitor {
    async fn get(&self, path: &str) -> Result<Response<()>, Failure> {
        self.send(self.ask("GET", path), Body::empty()).await
    }

    async fn put(&self, path: &str, data: &'static str, control: &str) -> Result<(), Failure> {
        let ask = self.ask("PUT", path).header(CONTENT_TYPE, "text/html");
        self.send(ask.header(CACHE_CONTROL, control), Body::from(data)).await.map(drop)
    }

    fn ask(&self, method: &str, path: &str) -> Builder {
        let uri = format!("http://{}{}", self.proxy, path.replace(' ', "%20"));
        Request::builder().method(method).uri(uri)
    }

    /// Sends a request and prints a line of what came back.
    async fn send(&self, ask: Builder, body: Body) -> Result<Response<()>, Failure> {
        let request = ask.body(body).map_err(Failure::fault)?;
        let asked = format!("{} {}", request.method(), request.uri().path());
        let (response, text) = self.answer(request).await?;
        let status = response.headers().get(CACHE_STATUS).and_then(|status| status.to_str().ok());
        let text = text.trim_end();
        println!(
            "  {asked:<24} {} {text:<24} {}",
            response.status().as_u16(),
            status.unwrap_or("")
        );
        Ok(response)
    }

    async fn answer(&self, request: Request<Body>) -> Result<(Response<()>, String), Failure> {
        let response = self.client.request(request).await.map_err(Failure::fault)?;
        let (head, body) = response.into_parts();
        let data = to_bytes(Body::new(body), usize::MAX).await.map_err(Failure::fault)?;
        let text = String::from_utf8_lossy(&data).into_owned();
        Ok((Response::from_parts(head, ()), text))
    }

    async fn show_metrics(&self) -> Result<(), Failure> {
        println!("\nthe proxy's metrics");
        let request = self.ask("GET", "/metrics").body(Body::empty()).map_err(Failure::fault)?;
        let (_, text) = self.answer(request).await?;
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            println!("  {line}");
        }
        Ok(())
    }
}
