use cache_runtime::cached;

#[cached(wait = "2 s")]
async fn user(id: u64) -> String {
    id.to_string()
}

#[cached(wait)]
async fn second(id: u64) -> String {
    id.to_string()
}

#[cached(wait = seconds)]
async fn third(id: u64) -> String {
    id.to_string()
}

#[cached(wait = true)]
async fn fourth(id: u64) -> String {
    id.to_string()
}

fn main() {}
