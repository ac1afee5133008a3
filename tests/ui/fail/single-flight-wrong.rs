use cache_runtime::cached;

#[cached(single_flight)]
async fn user(id: u64) -> String {
    id.to_string()
}

#[cached(single_flight = "no")]
async fn second(id: u64) -> String {
    id.to_string()
}

#[cached(single_flight = off)]
async fn third(id: u64) -> String {
    id.to_string()
}

fn main() {}
