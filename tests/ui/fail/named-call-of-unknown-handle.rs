use cache_runtime::{Cache, cached, invalidate, invalidates, prime};

#[cached(cache = cache, skip(cache))]
async fn user(cache: &Cache, id: u64) -> u64 {
    id
}

#[invalidates(user(id))]
async fn rename(id: u64) {}

#[invalidates(user(id), cache = cache)]
async fn rename_there(cache: &Cache, id: u64) {}

async fn by_hand(cache: &Cache) {
    let _ = cache.scope(invalidate!(user(7))).await;
    let _ = cache.scope(prime!(user(7), &7)).await;
}

fn main() {}
