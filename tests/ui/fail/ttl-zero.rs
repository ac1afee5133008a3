use cache_runtime::cached;

#[cached(ttl = 0)]
async fn user(id: u64) -> String {
    id.to_string()
}

#[cached(ttl = "0s")]
async fn second(id: u64) -> String {
    id.to_string()
}

fn main() {}
