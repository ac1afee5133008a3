use cache_runtime::cached;

#[cached(colour = "red")]
async fn user(id: u64) -> String {
    id.to_string()
}

fn main() {}
