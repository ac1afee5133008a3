//! The program of the README, on the embedded store or on the server that `CACHE_URL` names.

use cache_runtime::{Cache, cached, invalidates};
use std::sync::Mutex;

static USERS: Mutex<[&str; 2]> = Mutex::new(["Ada", "Grace"]); // stands in for a database

#[cached(ttl = "5m", key = "user:<id>")]
async fn user(id: usize) -> Option<String> {
    println!("  loading user {id} from the database");
    USERS.lock().expect("no caller panics").get(id).map(ToString::to_string)
}

#[invalidates(user(id))] // after the body: one UNLINK, of this one call's entry
async fn rename(id: usize, name: &'static str) {
    USERS.lock().expect("no caller panics")[id] = name;
}

#[tokio::main]
async fn main() -> Result<(), cache_runtime::Error> {
    let cache = Cache::from_env().await?; // the server in CACHE_URL, else the embedded store
    cache.install()?; // from here on, `user` asks the store before it runs its body
    println!("store: {}", cache.store_name());
    rename(0, "Ada").await; // an earlier run may have left another name on the server

    println!("first call: {:?}", user(0).await);
    println!("second call: {:?}", user(0).await);
    rename(0, "Ada Lovelace").await;
    println!("after the write: {:?}", user(0).await);

    println!("{} hit, {} loads", cache.stats().hits, cache.stats().loads);
    Ok(())
}
