use cache_runtime::invalidates;

#[invalidates("users:*", on_error = "return")]
async fn second(id: u64, name: &str) -> Result<(), String> {
    Err(format!("{id}{name}"))
}

#[invalidates("users:*", refresh)]
async fn third(id: u64, name: &str) -> Result<(), String> {
    Err(format!("{id}{name}"))
}

fn main() {}
