use cache_runtime::cached;

#[cached(key = "user:<a b>")]
async fn user(id: u64) -> String {
    id.to_string()
}

#[cached(key = "user:<id.to_string()>")]
async fn second(id: u64) -> String {
    id.to_string()
}

fn main() {}
