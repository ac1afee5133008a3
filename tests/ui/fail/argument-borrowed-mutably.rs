use cache_runtime::cached;

#[cached(ttl = 5)]
async fn take(queue: &mut Vec<u64>) -> Option<u64> {
    queue.pop()
}

fn main() {}
