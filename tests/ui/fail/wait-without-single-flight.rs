use cache_runtime::cached;

#[cached(single_flight = false, wait = "2s")]
async fn user(id: u64) -> String {
    id.to_string()
}

#[cached(wait = 0, single_flight = false)]
async fn second(id: u64) -> String {
    id.to_string()
}

fn main() {}
