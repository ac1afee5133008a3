use cache_runtime::invalidates;

#[invalidates("users:*", again_after = 0)]
async fn rename(id: u64, name: &str) -> Result<(), String> {
    Err(format!("{id}{name}"))
}

#[invalidates("users:*", again_after = "2 s")]
async fn second(id: u64, name: &str) -> Result<(), String> {
    Err(format!("{id}{name}"))
}

#[invalidates("users:*", again_after)]
async fn third(id: u64, name: &str) -> Result<(), String> {
    Err(format!("{id}{name}"))
}

#[invalidates("users:*", again_after = lag)]
async fn fourth(id: u64, name: &str) -> Result<(), String> {
    Err(format!("{id}{name}"))
}

fn main() {}
