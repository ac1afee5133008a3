//! A caching proxy before an object store, over HTTP on both sides.
//!
//! The read is in `reads.rs`, the writes in `writes.rs`; no cache code is in the body of any of them. What is cached is in
//! `object.rs`, and `proxy.rs` says which requests may be answered from it. The store in `store.rs` stands for S3.

mod answer;
mod arguments;
mod cache;
mod etag;
mod forward;
mod freshness;
mod hops;
mod listen;
mod metrics;
mod object;
mod patience;
mod place;
mod proxy;
mod reads;
mod store;
mod tour;
mod upstream;
mod writes;

use arguments::{Arguments, Options, Role};
use examples::command_line::{self, Failure};
use proxy::Proxy;
use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;
use tracing_subscriber::filter::LevelFilter;
use upstream::Upstream;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report("object_proxy"),
    }
}

async fn run() -> Result<(), Failure> {
    let Some(arguments) = command_line::parse::<Arguments>()? else {
        return Ok(());
    };
    tracing_subscriber::fmt().with_writer(io::stderr).with_max_level(LevelFilter::WARN).init();
    match arguments.role {
        None => tour::take(&arguments.options).await,
        Some(Role::Store { listen }) => listen::serve_until_told(listen, store::router()).await,
        Some(Role::Proxy { listen, upstream, options }) => proxy(listen, &upstream, &options).await,
    }
}

async fn proxy(listen: SocketAddr, upstream: &str, options: &Options) -> Result<(), Failure> {
    let upstream = Upstream::new(upstream, options)?;
    let cache = cache::build(options).await?;
    cache.install().map_err(Failure::fault)?;
    listen::serve_until_told(listen, proxy::router(Proxy { cache, upstream })).await
}
