//! What a hit in process costs of memory: nothing.

use cache_runtime::{Cache, cached};
use std::sync::Arc;

#[cached(key = "user:<tenant>:<id>", cache = cache, skip(cache))]
async fn user(cache: &Cache, tenant: &str, id: u64, lang: &str, deep: bool) -> Arc<String> {
    Arc::new(format!("{tenant} {id} {lang} {deep}"))
}

#[test]
fn a_hit_in_process_allocates_nothing() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let cache = runtime.block_on(Cache::builder().memory().local(100).build()).unwrap();
    // A load, a read that is kept, and a hit that leaves its memory to the next.
    for _ in 0..3 {
        runtime.block_on(user(&cache, "acme", 7, "en", true));
    }
    let hits = cache.stats().local_hits;
    let count = |calls: u32| {
        let measured = allocation_counter::measure(|| {
            runtime.block_on(async {
                for _ in 0..calls {
                    user(&cache, "acme", 7, "en", true).await;
                }
            });
        });
        measured.count_total
    };
    // What the runtime itself takes is the same for any number of calls.
    assert_eq!(count(1), count(101));
    assert_eq!(cache.stats().local_hits, hits + 102);
}
