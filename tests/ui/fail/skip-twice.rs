use cache_runtime::cached;

#[cached(skip(db, id, db))]
async fn user(db: &str, id: u64) -> String {
    format!("{db}{id}")
}

fn main() {}
