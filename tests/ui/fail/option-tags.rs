use cache_runtime::cached;

#[cached(tags = ["users"])]
async fn user(id: u64) -> String {
    id.to_string()
}

fn main() {}
