use cache_runtime::cached;

#[cached(key = "user:<idd>")]
async fn user(db: &str, id: u64) -> String {
    format!("{db}{id}")
}

fn main() {}
