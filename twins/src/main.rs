//! Compares the service `web` with its twin, `web-plain`, which is the same source without the cache: every answer has to be the same,
//! byte by byte, while servers and processes are disturbed.
//!
//! Two processes of the service share one Redis, so that what one writes the other has to hear of. Their twin asks the same database, or
//! one of its own that has had the same requests.

mod application;
mod client;
mod clients;
mod comparison;
mod counts;
mod fault;
mod finding;
mod options;
mod rounds;
mod run;
mod stage;
mod traffic;
mod world;

use clap::Parser;
use options::{Arguments, Role};
use std::io::{self, Read};
use std::process::ExitCode;
use std::thread;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let Some(role) = arguments.role else {
        return run::run(&arguments.options).await;
    };
    end_with_standard_input();
    match role {
        Role::Cached => web::main().await,
        Role::Plain => web_plain::main().await,
    }
}

/// Ends this process when the one that started it has gone, however that ended.
fn end_with_standard_input() {
    thread::spawn(|| {
        let _ = io::stdin().read(&mut [0]);
        std::process::exit(1);
    });
}
