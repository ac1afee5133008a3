use cache_runtime::cached;

#[cached(key = "user:<>")]
async fn user(id: u64) -> String {
    id.to_string()
}

fn main() {}
