use cache_runtime::cached;

#[cached(lease = 0)]
async fn user(id: u64) -> String {
    id.to_string()
}

#[cached(lease = "99ms")]
async fn second(id: u64) -> String {
    id.to_string()
}

#[cached(lease = "1h1ms")]
async fn third(id: u64) -> String {
    id.to_string()
}

fn main() {}
