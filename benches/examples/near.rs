use cache_runtime::{Cache, cached};
use std::sync::Arc;
use std::hint::black_box;
use std::time::Instant;
use benches::User;
#[cached(ttl = 3600, key = "user:<tenant>:<id>")]
pub async fn shared(tenant: &str, id: u64, lang: &str, deep: bool) -> Result<Arc<User>, cache_runtime::Error> {
    assert!(!tenant.is_empty() && !lang.is_empty() && deep);
    Ok(Arc::new(User::new(id)))
}
fn main() {
    let n: u64 = std::env::args().nth(1).unwrap().parse().unwrap();
    let rt = tokio::runtime::Runtime::new().unwrap();
    rt.block_on(async {
        let cache = Cache::builder().memory().local(10000).build().await.unwrap();
        cache.install().unwrap();
        for id in 0..1000 { for _ in 0..3 { shared("acme", id, "en", true).await.unwrap(); } }
        for _ in 0..5 {
            let t = Instant::now();
            for i in 0..n { black_box(shared("acme", black_box(i % 1000), "en", true).await.unwrap()); }
            println!("{:.1} ns", t.elapsed().as_secs_f64() * 1e9 / n as f64);
        }
        println!("{:?}", cache.stats().local_hits);
    });
}
