use cache_runtime::cached;

#[cached]
fn name(id: u64) -> &'static str {
    if id == 0 { "root" } else { "user" }
}

#[cached]
async fn found(id: u64) -> Result<Option<&'static str>, String> {
    Ok((id == 0).then_some("root"))
}

fn main() {}
