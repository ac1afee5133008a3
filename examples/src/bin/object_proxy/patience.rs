//! How long is waited for the store: for a connection, for an answer, and between two parts of a body.

use axum::body::Body;
use futures_util::{StreamExt, stream};
use hyper_util::client::legacy::connect::CaptureConnection;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// A body that tells when a part of it is taken.
pub(crate) struct Watched {
    pub(crate) body: Body,
    /// Closed when all of it has been taken.
    pub(crate) progress: watch::Receiver<()>,
}

pub(crate) fn watched(body: Body) -> Watched {
    let (taken, progress) = watch::channel(());
    // A body that is known to be empty has no length to announce, and stays so.
    if axum::body::HttpBody::is_end_stream(&body) {
        return Watched { body, progress };
    }
    let parts = body.into_data_stream().inspect(move |_| {
        taken.send_replace(());
    });
    Watched { body: Body::from_stream(parts), progress }
}

/// Returns when nothing has happened for too long. Connecting has a time limit of its own.
pub(crate) async fn overdue(
    mut connection: CaptureConnection,
    mut progress: watch::Receiver<()>,
    patience: Duration,
) {
    connection.wait_for_connection_metadata().await;
    while let Ok(taken) = timeout(patience, progress.changed()).await {
        if taken.is_err() {
            // All is sent. From here on the store has to answer.
            return sleep(patience).await;
        }
    }
}

/// A body that fails when its next part takes too long. A large one may take long in all.
pub(crate) fn in_time(body: Body, patience: Duration) -> Body {
    let hint = axum::body::HttpBody::size_hint(&body);
    if hint.exact() == Some(0) {
        return body;
    }
    Body::from_stream(stream::unfold(Some(body.into_data_stream()), move |parts| async move {
        let mut parts = parts?;
        match timeout(patience, parts.next()).await {
            Ok(part) => Some((part?, Some(parts))),
            Err(elapsed) => Some((Err(axum::Error::new(elapsed)), None)),
        }
    }))
}
