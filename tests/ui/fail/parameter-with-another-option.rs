use cache_runtime::cached;

#[cached]
async fn user(#[cached(ttl = 5)] id: u64) -> String {
    id.to_string()
}

fn main() {}
