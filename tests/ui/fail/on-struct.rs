use cache_runtime::{cached, invalidates};

#[cached(ttl = 300)]
struct User {
    id: u64,
}

#[invalidates("users:*")]
enum Kind {
    Admin,
}

fn uses(user: &User) -> (u64, Kind) {
    (user.id, Kind::Admin)
}

fn main() {}
