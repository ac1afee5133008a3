use cache_runtime::cached;

#[cached(expire = 300)]
async fn user(id: u64) -> String {
    id.to_string()
}

fn main() {}
