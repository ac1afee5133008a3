use cache_runtime::invalidates;

#[invalidates("users:[ab")]
async fn rename(id: u64, name: &str) -> Result<(), String> {
    Err(format!("{id}{name}"))
}

fn main() {}
