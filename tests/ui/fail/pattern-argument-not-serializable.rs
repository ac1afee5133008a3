use cache_runtime::invalidates;

struct Session {
    id: u64,
}

#[invalidates("session:<session>")]
fn close(session: Session) -> u64 {
    session.id
}

fn main() {}
