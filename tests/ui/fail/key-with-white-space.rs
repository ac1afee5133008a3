use cache_runtime::cached;

#[cached(key = "user <id>")]
async fn user(id: u64) -> String {
    id.to_string()
}

#[cached(key = "user:\n<id>")]
async fn second(id: u64) -> String {
    id.to_string()
}

fn main() {}
