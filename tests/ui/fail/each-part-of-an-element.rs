use cache_runtime::cached;
use std::collections::HashMap;

#[cached(each = ids, key = "user:<ids.0>")]
async fn users(ids: &[(u64, u64)]) -> HashMap<(u64, u64), String> {
    ids.iter().map(|id| (*id, id.0.to_string())).collect()
}

fn main() {}
