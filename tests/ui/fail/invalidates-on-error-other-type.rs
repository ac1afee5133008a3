use cache_runtime::invalidates;

struct NotFromCache;

#[invalidates("users:*", on_error = "return")]
async fn first() -> Result<(), NotFromCache> {
    Ok(())
}

#[invalidates("users:*", on_error = "return")]
fn second() -> u64 {
    7
}

fn main() {}
