use cache_runtime::{cached, key};

#[cached]
async fn named(name: String, ids: Vec<u64>) -> usize {
    name.len() + ids.len()
}

fn main() {
    let _ = key!(named(7, "x"));
}
