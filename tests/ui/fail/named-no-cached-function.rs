use cache_runtime::{invalidate, key, prime};

async fn user(id: u64) -> String {
    id.to_string()
}

async fn calls() {
    let _ = key!(user(7));
    let _ = invalidate!(user(7)).await;
    let _ = prime!(user(7), &user(7).await).await;
}

fn main() {}
