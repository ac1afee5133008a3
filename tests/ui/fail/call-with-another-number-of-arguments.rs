use cache_runtime::{cached, invalidates};

#[cached(skip(db))]
async fn user(db: &str, id: u64) -> String {
    format!("{db}{id}")
}

#[invalidates(user(db, id))]
async fn rename(db: &str, id: u64) -> Result<(), String> {
    Err(user(db, id).await)
}

fn main() {}
