use cache_runtime::cached;

#[cached(id = "")]
async fn user(id: u64) -> String {
    id.to_string()
}

#[cached(id = 5)]
async fn second(id: u64) -> String {
    id.to_string()
}

#[cached(id)]
async fn third(id: u64) -> String {
    id.to_string()
}

fn main() {}
