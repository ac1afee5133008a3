//! No cache, where `web` has its handle.

use serde_json::{Value, json};

#[derive(Clone)]
pub(crate) struct Handle;

impl Handle {
    #[expect(clippy::unused_async, reason = "`web` waits here")]
    pub(crate) async fn open() -> Result<Self, String> {
        Ok(Self)
    }

    #[expect(clippy::unused_async, reason = "`web` waits here")]
    pub(crate) async fn health(&self) -> Value {
        json!({ "health": { "well": true } })
    }

    #[expect(clippy::unused_async, reason = "`web` waits here")]
    pub(crate) async fn close(&self) {}
}

pub(crate) fn from_database<F: Future>(reads: F) -> F {
    reads
}
