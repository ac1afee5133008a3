use cache_runtime::{cached, invalidate, key, prime};

#[cached]
async fn user(id: u64) -> String {
    id.to_string()
}

async fn calls(name: String) {
    let _ = key!();
    let _ = key!(7);
    let _ = key!("user:7");
    let _ = key!(user);
    let _ = key!(user(7).await);
    let _ = key!(user(7), user(8));
    let _ = key!((|id| id)(7));
    let _ = invalidate!().await;
    let _ = invalidate!("users:*").await;
    let _ = invalidate!(user).await;
    let _ = invalidate!(user(7), user(8)).await;
    let _ = prime!().await;
    let _ = prime!(user(7)).await;
    let _ = prime!(user(7),).await;
    let _ = prime!(user(7) & name).await;
    let _ = prime!(user(7), &name, 60).await;
    let _ = key!(user(7) user(8));
}

fn main() {}
