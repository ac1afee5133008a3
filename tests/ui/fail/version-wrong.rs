use cache_runtime::cached;

#[cached(version = "2")]
async fn user(id: u64) -> String {
    id.to_string()
}

#[cached(version = 4294967296)]
async fn second(id: u64) -> String {
    id.to_string()
}

#[cached(version)]
async fn third(id: u64) -> String {
    id.to_string()
}

fn main() {}
