use cache_runtime::cached;
use std::collections::HashMap;

struct Connection;

#[cached(each = ids, skip(connection))]
async fn users(connection: Connection, ids: &[u64]) -> HashMap<u64, String> {
    let _ = connection;
    ids.iter().map(|id| (*id, id.to_string())).collect()
}

fn main() {}
