use cache_runtime::invalidates;

async fn user(id: u64) -> String {
    id.to_string()
}

#[invalidates(user(id))]
async fn rename(id: u64) -> Result<(), String> {
    Err(user(id).await)
}

fn main() {}
