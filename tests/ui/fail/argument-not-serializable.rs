use cache_runtime::cached;

struct Session {
    id: u64,
}

#[cached(key = "user:<session>")]
async fn user(session: &Session) -> u64 {
    session.id
}

#[cached]
fn user_of(session: Session) -> u64 {
    session.id
}

fn main() {}
