use cache_runtime::cached;

#[cached(skip(db), unordered(db))]
async fn user(db: &str, id: u64) -> String {
    format!("{db}{id}")
}

fn main() {}
