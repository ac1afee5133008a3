//! A metadata catalog behind a trait object: six of its reads are cached, six writes keep them true, and a dozen other methods have
//! nothing to do with the cache. There is no caching layer around the trait; the attributes are in `sql_catalog.rs`.
//!
//! The rest of this program shows what they do, in `tour.rs`, or is a node of a fleet, in `serve.rs`.

mod arguments;
mod catalog;
mod commands;
mod database;
mod entries;
mod error;
mod reads;
mod records;
mod serve;
mod sql_catalog;
mod tour;
mod warmup;

use arguments::Arguments;
use cache_runtime::config::Time;
use cache_runtime::{Cache, CacheConfig, Ttl};
use catalog::Catalog;
use database::Place;
use examples::command_line::{self, Failure};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// What this process works with.
pub(crate) struct Node {
    /// Tells this catalog from others in the same store.
    pub(crate) id: String,
    pub(crate) catalog: Arc<dyn Catalog>,
    pub(crate) cache: Cache,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report("catalog"),
    }
}

async fn run() -> Result<(), Failure> {
    let Some(arguments) = command_line::parse::<Arguments>()? else {
        return Ok(());
    };
    arguments.check()?;
    show_messages(&arguments);
    let cache = build_cache(&arguments).await.map_err(Failure::input)?;
    cache.install().map_err(Failure::fault)?;
    let place = Place::choose(&arguments)?;
    let catalog = place.open().await?;
    let (id, pool) = (catalog.id.clone(), catalog.pool.clone());
    let node = Node { id, catalog: Arc::new(catalog), cache };
    if arguments.serve {
        serve::run(&node, &arguments).await?;
    } else {
        tour::take(&node, place.name, &arguments).await?;
    }
    pool.close().await;
    Ok(())
}

/// What the cache has to say; the database's own messages would show statements and values.
fn show_messages(arguments: &Arguments) {
    let messages = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false);
    let of_the_cache = Targets::new().with_target("cache_runtime", arguments.log);
    tracing_subscriber::registry().with(messages).with(of_the_cache).init();
}

async fn build_cache(arguments: &Arguments) -> Result<Cache, cache_runtime::Error> {
    let mut config = CacheConfig::default();
    // An empty variable is as good as none.
    config.url = arguments.redis.clone().filter(|url| !url.is_empty());
    config.prefix = Some(arguments.prefix.clone());
    config.default_ttl = Some(Ttl::After(arguments.ttl));
    config.budget = Some(Time(Duration::from_millis(arguments.budget)));
    Cache::from_config(config).await
}
