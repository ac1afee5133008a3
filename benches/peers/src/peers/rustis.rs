//! `rustis`: a client.

use super::by_hand::{ByHand, Client};
use super::{Entry, Peer, any};
use crate::database::{TTL_SECONDS, server};
use futures_util::future::BoxFuture;
use rustis::commands::{GenericCommands, SetExpiration, StringCommands};
use rustis::resp::BulkString;
use std::sync::Arc;

pub(crate) const ENTRY: Entry = Entry {
    name: "`rustis`",
    setup: "its defaults (`no_delay`, no command timeout); `GET` and `serde_json`",
    shared: true,
    connect,
};

fn connect() -> BoxFuture<'static, Arc<dyn Peer>> {
    Box::pin(async {
        let client = rustis::client::Client::connect(server()).await.expect("Redis is there");
        any(ByHand { prefix: "rustis", client: Rustis(client) })
    })
}

#[derive(Clone)]
struct Rustis(rustis::client::Client);

impl Client for Rustis {
    type Bytes = Vec<u8>;

    async fn get(&self, key: String) -> Result<Option<Vec<u8>>, String> {
        let found: rustis::Result<Option<BulkString>> = self.0.get(key).await;
        found.map(|found| found.map(Into::into)).map_err(|error| error.to_string())
    }

    async fn set(&self, key: String, value: Vec<u8>) -> Result<(), String> {
        let expiry = SetExpiration::Ex(TTL_SECONDS);
        let stored = self.0.set_with_options(key, BulkString::from(value), None, expiry).await;
        stored.map(|_| ()).map_err(|error| error.to_string())
    }

    async fn delete(&self, key: String) -> Result<(), String> {
        self.0.del(key).await.map(|_: usize| ()).map_err(|error| error.to_string())
    }
}
