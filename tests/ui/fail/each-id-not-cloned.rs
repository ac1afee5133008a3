use cache_runtime::cached;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Id(u64);

#[cached(each = ids)]
async fn users(ids: &[Id]) -> BTreeMap<Id, String> {
    ids.iter().map(|id| (Id(id.0), id.0.to_string())).collect()
}

fn main() {}
