//! What a monitoring system asks for.

use crate::proxy::Proxy;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use cache_runtime::Stats;
use std::fmt::Write;

/// The cache's counters in Prometheus' text format. It is written by hand, because the cache counts already: a library would count
/// everything once more, to write these two lines for each.
pub(crate) async fn counts(State(proxy): State<Proxy>) -> impl IntoResponse {
    let mut text = String::new();
    for (name, count) in counters(&proxy.cache.stats()) {
        let name = format!("object_proxy_{name}_total");
        // Writing to a string cannot fail.
        let _ = writeln!(text, "# TYPE {name} counter\n{name} {count}");
    }
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], text)
}

fn counters(stats: &Stats) -> [(&'static str, u64); 14] {
    [
        ("hits", stats.hits),
        ("local_hits", stats.local_hits),
        ("stale_hits", stats.stale_hits),
        ("misses", stats.misses),
        ("waits", stats.waits),
        ("loads", stats.loads),
        ("stores", stats.stores),
        ("skipped", stats.skipped),
        ("rejected_fills", stats.rejected_fills),
        ("corrupt", stats.corrupt),
        ("errors", stats.errors),
        ("uncached", stats.uncached),
        ("invalidations", stats.invalidations),
        ("failed_invalidations", stats.failed_invalidations),
    ]
}

/// How the cache is. The status is 200 however it is: without its cache the proxy works, and is not to be taken out of service.
pub(crate) async fn health(State(proxy): State<Proxy>) -> String {
    let health = proxy.cache.health().await;
    let state = match (&health.error, health.latency) {
        _ if !health.enabled => "off".to_owned(),
        (Some(error), _) => format!("away ({error})"),
        (None, latency) => format!("healthy, answered in {:?}", latency.unwrap_or_default()),
    };
    let overdue = health.overdue_invalidations;
    format!("cache: {}, {state}\noverdue invalidations: {overdue}\n", health.store)
}
