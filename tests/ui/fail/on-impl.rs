use cache_runtime::cached;

struct Users;

#[cached(ttl = 300)]
impl Users {
    fn count(&self) -> u64 {
        1
    }
}

#[cached]
const LIMIT: u64 = 5;

fn main() {}
