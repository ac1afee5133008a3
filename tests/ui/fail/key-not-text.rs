use cache_runtime::cached;

#[cached(key = 5)]
async fn user(id: u64) -> String {
    id.to_string()
}

#[cached(key)]
async fn second(id: u64) -> String {
    id.to_string()
}

#[cached(key = format!("user:{id}"))]
async fn third(id: u64) -> String {
    id.to_string()
}

fn main() {}
