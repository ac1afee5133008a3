use cache_runtime::cached;

struct Session {
    id: u64,
}

#[cached]
async fn session(id: u64) -> Result<Session, String> {
    Ok(Session { id })
}

#[cached]
fn session_of(id: u64) -> Session {
    Session { id }
}

fn main() {}
