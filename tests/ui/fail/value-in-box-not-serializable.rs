use cache_runtime::cached;

use std::future::Future;
use std::pin::Pin;

struct Session {
    id: u64,
}

#[cached]
fn session(id: u64) -> Pin<Box<dyn Future<Output = Session> + Send>> {
    Box::pin(async move { Session { id } })
}

fn main() {}
