use cache_runtime::cached;
use std::collections::HashMap;

#[cached(each = id)]
async fn users(ids: &[u64]) -> HashMap<u64, String> {
    ids.iter().map(|id| (*id, id.to_string())).collect()
}

fn main() {}
