use cache_runtime::invalidates;

#[invalidates("users:[]a]:*")]
async fn first(id: u64) {
    drop(id);
}

fn main() {}
