use cache_runtime::cached;

#[cached(unordered(idx))]
async fn user(db: &str, id: u64) -> String {
    format!("{db}{id}")
}

fn main() {}
