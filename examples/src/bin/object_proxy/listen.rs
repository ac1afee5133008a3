//! A server from its first request to its last.

use axum::Router;
use examples::command_line::Failure;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::sleep;

/// How long a request that is being answered may still take at the end.
const PATIENCE: Duration = Duration::from_secs(10);

/// Serves until Ctrl-C, or until somebody asks the process to end, and then what has been begun.
pub(crate) async fn serve_until_told(listen: SocketAddr, router: Router) -> Result<(), Failure> {
    let listener = bind(listen).await?;
    // Before the address is told, so that whoever reads it may ask the process to end.
    let mut terminate = signal(SignalKind::terminate()).map_err(Failure::fault)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::fault)?;
    println!("listening on {}", listener.local_addr().map_err(Failure::fault)?);
    let (told, tell) = tokio::sync::watch::channel(());
    let ending = async move {
        tokio::select! {
            _ = terminate.recv() => (),
            _ = interrupt.recv() => (),
        }
        drop(told);
    };
    let late = async {
        let mut tell = tell;
        while tell.changed().await.is_ok() {}
        sleep(PATIENCE).await;
    };
    tokio::select! {
        served = axum::serve(listener, router).with_graceful_shutdown(ending) => served.map_err(Failure::fault),
        () = late => Ok(()),
    }
}

/// Serves for as long as this process runs, on a free port.
pub(crate) async fn serve_behind(router: Router) -> Result<SocketAddr, Failure> {
    let listener = bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let address = listener.local_addr().map_err(Failure::fault)?;
    tokio::spawn(axum::serve(listener, router).into_future());
    Ok(address)
}

async fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    let bound = TcpListener::bind(address).await;
    bound.map_err(|error| Failure::input(format!("--listen {address}: {error}")))
}
