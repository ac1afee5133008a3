//! What the benchmarks measure: the same work, bare and through the macro.

use cache_runtime::{Cache, Error, cached};
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// A value of the usual size: some 300 bytes of JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct User {
    id: u64,
    name: String,
    email: String,
    roles: Vec<String>,
    notes: String,
}

impl User {
    /// The user with this id.
    #[must_use]
    pub fn new(id: u64) -> Self {
        Self {
            id,
            name: format!("user number {id}"),
            email: format!("user{id}@example.org"),
            roles: vec!["reader".into(), "writer".into()],
            notes: "n".repeat(180),
        }
    }
}

/// What is measured: a function of four arguments.
#[cached(ttl = 3600, key = "user:<tenant>:<id>")]
pub async fn user(tenant: &str, id: u64, lang: &str, deep: bool) -> Result<User, Error> {
    assert!(!tenant.is_empty() && !lang.is_empty() && deep);
    Ok(User::new(id))
}

/// One call of it.
///
/// # Panics
///
/// When the load fails, which it does not.
pub async fn call(id: u64) -> User {
    user("acme", id, "en", true).await.expect("the load cannot fail")
}

/// The same function with a value that is shared.
#[cached(ttl = 3600, key = "shared:<tenant>:<id>")]
async fn shared_user(tenant: &str, id: u64, lang: &str, deep: bool) -> Result<Arc<User>, Error> {
    assert!(!tenant.is_empty() && !lang.is_empty() && deep);
    Ok(Arc::new(User::new(id)))
}

/// One call of that.
///
/// # Panics
///
/// When the load fails, which it does not.
pub async fn shared(id: u64) -> Arc<User> {
    shared_user("acme", id, "en", true).await.expect("the load cannot fail")
}

/// The same for a list.
#[cached(ttl = 3600, none_ttl = 0, key = "each:<ids>", each = ids)]
pub async fn users(ids: &[u64]) -> Result<HashMap<u64, User>, Error> {
    BATCH_LOADS.fetch_add(1, Relaxed);
    Ok(ids.iter().map(|id| (*id, User::new(*id))).collect())
}

/// How often the load of [`users`] has run.
pub static BATCH_LOADS: AtomicU64 = AtomicU64::new(0);

/// Builds the key of one call, and nothing else.
#[must_use]
pub fn key(id: u64) -> Option<cache_runtime::Key> {
    cache_runtime::key!(user("acme", id, "en", true))
}

/// The least that a hit can be: GET and decode.
///
/// # Panics
///
/// When Redis fails.
pub async fn bare(connection: &mut MultiplexedConnection, id: u64) -> User {
    let json: Vec<u8> = connection.get(bare_key(id)).await.expect("GET answers");
    serde_json::from_slice(&json).expect("it was stored as JSON")
}

/// How many users are stored, for as many callers at once.
pub const USERS: u64 = 512;

/// A bare connection, and a handle, on one server; the users are stored for both.
///
/// # Panics
///
/// When Redis fails.
pub async fn prepare(url: &str) -> (MultiplexedConnection, Cache) {
    let cache = Cache::builder().redis(url).build().await.expect("the URL is good");
    let mut connection = connect(url).await;
    for id in 0..USERS {
        cache.scope(call(id)).await;
        let json = serde_json::to_vec(&User::new(id)).expect("a user is JSON");
        let _: () = connection.set(bare_key(id), json).await.expect("SET answers");
    }
    (connection, cache)
}

/// Connects as sparingly as can be: no delay, and no timer for each answer.
///
/// # Panics
///
/// When Redis is not there.
pub async fn connect(url: &str) -> MultiplexedConnection {
    let info: redis::ConnectionInfo =
        redis::IntoConnectionInfo::into_connection_info(url).expect("the URL is good");
    let tcp = info.tcp_settings().clone().set_nodelay(true);
    let client = redis::Client::open(info.set_tcp_settings(tcp)).expect("the URL is good");
    let config = redis::AsyncConnectionConfig::new().set_response_timeout(None);
    let connected = client.get_multiplexed_async_connection_with_config(&config).await;
    connected.expect("Redis is there")
}

/// The key under which a user is stored without the cache.
#[must_use]
pub fn bare_key(id: u64) -> String {
    format!("bare:{id}")
}

/// Runs `one` in `tasks` tasks, `each` times in every one, and says how long all of it took. `one` is given the task's number.
///
/// # Panics
///
/// When a task panics.
pub async fn storm<F>(
    tasks: u64,
    each: u64,
    one: impl Fn(u64) -> F + Clone + Send + 'static,
) -> Duration
where
    F: Future<Output = ()> + Send + 'static,
{
    let started = Instant::now();
    let running: Vec<_> = (0..tasks)
        .map(|task| {
            let one = one.clone();
            tokio::spawn(async move {
                for _ in 0..each {
                    one(task).await;
                }
            })
        })
        .collect();
    for task in running {
        task.await.expect("a task that only reads does not panic");
    }
    started.elapsed()
}

/// A load that takes its time.
pub mod slow {
    use super::User;
    use cache_runtime::cached;
    use std::time::{Duration, Instant};

    /// How long it takes.
    pub const TIME: Duration = Duration::from_millis(50);

    #[cached(ttl = 3600)]
    async fn load(id: u64) -> User {
        tokio::time::sleep(TIME).await;
        User::new(id)
    }

    /// Asks for a user, and says when the answer was there.
    pub async fn user(id: u64) -> Instant {
        load(id).await;
        Instant::now()
    }
}
