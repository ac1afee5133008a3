use cache_runtime::cached;

#[cached(ttl = |value| value.len() > 1)]
async fn user(id: u64) -> String {
    id.to_string()
}

fn main() {}
