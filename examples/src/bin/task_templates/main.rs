//! A registry of task templates: an orchestrator and workers, processes of this one program, with a cache in each of them and
//! Redis between them.
//!
//! The queries are in `reads.rs`, the writes in `writes.rs`; no cache code is in the body of any of them. The configuration is
//! in `settings.rs`. The rest of this program shows what they do.

mod answer;
mod arguments;
mod child;
mod command;
mod database;
mod demo;
mod place;
mod reads;
mod serve;
mod settings;
mod status;
mod template;
mod writes;

use answer::Registry;
use arguments::{Arguments, Role};
use demo::demo;
use examples::command_line::{self, Failure};
use serve::serve;
use settings::Loaded;
use std::io;
use std::process::ExitCode;
use template::Template;
use tracing_subscriber::filter::LevelFilter;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report("task_templates"),
    }
}

async fn run() -> Result<(), Failure> {
    let Some(arguments) = command_line::parse::<Arguments>()? else {
        return Ok(());
    };
    // The output is for answers.
    tracing_subscriber::fmt().with_writer(io::stderr).with_max_level(LevelFilter::WARN).init();
    let loaded = Loaded::read(arguments.config.as_deref(), arguments.environment.as_deref())?;
    match arguments.role {
        None => demo(&loaded),
        Some(Role::Orchestrator) => join(&loaded, &[]).await,
        Some(Role::Worker { namespace }) => join(&loaded, &namespace.templates()).await,
        Some(Role::Status) => show_status(&loaded).await,
    }
}

/// Becomes a part of the registry.
async fn join(loaded: &Loaded, templates: &[Template]) -> Result<(), Failure> {
    let cache = loaded.cache().await?;
    cache.install().map_err(Failure::fault)?;
    let db = database::open(&loaded.settings.database).await?;
    let registry = Registry { cache, db };
    serve(&registry, templates).await?;
    registry.db.close().await;
    Ok(())
}

async fn show_status(loaded: &Loaded) -> Result<(), Failure> {
    let cache = loaded.cache().await?;
    println!("{}", status::status(&cache).await);
    Ok(())
}
