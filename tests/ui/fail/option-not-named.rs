use cache_runtime::cached;

#[cached(300)]
async fn user(id: u64) -> String {
    id.to_string()
}

#[cached("5m")]
async fn second(id: u64) -> String {
    id.to_string()
}

#[cached("user:<id>")]
async fn third(id: u64) -> String {
    id.to_string()
}

#[cached(|value| 5)]
async fn fourth(id: u64) -> String {
    id.to_string()
}

fn main() {}
