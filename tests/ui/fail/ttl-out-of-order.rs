use cache_runtime::cached;

#[cached(ttl = "30m1h")]
async fn user(id: u64) -> String {
    id.to_string()
}

#[cached(ttl = "1m1m")]
async fn second(id: u64) -> String {
    id.to_string()
}

fn main() {}
