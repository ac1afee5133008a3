use cache_runtime::invalidates;

#[invalidates("users:*", on_error = "panic")]
async fn first() -> Result<(), cache_runtime::Error> {
    Ok(())
}

#[invalidates("users:*", on_error = true)]
async fn second() -> Result<(), cache_runtime::Error> {
    Ok(())
}

#[invalidates("users:*", on_error)]
async fn third() -> Result<(), cache_runtime::Error> {
    Ok(())
}

#[invalidates("users:*", strict = true)]
async fn fourth() -> Result<(), cache_runtime::Error> {
    Ok(())
}

fn main() {}
