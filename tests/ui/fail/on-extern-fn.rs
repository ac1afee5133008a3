use cache_runtime::{cached, invalidates};

#[cached]
extern "C" fn double(id: u64) -> u64 {
    id * 2
}

#[invalidates("doubles:*")]
extern "C" fn forget(id: u64) -> u64 {
    id
}

fn main() {}
