use cache_runtime::cached;

#[cached]
async fn name(id: u64) -> Result<String, String> {
    Ok(id)
}

#[cached]
fn forgotten(id: u64) -> String {
    id.to_string();
}

#[cached]
async fn forgotten_too(id: u64) -> String {
    id.to_string();
}

fn main() {}
