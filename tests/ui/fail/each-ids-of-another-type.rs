use cache_runtime::cached;
use std::collections::HashMap;

#[cached(each = names)]
async fn users(names: &[String]) -> HashMap<u64, String> {
    names.iter().map(|name| (name.len() as u64, name.clone())).collect()
}

fn main() {}
