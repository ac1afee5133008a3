use cache_runtime::cached;
use std::collections::HashMap;

#[cached(each = ids, skip(ids))]
async fn skipped(ids: &[u64]) -> HashMap<u64, String> {
    ids.iter().map(|id| (*id, id.to_string())).collect()
}

#[cached(each = ids, unordered(ids))]
async fn unordered(ids: &[u64]) -> HashMap<u64, String> {
    ids.iter().map(|id| (*id, id.to_string())).collect()
}

fn main() {}
