use cache_runtime::cached;

#[cached(stale = 0)]
async fn stale(id: u64) -> String {
    id.to_string()
}

#[cached(stale_if_error = "0s")]
async fn stale_if_error(id: u64) -> String {
    id.to_string()
}

#[cached(stale)]
async fn without_a_time(id: u64) -> String {
    id.to_string()
}

#[cached(stale = true)]
async fn not_a_time(id: u64) -> String {
    id.to_string()
}

#[cached(stale = "1h", stale_if_error = "1m")]
async fn shorter(id: u64) -> String {
    id.to_string()
}

#[cached(early = 0)]
async fn never_early(id: u64) -> String {
    id.to_string()
}

#[cached(early = "1s")]
async fn early_by_a_time(id: u64) -> String {
    id.to_string()
}

#[cached(jitter = 1.5)]
async fn more_than_all(id: u64) -> String {
    id.to_string()
}

#[cached(jitter = -0.1)]
async fn less_than_nothing(id: u64) -> String {
    id.to_string()
}

#[cached(jitter = "10s")]
async fn jitter_by_a_time(id: u64) -> String {
    id.to_string()
}

#[cached(swr = "1m", beta = 1.0, grace = 5)]
async fn by_other_names(id: u64) -> String {
    id.to_string()
}

#[cached(stale = 60, early = 1.0, each = ids)]
async fn each(ids: &[u64]) -> Vec<(u64, String)> {
    ids.iter().map(|id| (*id, String::new())).collect()
}

#[cached(stale = 60, wait = 0)]
async fn without_patience(id: u64) -> String {
    id.to_string()
}

fn main() {}
