use cache_runtime::cached;

#[cached(key = "user:<db>:<id>", skip(db))]
async fn user(db: &str, id: u64) -> String {
    format!("{db}{id}")
}

fn main() {}
