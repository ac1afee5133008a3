use cache_runtime::cached;

#[cached(key = "user:<db>")]
async fn user(#[cached(skip)] db: &str, id: u64) -> String {
    format!("{db}{id}")
}

fn main() {}
