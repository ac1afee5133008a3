use cache_runtime::cached;

#[cached(sync_writes = true)]
async fn user(id: u64) -> String {
    id.to_string()
}

#[cached(lock_ttl = 5)]
async fn second(id: u64) -> String {
    id.to_string()
}

#[cached(max_wait = 5)]
async fn third(id: u64) -> String {
    id.to_string()
}

fn main() {}
