//! Two annotated functions, on the embedded store or on the server that `CACHE_URL` names.

use cache_runtime::{Cache, cached, invalidates};
use std::sync::{Mutex, PoisonError};

/// What stands in for a database here.
static USERS: Mutex<[&str; 2]> = Mutex::new(["Ada", "Grace"]);

#[cached(ttl = "5m", key = "user:<id>")]
async fn user_name(id: usize) -> Option<String> {
    println!("  (loading user {id} from the database)");
    USERS.lock().unwrap_or_else(PoisonError::into_inner).get(id).map(ToString::to_string)
}

#[invalidates("user:<id>:*")]
async fn rename(id: usize, name: &'static str) {
    USERS.lock().unwrap_or_else(PoisonError::into_inner)[id] = name;
}

#[tokio::main]
async fn main() {
    let cache = Cache::from_env().await.unwrap_or_else(|error| {
        eprintln!("quickstart: {error}");
        std::process::exit(2);
    });
    cache.install().expect("nothing was installed before");
    println!("store: {}", cache.store_name());
    if let Err(error) = cache.clear().await {
        println!("going on without a cache: {error}");
    }

    println!("first call: {:?}", user_name(0).await);
    println!("second call: {:?}", user_name(0).await);
    rename(0, "Ada Lovelace").await;
    println!("after the write: {:?}", user_name(0).await);

    let stats = cache.stats();
    println!("{} hit, {} loads, {} deleted", stats.hits, stats.loads, stats.deleted);
}
