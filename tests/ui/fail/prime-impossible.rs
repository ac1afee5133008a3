use cache_runtime::{cached, prime};
use std::borrow::Cow;
use std::time::Duration;

#[cached(ttl = |id| Duration::from_secs(*id))]
async fn by_value(id: u64) -> u64 {
    id
}

#[cached]
async fn borrowing(name: &str) -> Cow<'_, str> {
    name.into()
}

async fn calls() {
    let _ = prime!(by_value(7), &7).await;
    let _ = prime!(borrowing("a"), &Cow::from("a")).await;
}

fn main() {}
