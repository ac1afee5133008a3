use cache_runtime::cached;

#[cached(ttl = 1.5)]
async fn user(id: u64) -> String {
    id.to_string()
}

fn main() {}
