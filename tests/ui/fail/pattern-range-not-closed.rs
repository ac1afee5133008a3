use cache_runtime::invalidates;

#[invalidates("users:[a-]:*")]
async fn first(id: u64) {
    drop(id);
}

#[invalidates("users:[a-]")]
async fn second(id: u64) {
    drop(id);
}

fn main() {}
