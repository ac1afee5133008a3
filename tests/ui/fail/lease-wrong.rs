use cache_runtime::cached;

#[cached(lease = "10 s")]
async fn user(id: u64) -> String {
    id.to_string()
}

#[cached(lease)]
async fn second(id: u64) -> String {
    id.to_string()
}

#[cached(lease = seconds)]
async fn third(id: u64) -> String {
    id.to_string()
}

#[cached(lease = -1)]
async fn fourth(id: u64) -> String {
    id.to_string()
}

#[cached(lease = 1.5)]
async fn fifth(id: u64) -> String {
    id.to_string()
}

fn main() {}
