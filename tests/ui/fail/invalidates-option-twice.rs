use cache_runtime::invalidates;

#[invalidates("users:*", when = "ok", when = "always")]
async fn rename(id: u64, name: &str) -> Result<(), String> {
    Err(format!("{id}{name}"))
}

fn main() {}
