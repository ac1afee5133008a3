use cache_runtime::cached;

#[cached(ttl = "5 min")]
async fn user(id: u64) -> String {
    id.to_string()
}

#[cached(ttl = "")]
async fn second(id: u64) -> String {
    id.to_string()
}

#[cached(ttl = "1.5m")]
async fn third(id: u64) -> String {
    id.to_string()
}

fn main() {}
