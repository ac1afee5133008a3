use cache_runtime::cached;

#[cached(ttl = 300 key = "user:<id>")]
async fn user(id: u64) -> String {
    id.to_string()
}

fn main() {}
