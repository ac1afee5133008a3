//! The `redis` crate, whose connections the toolkit uses too.

use super::by_hand::{ByHand, Client};
use super::{Entry, Peer, any};
use crate::database::{TTL_SECONDS, server};
use futures_util::future::BoxFuture;
use redis::aio::{ConnectionLike, ConnectionManager, MultiplexedConnection};
use redis::{AsyncCommands, AsyncConnectionConfig, IntoConnectionInfo};
use std::sync::Arc;

/// The least that a hit can be; the reference.
pub(crate) const BARE: Entry = Entry {
    name: "`redis`, bare",
    setup: "multiplexed connection, `TCP_NODELAY`, no response timeout; `GET` and `serde_json`",
    shared: true,
    connect: bare,
};

pub(crate) const MANAGED: Entry = Entry {
    name: "`redis`, `ConnectionManager`",
    setup: "its defaults (response timeout 500 ms, 6 retries); `GET` and `serde_json`",
    shared: true,
    connect: managed,
};

fn bare() -> BoxFuture<'static, Arc<dyn Peer>> {
    Box::pin(async {
        any(ByHand { prefix: "bare", client: Connection(multiplexed(server()).await) })
    })
}

fn managed() -> BoxFuture<'static, Arc<dyn Peer>> {
    Box::pin(async {
        let client = redis::Client::open(server()).expect("the URL is good");
        let manager = ConnectionManager::new(client).await.expect("Redis is there");
        any(ByHand { prefix: "managed", client: Connection(manager) })
    })
}

/// Connects as sparingly as can be: no delay, and no timer for each answer.
pub(crate) async fn multiplexed(url: &str) -> MultiplexedConnection {
    let info = url.into_connection_info().expect("the URL is good");
    let tcp = info.tcp_settings().clone().set_nodelay(true);
    let client = redis::Client::open(info.set_tcp_settings(tcp)).expect("the URL is good");
    let config = AsyncConnectionConfig::new().set_response_timeout(None);
    let connected = client.get_multiplexed_async_connection_with_config(&config).await;
    connected.expect("Redis is there")
}

#[derive(Clone)]
struct Connection<C>(C);

impl<C: ConnectionLike + Clone + Send + Sync + 'static> Client for Connection<C> {
    type Bytes = Vec<u8>;

    async fn get(&self, key: String) -> Result<Option<Vec<u8>>, String> {
        self.0.clone().get(key).await.map_err(|error| error.to_string())
    }

    async fn set(&self, key: String, value: Vec<u8>) -> Result<(), String> {
        let stored = self.0.clone().set_ex(key, value, TTL_SECONDS).await;
        stored.map_err(|error| error.to_string())
    }

    async fn delete(&self, key: String) -> Result<(), String> {
        self.0.clone().del(key).await.map_err(|error| error.to_string())
    }
}
