use cache_runtime::invalidates;

#[invalidates("users:*", when = "never")]
async fn rename(id: u64, name: &str) -> Result<(), String> {
    Err(format!("{id}{name}"))
}

#[invalidates("users:*", when = true)]
async fn second(id: u64, name: &str) -> Result<(), String> {
    Err(format!("{id}{name}"))
}

#[invalidates("users:*", when)]
async fn third(id: u64, name: &str) -> Result<(), String> {
    Err(format!("{id}{name}"))
}

fn main() {}
