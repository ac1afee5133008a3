use cache_runtime::cached;

#[cached(time = 300)]
async fn user(id: u64) -> String {
    id.to_string()
}

fn main() {}
