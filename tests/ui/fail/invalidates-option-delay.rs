use cache_runtime::invalidates;

#[invalidates("users:*", delay = "2s")]
async fn rename(id: u64, name: &str) -> Result<(), String> {
    Err(format!("{id}{name}"))
}

fn main() {}
