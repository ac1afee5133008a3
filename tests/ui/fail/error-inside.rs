use cache_runtime::cached;
use std::collections::HashMap;
use std::sync::Arc;

#[cached]
async fn shared(id: u64) -> Arc<Result<u64, String>> {
    Arc::new(Ok(id))
}

#[cached]
async fn maybe(id: u64) -> Option<Result<u64, String>> {
    Some(Ok(id))
}

#[cached]
async fn twice(id: u64) -> Result<Result<u64, String>, std::num::ParseIntError> {
    Ok(Ok(id))
}

#[cached]
fn list(id: u64) -> Vec<Result<u64, String>> {
    vec![Ok(id)]
}

#[cached]
async fn pair(id: u64) -> (u64, Box<Result<u64, String>>) {
    (id, Box::new(Ok(id)))
}

#[cached(each = ids)]
async fn each(ids: &[u64]) -> HashMap<u64, Result<u64, String>> {
    ids.iter().map(|id| (*id, Ok(*id))).collect()
}

type Answer<T> = Result<T, String>;

#[cached]
async fn by_another_name(id: u64) -> Answer<Option<Vec<core::result::Result<u64, String>>>> {
    Ok(Some(vec![Ok(id)]))
}

/// The error may be what it wants.
#[cached]
async fn fine(id: u64) -> Result<u64, Vec<Result<u64, String>>> {
    Ok(id)
}

fn main() {}
