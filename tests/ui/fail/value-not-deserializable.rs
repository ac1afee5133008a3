use cache_runtime::cached;

#[derive(serde::Serialize)]
struct Session {
    id: u64,
}

#[cached]
async fn session(id: u64) -> Session {
    Session { id }
}

fn main() {}
