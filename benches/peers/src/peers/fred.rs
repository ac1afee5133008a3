//! `fred`: a client.

use super::by_hand::{ByHand, Client};
use super::{Entry, Peer, any};
use crate::database::{TTL_SECONDS, server};
use fred::prelude::{
    Builder, ClientLike, Config, Expiration, KeysInterface, ReconnectPolicy, TcpConfig,
};
use fred::types::config::ConnectionConfig;
use futures_util::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;

pub(crate) const ENTRY: Entry = Entry {
    name: "`fred`",
    setup: "its README's options (`nodelay`, connection timeout 5 s) and its server examples' reconnecting \
            (exponential, 100 ms to 30 s, without end); `GET` and `serde_json`",
    shared: true,
    connect,
};

fn connect() -> BoxFuture<'static, Arc<dyn Peer>> {
    Box::pin(async {
        let config = Config::from_url(server()).expect("the URL is good");
        let client = Builder::from_config(config)
            .with_connection_config(connection)
            .set_policy(ReconnectPolicy::new_exponential(0, 100, 30_000, 2))
            .build()
            .expect("the options are good");
        client.init().await.expect("Redis is there");
        any(ByHand { prefix: "fred", client: Fred(client) })
    })
}

fn connection(config: &mut ConnectionConfig) {
    config.connection_timeout = Duration::from_secs(5);
    config.tcp = TcpConfig { nodelay: Some(true), ..TcpConfig::default() };
}

#[derive(Clone)]
struct Fred(fred::clients::Client);

impl Client for Fred {
    type Bytes = fred::bytes::Bytes;

    async fn get(&self, key: String) -> Result<Option<Self::Bytes>, String> {
        self.0.get(key).await.map_err(|error| error.to_string())
    }

    async fn set(&self, key: String, value: Vec<u8>) -> Result<(), String> {
        let expiry = Expiration::EX(TTL_SECONDS.cast_signed());
        let stored = self.0.set(key, value.as_slice(), Some(expiry), None, false).await;
        stored.map_err(|error| error.to_string())
    }

    async fn delete(&self, key: String) -> Result<(), String> {
        self.0.del(key).await.map_err(|error| error.to_string())
    }
}
