use cache_runtime::invalidates;

#[invalidates(user)]
async fn rename(id: u64, name: &str) -> Result<(), String> {
    Err(format!("{id}{name}"))
}

#[invalidates(users::user)]
async fn second(id: u64, name: &str) -> Result<(), String> {
    Err(format!("{id}{name}"))
}

fn main() {}
