use cache_runtime::cached;

#[cached(skip)]
async fn user(db: &str, id: u64) -> String {
    format!("{db}{id}")
}

#[cached(skip = db)]
async fn second(db: &str, id: u64) -> String {
    format!("{db}{id}")
}

#[cached(skip())]
async fn third(db: &str, id: u64) -> String {
    format!("{db}{id}")
}

fn main() {}
