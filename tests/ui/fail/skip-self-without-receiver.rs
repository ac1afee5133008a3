use cache_runtime::cached;

#[cached(skip(self))]
async fn user(id: u64) -> String {
    id.to_string()
}

fn main() {}
