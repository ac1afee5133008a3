use cache_runtime::cached;

#[cached(tll = 300, ttl = "5 min", key = "user:<name>:*", skip(dbb), id = "")]
const fn user(db: &str, id: u64) -> &str {
    assert!(id > 0);
    db
}

fn uses() -> &'static str {
    user("db", 1)
}

fn main() {}
