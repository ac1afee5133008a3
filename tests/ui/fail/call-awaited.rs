use cache_runtime::invalidates;

#[invalidates(user(id).await)]
async fn rename(id: u64, name: &str) -> Result<(), String> {
    Err(format!("{id}{name}"))
}

fn main() {}
