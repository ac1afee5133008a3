//! One complete small service: a forum over HTTP on `PostgreSQL`, with its reads in a cache.
//!
//! | file | holds |
//! |---|---|
//! | `users.rs`, `topics.rs`, `posts.rs`, `bookmarks.rs`, `front.rs` | the queries, with `#[cached]` and `#[invalidates]` |
//! | `transaction.rs` | how a transaction commits before its invalidations run |
//! | `cache.rs` | the handle: how it is built, asked for its health, and shut down |
//! | `viewer.rs` | who asks, and what they may see |
//! | `routes.rs` | the addresses, and what each answers |
//! | `server.rs`, `settings.rs` | a process from its first request to its last |
//!
//! Nothing outside the first three rows knows of the cache.

mod bookmarks;
mod cache;
mod database;
mod error;
mod front;
mod posts;
mod routes;
mod server;
mod settings;
mod topics;
mod transaction;
mod users;
mod viewer;

use cache::Handle;
use settings::Settings;
use std::fmt::Display;
use std::process::ExitCode;
use tracing_subscriber::filter::LevelFilter;

/// Serves the forum until Ctrl-C or `SIGTERM`.
///
/// Returns a failure, and prints one line, if a setting is unusable or the database cannot be opened.
pub async fn main() -> ExitCode {
    // Faults of the cache are seen here and in `/health`, and nowhere else.
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(LevelFilter::WARN)
        .with_ansi(false)
        .init();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("web: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), String> {
    let settings = Settings::from_env()?;
    let handle = Handle::open().await.map_err(|error| named("cache", error))?;
    let opened = database::open(&settings.database_url).await;
    let db = opened.map_err(|error| named("DATABASE_URL", error))?;
    let forum = routes::router(db.clone(), handle.clone());
    let served = server::serve_until_told(&settings.listen, forum).await;
    // The database is closed first: after the last write nothing new has to be invalidated.
    db.close().await;
    handle.close().await;
    served.map_err(|error| named("LISTEN", error))
}

fn named(setting: &str, error: impl Display) -> String {
    format!("{setting}: {error}")
}
