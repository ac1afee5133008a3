//! The forum's server: `cargo run -p web`, with `DATABASE_URL` in the environment.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    web::main().await
}
