use cache_runtime::cached;

#[cached(ttl = 5m)]
async fn user(id: u64) -> String {
    id.to_string()
}

fn main() {}
