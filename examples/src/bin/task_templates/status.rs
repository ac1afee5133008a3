//! What the cache stands on, how it is, and what it did, in one line.

use cache_runtime::{Cache, Health, Stats};
use std::time::Duration;

pub(crate) async fn status(cache: &Cache) -> String {
    let health = cache.health().await;
    format!("{}; {}; {}", level(cache), condition(&health), counts(&cache.stats()))
}

/// Only a server is a level that several processes share.
fn level(cache: &Cache) -> String {
    let is_shared = cache.is_enabled() && cache.store_name() != "memory";
    let switch = if is_shared { "enabled" } else { "not enabled" };
    format!("distributed level {switch}, provider {}", cache.store_name())
}

fn condition(health: &Health) -> String {
    let overdue = match health.overdue_invalidations {
        0 => String::new(),
        count => format!(", overdue invalidations: {count}"),
    };
    match (&health.error, health.latency) {
        _ if !health.enabled => "nothing is cached".to_owned(),
        (Some(error), _) => format!("away ({error}){overdue}"),
        (None, latency) => {
            format!("healthy, {}{overdue}", milliseconds(latency.unwrap_or_default()))
        }
    }
}

fn milliseconds(latency: Duration) -> String {
    format!("answered in {:.1} ms", latency.as_secs_f64() * 1000.0)
}

fn counts(stats: &Stats) -> String {
    format!(
        "hits {} (in process {}), loads {}, invalidations {} (entries {}), errors {}",
        stats.hits, stats.local_hits, stats.loads, stats.invalidations, stats.deleted, stats.errors
    )
}
