use cache_runtime::cached;

#[cached(none_ttl = "5 min")]
async fn user(id: u64) -> String {
    id.to_string()
}

#[cached(none_ttl)]
async fn second(id: u64) -> String {
    id.to_string()
}

#[cached(none_ttl = -1)]
async fn third(id: u64) -> String {
    id.to_string()
}

#[cached(none_ttl = seconds)]
async fn fourth(id: u64) -> String {
    id.to_string()
}

fn main() {}
