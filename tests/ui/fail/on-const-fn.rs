use cache_runtime::cached;

#[cached]
const fn double(id: u64) -> u64 {
    id * 2
}

fn main() {}
