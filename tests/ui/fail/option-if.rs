use cache_runtime::cached;

#[cached(if = "true")]
async fn user(id: u64) -> String {
    id.to_string()
}

fn main() {}
