use cache_runtime::cached;

#[cached(ttl = 5)]
#[cached(ttl = 6)]
fn double(id: u64) -> u64 {
    id * 2
}

fn main() {}
