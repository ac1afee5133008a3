use cache_runtime::cached;

#[cached(key = "")]
async fn user(id: u64) -> String {
    id.to_string()
}

fn main() {}
