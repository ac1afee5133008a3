//! A server from its first request to its last.

use axum::Router;
use std::io;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::time::sleep;

/// How long a request that is being answered may still take at the end.
const PATIENCE: Duration = Duration::from_secs(10);

/// Serves until Ctrl-C or `SIGTERM`, and then finishes what has been begun.
pub(crate) async fn serve_until_told(listen: &str, router: Router) -> io::Result<()> {
    let listener = TcpListener::bind(listen).await?;
    // Before the address is told, so that whoever reads it may ask the process to end.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    println!("listening on {}", listener.local_addr()?);
    let (told, mut tell) = watch::channel(false);
    let ending = async move {
        tokio::select! {
            _ = terminate.recv() => (),
            _ = interrupt.recv() => (),
        }
        told.send_replace(true);
    };
    let late = async move {
        // If the sender is gone, the server is about to return by itself.
        let _ = tell.wait_for(|is_told| *is_told).await;
        sleep(PATIENCE).await;
    };
    tokio::select! {
        served = axum::serve(listener, router).with_graceful_shutdown(ending) => served,
        () = late => Ok(()),
    }
}
