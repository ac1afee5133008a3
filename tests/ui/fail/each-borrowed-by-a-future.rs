use cache_runtime::cached;
use std::collections::HashMap;
use std::future::Future;

#[cached(each = ids)]
fn users<'a>(ids: &'a [u64]) -> impl Future<Output = HashMap<u64, String>> + 'a {
    async move { ids.iter().map(|id| (*id, id.to_string())).collect() }
}

fn main() {}
