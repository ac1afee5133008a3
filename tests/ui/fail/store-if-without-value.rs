use cache_runtime::cached;

#[cached(store_if)]
async fn user(id: u64) -> String {
    id.to_string()
}

fn main() {}
