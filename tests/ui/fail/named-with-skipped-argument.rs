use cache_runtime::{cached, key};

#[cached(skip(db))]
async fn user(db: &str, id: u64) -> String {
    format!("{db}{id}")
}

fn main() {
    let _ = key!(user("db", 7));
}
