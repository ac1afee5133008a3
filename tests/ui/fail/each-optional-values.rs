use cache_runtime::cached;
use std::collections::HashMap;

#[cached(each = ids)]
async fn users(ids: &[u64]) -> HashMap<u64, Option<String>> {
    ids.iter().map(|id| (*id, None)).collect()
}

fn main() {}
