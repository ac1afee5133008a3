use cache_runtime::invalidates;

#[invalidates("gr?ße:*")]
async fn first(id: u64) {
    drop(id);
}

#[invalidates("<id>größe?:*")]
async fn second(id: u64) {
    drop(id);
}

fn main() {}
