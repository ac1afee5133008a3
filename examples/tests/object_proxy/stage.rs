//! A store, proxies before it, and what they have counted.

use crate::server::Server;
use crate::web::{Answer, Web};
use axum::body::Body;
use testkit::RedisServer;
use testkit::redis::Value;

/// A machine that is busy must not make a request pass the cache by.
const PATIENT: [(&str, &str); 4] = [
    ("--redis-timeout", "20"),
    ("--redis-connect-timeout", "20"),
    ("--operation-timeout", "30"),
    ("--connect-timeout", "30"),
];

pub(crate) struct Stage {
    pub(crate) redis: RedisServer,
    pub(crate) store: Server,
    pub(crate) web: Web,
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self { redis: RedisServer::start(), store: store(), web: Web::new() }
    }

    /// Starts a proxy before the store, on Redis.
    pub(crate) fn proxy(&self, options: &[&str]) -> Server {
        let redis = self.redis.url();
        proxy(&self.store.url(""), &[&["--redis", &redis], options].concat())
    }

    /// Stores an object past all proxies.
    pub(crate) async fn has(&self, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) {
        let answer = self.web.ask("PUT", &self.store.url(path), headers, body).await;
        assert!([201, 204].contains(&answer.status), "{answer:?}");
    }

    /// How often the store was asked for an object.
    pub(crate) async fn loads(&self) -> u64 {
        self.counted(&self.store, "object_store_requests_total{method=\"GET\"}").await
    }

    pub(crate) async fn counted(&self, server: &Server, name: &str) -> u64 {
        let metrics = self.web.get(&server.url("/metrics")).await;
        let line = metrics.text().lines().find_map(|line| line.strip_prefix(name));
        line.map_or(0, |count| count.trim().parse().expect("a number"))
    }

    pub(crate) async fn get(&self, server: &Server, path: &str) -> Answer {
        self.web.get(&server.url(path)).await
    }

    /// The keys of what is cached, of objects that match. What invalidations are told by has keys of its own.
    pub(crate) fn entries(&self, objects: &str) -> Vec<String> {
        let mut keys = self.redis.keys(&format!("proxy:object:{objects}"));
        keys.retain(|key| !key.ends_with(":~epoch"));
        keys
    }

    /// How many seconds the only entry that matches has left.
    pub(crate) fn seconds_left(&self, objects: &str) -> i64 {
        let keys = self.entries(objects);
        let [key] = &keys[..] else { panic!("{keys:?}") };
        match self.redis.command(&["TTL", key]) {
            Value::Int(seconds) => seconds,
            other => panic!("{other:?}"),
        }
    }
}

pub(crate) fn store() -> Server {
    Server::start(&["store"])
}

pub(crate) fn proxy(upstream: &str, options: &[&str]) -> Server {
    let mut arguments = vec!["proxy", "--upstream", upstream];
    for (name, value) in PATIENT {
        if !options.contains(&name) {
            arguments.extend([name, value]);
        }
    }
    arguments.extend(options);
    Server::start(&arguments)
}
