use cache_runtime::invalidates;

#[invalidates("users:*", refresh)]
async fn third(id: u64, name: &str) -> Result<(), String> {
    Err(format!("{id}{name}"))
}

fn main() {}
