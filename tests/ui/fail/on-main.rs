use cache_runtime::cached;

#[cached]
fn main() -> Result<(), String> {
    Ok(())
}
