use cache_runtime::{cached, prime};

struct Users;

impl Users {
    #[cached(skip(self))]
    async fn age(&self, id: u64) -> Result<u64, String> {
        Ok(id)
    }
}

#[cached]
async fn name(id: u64) -> Result<Option<String>, String> {
    Ok(Some(id.to_string()))
}

async fn calls(name_of: String) {
    let _ = prime!(name(7), &name_of).await;
    let _ = prime!(name(7), Some(name_of)).await;
    let _ = prime!(name(7), &Ok(None)).await;
    let _ = prime!(Users.age(7), &"7").await;
}

fn main() {}
