use cache_runtime::invalidates;

#[invalidates(r"users:[\[-z]:*")]
async fn first(id: u64) {
    drop(id);
}

#[invalidates(r"users:[a-\]]:*")]
async fn second(id: u64) {
    drop(id);
}

fn main() {}
