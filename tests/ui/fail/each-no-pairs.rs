use cache_runtime::cached;
#[cached(each = ids)]
async fn values(ids: &[u64]) -> Result<Vec<String>, std::fmt::Error> {
    Ok(ids.iter().map(u64::to_string).collect())
}

#[cached(each = ids)]
async fn number(ids: &[u64]) -> usize {
    ids.len()
}

#[cached(each = ids)]
async fn optional(ids: &[u64]) -> Option<std::collections::HashMap<u64, u64>> {
    Some(ids.iter().map(|id| (*id, *id)).collect())
}

fn main() {}
