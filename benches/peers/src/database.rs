//! What all peers load from: rows with versions, that can be slow, and that count their readers.
//!
//! It is global because some peers keep their cache in a `static` and their load in a plain function.

use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// How long every entry lives: longer than any run.
pub(crate) const TTL: Duration = Duration::from_hours(1);

/// The same, in seconds, for attributes that take a literal only through a constant.
pub(crate) const TTL_SECONDS: u64 = TTL.as_secs();

/// The arguments that are the same in every call.
pub(crate) const TENANT: &str = "acme";
pub(crate) const LANG: &str = "en";
pub(crate) const PAGE: Option<u32> = Some(3);

/// A value of the usual size: five fields, some 300 bytes of JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, hitbox_fn::CacheableResponse)]
pub(crate) struct User {
    id: u64,
    name: String,
    email: String,
    roles: Vec<String>,
    notes: String,
}

impl User {
    /// The user with this id, as it is after so many writes.
    pub(crate) fn new(id: u64, version: u64) -> Self {
        Self {
            id,
            name: format!("user number {id} version {version}"),
            email: format!("user{id}@example.org"),
            roles: vec!["reader".into(), "writer".into()],
            notes: "n".repeat(180),
        }
    }

    /// Returns which of the writes it shows.
    pub(crate) fn version(&self) -> u64 {
        let version = self.name.rsplit(' ').next().and_then(|text| text.parse().ok());
        version.expect("every name ends in its version")
    }
}

#[derive(Default)]
struct Row {
    version: u64,
    loads: u64,
}

static ROWS: LazyLock<Mutex<HashMap<u64, Row>>> = LazyLock::new(Mutex::default);
static SLOWNESS: AtomicU64 = AtomicU64::new(0);
static SERVER: OnceLock<String> = OnceLock::new();

/// Loads a user: reads it first, and is slow afterwards, as a query whose result travels is.
pub(crate) async fn load(id: u64) -> User {
    let user = {
        let mut rows = rows();
        let row = rows.entry(id).or_default();
        row.loads += 1;
        User::new(id, row.version)
    };
    let slowness = Duration::from_millis(SLOWNESS.load(Ordering::SeqCst));
    if !slowness.is_zero() {
        tokio::time::sleep(slowness).await;
    }
    user
}

/// The function that everybody caches: its first argument says what is loaded, the others only have to be there.
pub(crate) async fn user(id: u64, tenant: &str, lang: &str, page: Option<u32>) -> User {
    assert!(!tenant.is_empty() && !lang.is_empty() && page.is_some());
    load(id).await
}

/// Changes a user.
pub(crate) fn write(id: u64) {
    rows().entry(id).or_default().version += 1;
}

/// Returns how often a user has been loaded in this process.
pub(crate) fn loads(id: u64) -> u64 {
    rows().get(&id).map_or(0, |row| row.loads)
}

/// Returns how often anything has been loaded in this process.
pub(crate) fn all_loads() -> u64 {
    rows().values().map(|row| row.loads).sum()
}

/// Says how long loads take from now on.
pub(crate) fn be_slow(time: Duration) {
    let milliseconds = time.as_millis().try_into().expect("loads take seconds at most");
    SLOWNESS.store(milliseconds, Ordering::SeqCst);
}

/// Names the Redis of this process, once.
pub(crate) fn use_server(url: &str) {
    SERVER.get_or_init(|| url.to_owned());
}

/// Returns the URL of the Redis of this process.
pub(crate) fn server() -> &'static str {
    SERVER.get().expect("a server is named before anybody connects")
}

/// Nobody panics while holding the lock in a way that leaves half a row behind.
fn rows() -> MutexGuard<'static, HashMap<u64, Row>> {
    ROWS.lock().unwrap_or_else(PoisonError::into_inner)
}
