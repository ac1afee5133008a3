use cache_runtime::cached;

#[cached(cache = id)]
async fn user(id: u64) -> String {
    id.to_string()
}

fn main() {}
