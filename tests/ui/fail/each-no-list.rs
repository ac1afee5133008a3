use cache_runtime::cached;
use std::collections::HashMap;

#[cached(each = id)]
async fn one(id: u64) -> HashMap<u64, String> {
    HashMap::from([(id, id.to_string())])
}

#[cached(each = ids)]
async fn any(ids: impl Iterator<Item = u64>) -> HashMap<u64, String> {
    ids.map(|id| (id, id.to_string())).collect()
}

fn main() {}
