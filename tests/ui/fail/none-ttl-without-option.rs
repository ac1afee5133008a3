use cache_runtime::cached;
use serde::{Serialize, de::DeserializeOwned};
use std::sync::Arc;

#[cached(none_ttl = 30)]
async fn plain(id: u64) -> Vec<u64> {
    vec![id]
}

#[cached(ttl = 60, none_ttl = 0)]
async fn shared(id: u64) -> Result<Arc<Option<u64>>, std::fmt::Error> {
    Ok(Arc::new(Some(id)))
}

#[cached(none_ttl = 30)]
fn any<T: Default + Serialize + DeserializeOwned>(id: u64) -> T {
    drop(id);
    T::default()
}

type Found = Result<Option<u64>, std::fmt::Error>;

#[cached(none_ttl = 30)]
async fn fine(id: u64) -> Found {
    Ok(Some(id))
}

fn main() {}
